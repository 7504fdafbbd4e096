//! Why a place is no place for a database, each told with what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::space::{LEAST_FREE_BYTES, in_words};
use crate::domain::words::moved_away;

/// No safe place for a database. Nothing was touched but folders that may have been created.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The path names no file.
    #[error("{path} is a folder and cannot be the database: give a file in it, as in --db {example}",
        path = .0.display(), example = .0.join("paper.db").display())]
    IsFolder(PathBuf),
    /// The database was replaced by a folder.
    #[error("{path} is a folder, and the database belongs there, as {beside} lies beside it: move it away, {moved}: the \
        database is made anew from the journal, or put a backup in its place with `neo restore`",
        path = .path.display(), beside = .beside.display(), moved = moved_away(.path))]
    FolderInItsPlace {
        /// The folder.
        path: PathBuf,
        /// What belongs to the database and is there.
        beside: PathBuf,
    },
    /// A database in memory, as SQLite calls it.
    #[error("{path} means a database in memory, which is gone with the process: name a file on a disk with --db",
        path = .0.display())]
    InMemory(PathBuf),
    /// The path is a link that leads nowhere: to a disk that is not there, most likely.
    #[error("{path} is a link to a file that is not there: mount the disk that it leads to or mend the link, or choose \
        another place with --db", path = .0.display())]
    DanglingLink(PathBuf),
    /// The database was moved and linked back, and what belongs to it was not.
    #[error("{left_behind} belongs to the database and lies beside a link to it: move it, and all that is named as it is, \
        beside the database itself, {database}", left_behind = .left_behind.display(), database = .database.display())]
    LeftBehind {
        /// What lies beside the link.
        left_behind: PathBuf,
        /// Where the link leads.
        database: PathBuf,
    },
    /// The file has a second name, beside which a second journal and a second lock would lie.
    #[error("{path} has {names} names (hard links), and a lock beside one of them does not keep a second neo out by \
        another: remove the other names, or make a copy and use that with --db", path = .path.display())]
    SeveralNames {
        /// The database.
        path: PathBuf,
        /// How many.
        names: u64,
    },
    /// The name is no text, and what is being done to the files could not be written down by it.
    #[error("the name of {path} is no text (not UTF-8), and a restore could not write down which file it puts in its \
        place: give the database, and all that is named as it is, another name, or choose one with --db",
        path = .0.display())]
    NotText(PathBuf),
    /// The name leaves no room for the names beside it.
    #[error("the name of {path} has {bytes} bytes, and what lies beside a database bears its name and more: give the \
        database, and all that is named as it is, a name of at most {most} bytes, or choose one with --db",
        path = .path.display())]
    NameTooLong {
        /// The database.
        path: PathBuf,
        /// The bytes of its name, without the ending `.db`.
        bytes: usize,
        /// How many there may be.
        most: usize,
    },
    /// Something else lies where a folder of the database belongs.
    #[error("{path} is no folder, and one of the database belongs there: move it away, {moved}, and put the folder back \
        if you have it elsewhere; without it a new one is made", path = .0.display(), moved = moved_away(.0))]
    NotAFolder(PathBuf),
    /// What is no file lies where one of the database belongs.
    #[error("{path} is {is}, and a file of the database belongs there: move it away, {moved}, and put the file back if \
        you have it elsewhere", path = .path.display(), moved = moved_away(.path))]
    NotAFile {
        /// What lies there.
        path: PathBuf,
        /// What it is.
        is: Odd,
    },
    /// What SQLite keeps beside the database cannot be used.
    #[error("{path} belongs to the database and may not be read and written: {source}; check who owns it, and its \
        permissions", path = .path.display())]
    NotUsable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder does not exist and cannot be made.
    #[error("cannot create the folder {folder}: {source}; choose another place with --db", folder = .folder.display())]
    NotCreatable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be written there.
    #[error("cannot write into {folder}: {source}; make it writable, or choose another place with --db",
        folder = .folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another machine's disk: locks and syncs do not hold there.
    #[error("{folder} is a network folder ({kind}), where locks and syncs cannot be trusted: \
        choose a place on a disk of this machine with --db", folder = .folder.display())]
    Network {
        /// The folder.
        folder: PathBuf,
        /// Which kind, as in `nfs`.
        kind: String,
    },
    /// A folder that another program copies elsewhere, and back, file by file.
    #[error("{folder} is kept in step with a cloud by {program} ({why}), which copies files while they are written and may \
        put older ones back: choose a place outside of it with --db, and let it have the backups at most",
        folder = .folder.display())]
    CloudSync {
        /// The folder.
        folder: PathBuf,
        /// Which program does that.
        program: String,
        /// What it was known by.
        why: String,
    },
    /// The disk is nearly full.
    #[error("{folder} has {} left and {} are needed to start: free some, or choose another place with --db",
        in_words(*.free), in_words(LEAST_FREE_BYTES), folder = .folder.display())]
    TooLittleSpace {
        /// The folder.
        folder: PathBuf,
        /// Bytes that we may still write.
        free: u64,
    },
}

/// What can lie where a file belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// A folder.
    Folder,
    /// A pipe, a socket or a device.
    Device,
    /// A link, where none is followed.
    Link,
    /// A link that leads nowhere, or in a circle.
    LinkToNowhere,
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Device => "a pipe, a socket or a device",
            Self::Link => "a link",
            Self::LinkToNowhere => "a link that leads nowhere (to a disk that is not there, perhaps)",
        })
    }
}
