//! A file that somebody has open, watched by its name: whether it still lies there, is still the same and has not been cut.
//!
//! Looked at by name only, because closing a second handle would drop the locks of the first. What is written through an
//! open handle goes on, wherever its name has gone: who does not look would write into a file that nobody finds again.

use std::fmt;
use std::path::PathBuf;

use super::{Disk, Look};

/// A file or folder by its name, and how it was when it was looked at last.
#[derive(Clone, Debug)]
pub struct Named {
    path: PathBuf,
    seen: Option<Look>,
    writes: Writes,
}

/// What may happen to a file between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// We write into it: it may grow.
    Ours,
    /// Nobody is to write into it: it stays as it is to the byte.
    None,
}

/// What became of a file that was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    path: PathBuf,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Gone,
    Another,
    Cut { from: u64, to: u64 },
    Written { from: u64, to: u64 },
    Rewritten { at: u64, bytes: u64 },
}

impl Named {
    /// What lies at `path`, which is not looked at yet. We write into it: it may grow.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), seen: None, writes: Writes::Ours }
    }

    /// The same of a file that nobody is to write into: another size or time of its last change counts, too.
    pub fn still(path: impl Into<PathBuf>) -> Self {
        Self { writes: Writes::None, ..Self::at(path) }
    }

    /// Takes what lies there now for the one that is meant; another one than before is not taken.
    pub fn note(&mut self, disk: &dyn Disk) {
        // What cannot be looked at is told of by whoever cannot write it; what is gone is told by the next look.
        if let Ok(Some(found)) = disk.find(&self.path)
            && self.seen.is_none_or(|seen| seen.id == found.id)
        {
            self.seen = Some(found);
        }
    }

    /// The next look is the first again: we have closed it, and may find another one.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// What became of it since it was noted; `None` if nothing did that it may not do, or nobody can tell.
    pub fn change(&self, disk: &dyn Disk) -> Option<Change> {
        let seen = self.seen?;
        let what = match disk.find(&self.path).ok()? {
            None => What::Gone,
            Some(found) if found.id != seen.id || found.kind != seen.kind => What::Another,
            Some(found) if self.writes == Writes::None => {
                if (found.bytes, found.modified) == (seen.bytes, seen.modified) {
                    return None;
                }
                What::Written { from: seen.bytes, to: found.bytes }
            }
            Some(found) if found.bytes < seen.bytes && found.kind == super::Kind::File => {
                What::Cut { from: seen.bytes, to: found.bytes }
            }
            Some(_) => return None,
        };
        Some(Change { path: self.path.clone(), what })
    }
}

impl Change {
    /// A file that is shorter than its writer left it.
    pub const fn cut(path: PathBuf, from: u64, to: u64) -> Self {
        Self { path, what: What::Cut { from, to } }
    }

    /// A file that has something else in so many bytes at a place than its writer wrote there.
    pub const fn rewritten(path: PathBuf, at: u64, bytes: u64) -> Self {
        Self { path, what: What::Rewritten { at, bytes } }
    }

    /// How long it was and is, in bytes, if it is still the same file; `None` if it is gone, or another.
    pub const fn sizes(&self) -> Option<(u64, u64)> {
        match self.what {
            What::Gone | What::Another | What::Rewritten { .. } => None,
            What::Cut { from, to } | What::Written { from, to } => Some((from, to)),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.what {
            What::Gone => write!(f, "{path} was deleted or moved away while it was in use"),
            What::Another => write!(f, "{path} is not the one that is in use: another was put in its place"),
            What::Cut { from, to } => write!(f, "{path} was cut from {from} to {to} bytes while it was in use"),
            What::Rewritten { at, bytes } => write!(
                f,
                "{path} was changed by somebody else while it was in use: what was written is not in the {bytes} bytes from {at} on"
            ),
            What::Written { from, to } if from == to => {
                write!(f, "{path} was changed by somebody else while it was in use, at its size of {to} bytes")
            }
            What::Written { from, to } => write!(
                f,
                "{path} was changed by somebody else while it was in use: it had {from} bytes, and has {to} now"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::disk::RealDisk;

    /// What a file is found to be after `harm`, in words.
    fn after(harm: fn(&std::path::Path)) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        fs::write(&path, b"facts").unwrap();
        let mut named = Named::at(&path);
        assert_eq!(named.change(&RealDisk), None, "nothing was noted yet");
        named.note(&RealDisk);
        harm(&path);
        named.note(&RealDisk);
        named.change(&RealDisk).map(|change| change.to_string())
    }

    #[test]
    fn a_file_that_stays_or_grows_has_not_changed() {
        assert_eq!(after(|_| {}), None);
        assert_eq!(after(|path| fs::write(path, b"more facts").unwrap()), None);
    }

    #[test]
    fn one_that_is_gone_is_told_even_if_it_was_to_be_noted_anew() {
        assert!(after(|path| fs::remove_file(path).unwrap()).unwrap().contains("deleted or moved away"));
        assert!(after(|path| fs::rename(path, path.with_extension("old")).unwrap()).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn an_equal_copy_in_its_place_is_another_file() {
        let told = after(|path| {
            fs::rename(path, path.with_extension("old")).unwrap();
            fs::copy(path.with_extension("old"), path).unwrap();
        });
        assert!(told.unwrap().contains("another was put in its place"));
    }

    #[test]
    fn one_that_nobody_is_to_write_into_is_told_of_when_it_is_written_into_at_its_size_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        fs::write(&path, b"facts").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let mut named = Named::still(&path);
        named.note(&RealDisk);
        assert_eq!(named.change(&RealDisk), None);
        fs::write(&path, b"other").unwrap();
        assert!(named.change(&RealDisk).unwrap().to_string().contains("was changed by somebody else"));
        named.note(&RealDisk);
        assert_eq!(named.change(&RealDisk), None, "it was our own doing");
        fs::write(&path, b"more facts").unwrap();
        assert!(named.change(&RealDisk).unwrap().to_string().contains("it had 5 bytes, and has 10 now"));
    }

    #[test]
    fn one_that_was_cut_is_told_with_both_sizes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        fs::write(&path, b"facts").unwrap();
        let mut named = Named::at(&path);
        named.note(&RealDisk);
        fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        assert!(named.change(&RealDisk).unwrap().to_string().contains("was cut from 5 to 0 bytes"));
        named.forget();
        assert_eq!(named.change(&RealDisk), None, "it was our own doing");
    }
}
