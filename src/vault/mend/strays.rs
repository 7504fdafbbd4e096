//! Files that bear a segment's name and have another one's lines: a copy that somebody made, a segment that was renamed,
//! one of another database. What is part of the chain gets its name back; all else goes into the quarantine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::{MendError, failed};
use crate::disk::Disk;
use crate::domain::words::counted;
use crate::journal::reader::{ChainReport, ReadError, Stray, read_chain};
use crate::journal::record::{Hash, Line};
use crate::journal::segment;
use crate::vault::quarantine::Quarantine;

/// What became of a stray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sorted {
    /// The name that it bore.
    pub segment: String,
    /// What it was.
    pub was: Was,
}

/// What a stray was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Was {
    /// The segment of this name, which it bears again.
    Renamed(String),
    /// A copy of lines that stand elsewhere in the chain.
    Copy,
    /// So many of its lines stand nowhere in the chain, and do not follow it.
    Unknown(u64),
    /// Nothing that is a line.
    Nothing,
}

impl fmt::Display for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, was } = self;
        match was {
            Was::Renamed(name) => {
                write!(f, "{segment} of the journal bears the name {name} again, as its first line says")
            }
            Was::Copy => {
                write!(f, "{segment} of the journal was a copy of lines that stand elsewhere in it, and was taken out")
            }
            Was::Unknown(lines) => write!(
                f,
                "{segment} of the journal was taken out: {} in it {} nowhere else and follow{} nothing here, so the file \
                 may be another database's",
                counted(*lines, "line"),
                if *lines == 1 { "stands" } else { "stand" },
                if *lines == 1 { "s" } else { "" }
            ),
            Was::Nothing => write!(f, "{segment} of the journal had no line in it, and was taken out"),
        }
    }
}

/// The strays of a folder with their whole lines.
pub(super) struct Strays<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
    all: Vec<(Stray, BTreeMap<u64, Line>)>,
}

impl<'a> Strays<'a> {
    pub fn read(disk: &'a dyn Disk, folder: &'a Path, report: &ChainReport) -> Result<Self, ReadError> {
        let mut all = Vec::new();
        for stray in &report.strays {
            let path = folder.join(&stray.segment);
            let bytes = disk.read(&path).map_err(|source| ReadError::Unreadable { path, source })?;
            let texts = bytes.split(|byte| *byte == b'\n').filter_map(|raw| std::str::from_utf8(raw).ok());
            let lines = texts.filter_map(|text| Line::read(text).ok()).map(|line| (line.n, line)).collect();
            all.push((stray.clone(), lines));
        }
        Ok(Self { disk, folder, all })
    }

    /// What they have of a line.
    pub fn copies(&self, n: u64) -> impl Iterator<Item = String> {
        self.all.iter().filter_map(move |(_, lines)| lines.get(&n)).map(|line| line.text.clone())
    }

    /// Gives one segment its name back that goes on where the chain, of which the hashes are known, breaks off; `None` if
    /// there is none.
    pub fn name_back(&self) -> Result<Option<Sorted>, MendError> {
        let hashes = self.hashes()?;
        let is_part = |first: &Line| {
            let before = first.n.checked_sub(1);
            let follows = before.map_or(Some(Hash::default()), |before| hashes.get(&before).copied());
            follows == Some(first.prev) && !hashes.contains_key(&first.n)
        };
        for (stray, lines) in &self.all {
            let Some((_, first)) = lines.first_key_value().filter(|(_, first)| is_part(first)) else { continue };
            let (from, name) = (self.folder.join(&stray.segment), segment::name(first.n));
            let to = self.folder.join(&name);
            if self.disk.find(&to).map_err(failed("look at", &to))?.is_none() {
                self.disk.rename(&from, &to).map_err(failed("give its name back to", &from))?;
                self.disk.sync_folder(self.folder).map_err(failed("sync", self.folder))?;
                return Ok(Some(Sorted { segment: stray.segment.clone(), was: Was::Renamed(name) }));
            }
        }
        Ok(None)
    }

    /// Takes all of them out.
    pub fn take_out(self, evidence: &mut Quarantine) -> Result<Vec<Sorted>, MendError> {
        let hashes = self.hashes()?;
        let mut sorted = Vec::new();
        for (stray, lines) in self.all {
            let unknown = lines.values().filter(|line| hashes.get(&line.n) != Some(&line.hash)).count() as u64;
            evidence.take_in(&self.folder.join(&stray.segment))?;
            let was = match unknown {
                0 if lines.is_empty() => Was::Nothing,
                0 => Was::Copy,
                some => Was::Unknown(some),
            };
            sorted.push(Sorted { segment: stray.segment, was });
        }
        Ok(sorted)
    }

    /// The chain's hashes of the lines that strays have, and of those before them.
    fn hashes(&self) -> Result<BTreeMap<u64, Hash>, ReadError> {
        let mut hashes = BTreeMap::new();
        if self.all.is_empty() {
            return Ok(hashes);
        }
        read_chain(self.disk, self.folder, None, |line| {
            let n = line.n;
            if self.all.iter().any(|(_, lines)| lines.contains_key(&n) || lines.contains_key(&(n + 1))) {
                hashes.insert(n, line.hash);
            }
        })?;
        Ok(hashes)
    }
}
