//! The journal beside the copy: the chain recomputed, and compared with what the database keeps of it.

use std::path::Path;

use serde::Serialize;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::{ReadError, first_line, read_chain};
use crate::journal::record::Hash;
use crate::store::{Ask, Reader, StoreError};
use crate::vault::backup::{apart, shelf};
use crate::vault::baseline;
use crate::vault::verify::lines::{Above, ChainVerdict, verify_chain};

/// What the journal is, alone and beside the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The hash of its first line; `None` if that line is gone or not whole.
    #[serde(skip)]
    pub first_line: Option<Hash>,
    /// How many lines count.
    pub lines: u64,
    /// In how many segments.
    pub segments: u64,
    /// Its newest line.
    pub head: Option<u64>,
    /// Acknowledged lines that are broken or gone, one sentence each.
    pub damage: Vec<String>,
    /// Lines that the database keeps otherwise, and the first of them.
    pub different: Option<(u64, u64)>,
    /// Lines that the database has yet to take over.
    pub ahead: u64,
    /// Lines that only the database has: what a broken line can be mended from.
    pub only_in_store: u64,
    /// Files that bear a segment's name and are none, one sentence each.
    pub strays: Vec<String>,
    /// Names of files among the segments that nobody reads.
    pub foreign: Vec<String>,
    /// Baselines with rows of another engine that are gone or were changed, and what is wrong with each.
    pub baselines_lost: Vec<(String, String)>,
    /// Backups that are not part of it, one sentence each.
    pub apart: Vec<String>,
    /// Why it could not be read.
    pub unread: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum NotCompared {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Chain {
    /// Whether every acknowledged line is there and whole.
    pub fn is_whole(&self) -> bool {
        self.lines > 0 && self.damage.is_empty() && self.unread.is_none()
    }
}

/// Reads the journal and, if there is a copy that can be read, compares them.
pub(super) fn ask(disk: &dyn Disk, place: &Place, copy: Option<&Path>) -> Chain {
    // A copy that cannot be opened, or asked, is told of by what is inside of it.
    let store = copy.and_then(|copy| Reader::open(copy).ok());
    let compared = store.as_ref().map(|store| compare(disk, place, store.ask()));
    let verdict = match compared {
        Some(Ok(verdict)) => Ok(verdict),
        // Without the store's rows the chain still holds or does not.
        Some(Err(NotCompared::Store(_))) | None => {
            read_chain(disk, &place.journal(), None, |_| {}).map(|chain| ChainVerdict { chain, ..Default::default() })
        }
        Some(Err(NotCompared::Journal(why))) => Err(why),
    };
    match verdict {
        Ok(verdict) => Chain {
            apart: store.as_ref().filter(|_| !verdict.found_something()).map_or_else(Vec::new, |store| {
                let on_shelf = shelf(disk, &place.backups()).unwrap_or_default();
                apart(disk, &place.backups(), &on_shelf, store.ask()).iter().map(ToString::to_string).collect()
            }),
            baselines_lost: store.map_or_else(Vec::new, |store| lost(disk, place, store.ask())),
            first_line: first_line(disk, &place.journal()).map(|line| line.hash),
            ..in_words(&verdict)
        },
        Err(why) => Chain { unread: Some(why.to_string()), ..Chain::default() },
    }
}

fn lost(disk: &dyn Disk, place: &Place, store: Ask<'_>) -> Vec<(String, String)> {
    // A copy that cannot answer is told of by what is inside of it.
    let lost = baseline::lost(disk, place, store).unwrap_or_default().into_iter();
    lost.map(|lost| (lost.adopted.baseline.name, lost.why)).collect()
}

fn compare(disk: &dyn Disk, place: &Place, ask: Ask<'_>) -> Result<ChainVerdict, NotCompared> {
    let cursor = ask.cursor()?.map(|(n, _)| n);
    verify_chain(
        disk,
        &place.journal(),
        cursor,
        Above::Compared,
        ask.facts_from(0).map(|row| row.map_err(NotCompared::from)),
    )
}

fn in_words(verdict: &ChainVerdict) -> Chain {
    let broken = verdict.chain.damage.iter().map(ToString::to_string);
    let gone = verdict.chain.missing.iter().map(ToString::to_string);
    Chain {
        first_line: None,
        lines: verdict.chain.lines,
        segments: verdict.chain.segments,
        head: verdict.chain.head.map(|head| head.n),
        damage: broken.chain(gone).collect(),
        different: verdict.first_difference.map(|(first, _)| (verdict.different, first)),
        baselines_lost: Vec::new(),
        apart: Vec::new(),
        ahead: verdict.not_in_store.count,
        only_in_store: verdict.not_in_journal.count,
        strays: verdict.chain.strays.iter().map(ToString::to_string).collect(),
        foreign: verdict.chain.foreign.clone(),
        unread: None,
    }
}
