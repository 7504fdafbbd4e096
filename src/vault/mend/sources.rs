//! Where copies of lines are: in the store, and in every backup.

use std::sync::Arc;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::ReadError;
use crate::journal::record::Head;
use crate::store::Reader;
use crate::vault::backup::opened;
use crate::vault::whose::Parted;

/// The store and the backups of a place, as far as they can be opened; backups only once the store was not enough.
#[derive(Debug)]
pub struct Sources {
    disk: Arc<dyn Disk>,
    place: Place,
    store: Option<Reader>,
    backups: Option<Vec<(String, Reader)>>,
}

impl Sources {
    /// Opens the store, if it can be.
    pub fn open(disk: &Arc<dyn Disk>, place: &Place) -> Self {
        // A store that cannot be opened is no source; whoever wants to write will be told why.
        let store = Reader::open_on(&**disk, place.database()).ok();
        Self { disk: Arc::clone(disk), place: place.clone(), store, backups: None }
    }

    /// The newest line that the store says it has.
    pub fn known(&self) -> Option<Head> {
        self.store.as_ref()?.ask().cursor().ok().flatten().map(|(n, hash)| Head { n, hash })
    }

    /// Whose the journal and the store are, by what the backups have; `None` without a store.
    pub fn parted(&self) -> Result<Option<Parted>, ReadError> {
        let store = self.store.as_ref();
        store.map(|store| Parted::look(&*self.disk, &self.place, store.ask())).transpose()
    }

    /// All copies of a line, the store's first, then from the newest backup to the oldest.
    pub fn copies(&mut self, n: u64) -> Vec<String> {
        let backups = self.backups.get_or_insert_with(|| opened(&*self.disk, &self.place.backups()));
        let all = self.store.iter().chain(backups.iter().map(|(_, reader)| reader));
        all.filter_map(|reader| reader.ask().whole_line(n)).collect()
    }

    /// The first source that has this very text: `store`, or a backup's name.
    pub fn whose(&self, n: u64, text: &str) -> Option<String> {
        let has = |reader: &Reader| reader.ask().whole_line(n).is_some_and(|kept| kept == text);
        if self.store.as_ref().is_some_and(has) {
            return Some("store".to_owned());
        }
        self.backups.iter().flatten().find(|(_, reader)| has(reader)).map(|(name, _)| name.clone())
    }
}
