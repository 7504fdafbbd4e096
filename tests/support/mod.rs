//! What the tests of the real binary share: a house of its own for each test, a terminal, and eyes that do not borrow
//! the program's own. The chain is read here by the promises of CONTRACT alone, so that a mistake in the journal's code
//! cannot hide itself.
#![allow(
    dead_code,
    unused_imports,
    reason = "each file of tests is a program of its own and uses another part of this"
)]

pub mod books;
pub mod chain;
#[cfg(unix)]
pub mod console;
pub mod earlier;
pub mod headless;
pub mod house;
pub mod rows;
#[cfg(target_os = "linux")]
pub mod small_disk;
pub mod until;

pub use books::Books;
pub use chain::{Chain, Link};
#[cfg(unix)]
pub use console::{Console, Leader, Stage};
pub use earlier::Earlier;
pub use headless::{Ended, Headless};
pub use house::House;
pub use rows::Rows;
#[cfg(target_os = "linux")]
pub use small_disk::SmallDisk;
pub use until::until;
