//! Blows at files: a bit, a few bits, the end, a piece from the middle, the whole.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

use super::Files;

/// Which file, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Database,
    Log,
    Journal,
    Backup,
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    Flip { at: usize, bit: u8 },
    CutOff { left: usize },
    CutOut { from: usize, len: usize },
    Delete,
}

/// One file and what happens to it.
#[derive(Clone, Debug)]
pub struct Hit {
    pub target: Target,
    pub file: PathBuf,
    pub blow: Blow,
}

/// Chances that follow from a seed.
pub struct Chance(Pcg64Mcg);

impl Chance {
    pub fn of(seed: u64, case: usize) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed ^ (case as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u64() % (limit.max(1) as u64)).expect("below a usize")
    }
}

impl Target {
    pub const ALL: [Self; 4] = [Self::Database, Self::Log, Self::Journal, Self::Backup];

    pub fn of(file: &Path) -> Option<Self> {
        let name = file.to_str()?;
        match name {
            "s.db" => Some(Self::Database),
            "s.db-wal" => Some(Self::Log),
            _ if name.starts_with("s.journal") => Some(Self::Journal),
            _ if name.starts_with("s.backups") => Some(Self::Backup),
            _ => None,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Log => "log",
            Self::Journal => "journal",
            Self::Backup => "backup",
        }
    }
}

impl Blow {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Flip { .. } => "bit flipped",
            Self::CutOff { .. } => "cut off",
            Self::CutOut { .. } => "cut out",
            Self::Delete => "deleted",
        }
    }

    fn by(chance: &mut Chance, bytes: &[u8]) -> Self {
        // Room at the end of a segment is a megabyte of newlines: most blows aim at what was written.
        let written = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
        let len = if chance.below(8) == 0 { bytes.len() } else { written };
        match chance.below(20) {
            0 => Self::Delete,
            1..=3 => Self::CutOff { left: chance.below(len) },
            4..=5 => {
                let from = chance.below(len);
                Self::CutOut { from, len: 1 + chance.below(4_096.min(bytes.len() - from)) }
            }
            // Where a header is there is more to break.
            6 => Self::Flip { at: chance.below(len.min(128)), bit: 1 << chance.below(8) },
            _ => Self::Flip { at: chance.below(len), bit: 1 << chance.below(8) },
        }
    }
}

impl Hit {
    /// One blow, or in one of four cases two, at files of different kinds or of one.
    pub fn by(chance: &mut Chance, files: &Files) -> Vec<Self> {
        let mut hits: Vec<Self> = Vec::new();
        let blows = if chance.below(4) == 0 { 2 } else { 1 };
        while hits.len() < blows {
            let target = Target::ALL[[0, 0, 0, 1, 1, 2, 2, 2, 3, 3][chance.below(10)]];
            let such: Vec<&PathBuf> = files.keys().filter(|file| Target::of(file) == Some(target)).collect();
            let Some(file) = such.get(chance.below(such.len())) else { continue };
            let bytes = &files[*file];
            if bytes.is_empty() || hits.iter().any(|hit| hit.file == **file) {
                continue;
            }
            hits.push(Self { target, file: (*file).clone(), blow: Blow::by(chance, bytes) });
        }
        hits
    }

    pub fn strike(&self, files: &mut Files) {
        let bytes = files.get_mut(&self.file).expect("a file of the house");
        let bytes = Arc::make_mut(bytes);
        match self.blow {
            Blow::Flip { at, bit } => bytes[at] ^= bit,
            Blow::CutOff { left } => bytes.truncate(left),
            Blow::CutOut { from, len } => drop(bytes.drain(from..from + len)),
            Blow::Delete => drop(files.remove(&self.file)),
        }
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.file.display(), self.blow)
    }
}
