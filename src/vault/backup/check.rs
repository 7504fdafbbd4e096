//! Whether a file is a backup that can be trusted: ours, sound, and with a chain in it that holds from its first line to
//! its last. Reads only, and leaves nothing beside the file.

use std::path::Path;

use thiserror::Error;

use crate::disk::Disk;
use crate::journal::record::{Hash, Head, Line, NotALine};
use crate::store::{Ask, OpenError, Reader, StoreError};

/// What is in a backup that is fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The version of its schema: an older one can be restored from.
    pub schema: i32,
    /// How many rows `facts`, `sessions` and `fills` have.
    pub counts: [u64; 3],
    /// Its newest line; `None` if it has none.
    pub head: Option<Head>,
}

/// Why a file cannot be trusted. Nothing was changed.
#[derive(Debug, Error)]
pub enum Unfit {
    /// It cannot be opened, or is not ours.
    #[error("{}", .0.in_a_word())]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error("{}", .0.in_a_word())]
    Store(#[from] StoreError),
    /// Its structure is broken.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// One of its lines was changed.
    #[error("line {n} in it is damaged: {why}")]
    Line {
        /// Which.
        n: u64,
        /// What is wrong with it.
        why: NotALine,
    },
    /// The columns beside a line do not say what it says.
    #[error("the columns beside line {n} do not say what the line says")]
    Columns {
        /// Which.
        n: u64,
    },
    /// A line is not the one that comes next.
    #[error("line {expected} is not in it, or does not follow the line before it")]
    Chain {
        /// The line that should be there.
        expected: u64,
    },
    /// The cursor is not at the newest line.
    #[error("its cursor stands at {} and its newest line is {}", number(*cursor), number(*newest))]
    Cursor {
        /// Where the cursor stands.
        cursor: Option<u64>,
        /// The newest line.
        newest: Option<u64>,
    },
    /// The check itself did not come to its end.
    #[error("its check did not come to an end")]
    CheckDied,
}

/// Checks a file that nobody writes: its pages and indexes, whose it is, every line's own hash and the chain between
/// them, the columns beside each line, and that the cursor stands at the last one. Older versions of the schema are read.
/// What the other tables say is not compared here: that is a drill's work.
pub fn check(disk: &dyn Disk, file: &Path) -> Result<Checked, Unfit> {
    check_opened(&Reader::open_copy(disk, file)?)
}

/// As [`check`], of a file that is open.
pub(super) fn check_opened(copy: &Reader) -> Result<Checked, Unfit> {
    let ask = copy.ask();
    let damage = ask.integrity_check()?;
    if !damage.is_empty() {
        return Err(Unfit::Malformed(damage.join("; ")));
    }
    ask.check_schema()?;
    let head = follow_the_chain(ask)?;
    let cursor = ask.cursor()?.map(|(n, hash)| Head { n, hash });
    if cursor != head {
        return Err(Unfit::Cursor { cursor: cursor.map(|head| head.n), newest: head.map(|head| head.n) });
    }
    Ok(Checked { schema: ask.schema()?, counts: ask.counts()?, head })
}

/// The newest line, after all before it were found whole and in their order.
fn follow_the_chain(ask: Ask<'_>) -> Result<Option<Head>, Unfit> {
    let mut head: Option<Head> = None;
    for row in ask.facts_from(0) {
        let row = row?;
        let (expected, prev) = head.map_or((0, Hash::default()), |head| (head.n + 1, head.hash));
        let line = Line::read(&row.line).map_err(|why| Unfit::Line { n: row.n, why })?;
        if row.n != expected || line.n != expected || line.prev != prev {
            return Err(Unfit::Chain { expected });
        }
        if row.session != line.session || row.kind != line.kind || row.at != line.at.to_string() {
            return Err(Unfit::Columns { n: expected });
        }
        head = Some(line.head());
    }
    Ok(head)
}

fn number(n: Option<u64>) -> String {
    n.map_or_else(|| "nothing".to_owned(), |n| n.to_string())
}
