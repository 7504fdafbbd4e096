//! One file that SQLite has open: its calls, each answered on the disk in memory.

use std::ffi::{c_int, c_void};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use rusqlite::ffi;

use super::locks::{Claim, Left, Level, Make, OpenId};
use super::{Anything, Shared, folder_of};
use crate::disk::sim::state::FileId;

/// What SQLite gives us room for. It begins with SQLite's own part.
#[repr(C)]
pub(super) struct OpenFile {
    base: ffi::sqlite3_file,
    file: *mut File,
}

/// What we know of an open file. It holds the disk, so that the VFS outlives it.
struct File {
    disk: Arc<Shared>,
    id: OpenId,
    content: FileId,
    path: Option<PathBuf>,
    /// Whether SQLite may believe that overwriting a part of a sector leaves the rest of it alone.
    overwriting: Overwriting,
    /// A new log or journal: its folder is synced with its first sync.
    name: Name,
    at_close: AtClose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Overwriting {
    Trusted,
    MayTear,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    ToBeSynced,
    LeftToSqlite,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AtClose {
    Kept,
    Removed,
}

/// What SQLite's own VFS for Unix says of every disk.
const SECTOR_SIZE: c_int = 4096;

const METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
static METHODS_AT: ffi::sqlite3_io_methods = METHODS;

impl OpenFile {
    /// Opens a file or makes it, as `flags` say. The error is SQLite's code.
    pub fn open(disk: Arc<Shared>, path: Option<PathBuf>, flags: c_int, psow: bool) -> Result<Self, c_int> {
        const JOURNALS: c_int = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;
        let may = |flag| flags & flag != 0;
        let (file, name) = {
            let mut state = disk.state();
            let found = path.as_deref().and_then(|path| state.file(path).ok());
            match found {
                Some(_) if may(ffi::SQLITE_OPEN_EXCLUSIVE) => return Err(ffi::SQLITE_CANTOPEN),
                Some(file) => (file, Name::LeftToSqlite),
                None if path
                    .as_ref()
                    .is_some_and(|path| !may(ffi::SQLITE_OPEN_CREATE) || state.folders.contains(path)) =>
                {
                    return Err(ffi::SQLITE_CANTOPEN);
                }
                None => {
                    let file = state.create(path.as_deref()).map_err(|_| ffi::SQLITE_CANTOPEN)?;
                    (file, if may(JOURNALS) { Name::ToBeSynced } else { Name::LeftToSqlite })
                }
            }
        };
        let id = disk.vfs.together().new_id();
        let at_close = if may(ffi::SQLITE_OPEN_DELETEONCLOSE) { AtClose::Removed } else { AtClose::Kept };
        let overwriting = if psow { Overwriting::Trusted } else { Overwriting::MayTear };
        let file = Box::new(File { disk, id, content: file, path, overwriting, name, at_close });
        Ok(Self { base: ffi::sqlite3_file { pMethods: &raw const METHODS_AT }, file: Box::into_raw(file) })
    }
}

impl File {
    fn read(&self, room: &mut [u8], offset: usize) -> c_int {
        let mut state = self.disk.state();
        let Ok(bytes) = state.read(self.content) else { return ffi::SQLITE_IOERR_READ };
        let there = bytes.get(offset..).unwrap_or_default();
        let len = there.len().min(room.len());
        room[..len].copy_from_slice(&there[..len]);
        room[len..].fill(0);
        if len == room.len() { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
    }

    fn sync(&mut self) -> c_int {
        let mut state = self.disk.state();
        if state.sync(self.content).is_err() {
            return ffi::SQLITE_IOERR_FSYNC;
        }
        if let (Name::ToBeSynced, Some(path)) = (self.name, &self.path) {
            // SQLite's own VFS asks once and does not look at the answer.
            let _ = state.sync_folder(folder_of(path));
            self.name = Name::LeftToSqlite;
        }
        ffi::SQLITE_OK
    }

    fn close(self) {
        {
            let mut together = self.disk.vfs.together();
            let (locks, memory) = together.of(self.content);
            locks.forget(self.id);
            memory.leave(self.id);
        }
        if let (AtClose::Removed, Some(path)) = (self.at_close, &self.path) {
            // SQLite wants no answer: what stays behind is a file that nobody knows.
            let _ = self.disk.state().remove(path);
        }
    }

    /// The file that shows that the shared memory is there; what is in the memory never gets that far.
    fn memory_path(&self) -> Option<PathBuf> {
        let mut name = self.path.as_ref()?.as_os_str().to_owned();
        name.push("-shm");
        Some(name.into())
    }

    /// Makes that file, or makes it longer.
    fn show_memory(&self, bytes: usize) -> io::Result<()> {
        let Some(path) = self.memory_path() else { return Ok(()) };
        let mut state = self.disk.state();
        let file = state.file(&path).or_else(|_| state.create(Some(&path)))?;
        if state.bytes(file).len() < bytes { state.resize(file, bytes) } else { Ok(()) }
    }

    fn region(&self, number: usize, bytes: usize, make: Make) -> Result<Anything, c_int> {
        if make == Make::IfMissing {
            self.show_memory((number + 1) * bytes).map_err(|failure| full_or(&failure, ffi::SQLITE_IOERR_SHMSIZE))?;
        }
        let mut together = self.disk.vfs.together();
        let (_, memory) = together.of(self.content);
        let region = memory.region(self.id, number, bytes, make);
        Ok(region.map_or(std::ptr::null_mut(), |region| region.as_ptr().cast_mut().cast()))
    }

    fn leave_memory(&self, remove: bool) {
        let left = self.disk.vfs.together().of(self.content).1.leave(self.id);
        if let (true, Left::AsTheLast, Some(path)) = (remove, left, self.memory_path()) {
            // What stays behind is made new by whoever comes next.
            let _ = self.disk.state().remove(&path);
        }
    }

    fn has_moved(&self) -> bool {
        let state = self.disk.state();
        self.path.as_ref().is_some_and(|path| state.file(path).ok() != Some(self.content))
    }
}

/// A full disk has a code of its own.
fn full_or(failure: &io::Error, code: c_int) -> c_int {
    if failure.kind() == io::ErrorKind::StorageFull { ffi::SQLITE_FULL } else { code }
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn length(number: c_int) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// # Safety
/// `file` was opened by [`OpenFile::open`], is not closed, and SQLite calls for it from one thread at a time.
unsafe fn of<'a>(file: *mut ffi::sqlite3_file) -> &'a mut File {
    // SAFETY: by this function's own contract; the box is ours until `close`.
    unsafe { &mut *(*file.cast::<OpenFile>()).file }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once and does not use it afterwards.
    let closed = unsafe { Box::from_raw((*file.cast::<OpenFile>()).file) };
    closed.close();
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, room: Anything, len: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite hands us an open file and room for `len` bytes.
    unsafe { of(file).read(std::slice::from_raw_parts_mut(room.cast(), length(len)), index(offset)) }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, len: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite hands us an open file and `len` bytes.
    let (file, bytes) = unsafe { (of(file), std::slice::from_raw_parts(bytes.cast(), length(len))) };
    let written = file.disk.state().write(file.content, index(offset), bytes);
    written.map_or_else(|failure| full_or(&failure, ffi::SQLITE_IOERR_WRITE), |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite hands us an open file.
    let file = unsafe { of(file) };
    let cut = file.disk.state().resize(file.content, index(size));
    cut.map_or(ffi::SQLITE_IOERR_TRUNCATE, |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite hands us an open file.
    unsafe { of(file).sync() }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite hands us an open file and room for the answer.
    unsafe {
        let file = of(file);
        *size = i64::try_from(file.disk.state().bytes(file.content).len()).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite hands us an open file.
    let file = unsafe { of(file) };
    let raised = file.disk.vfs.together().of(file.content).0.raise(file.id, Level::from_sqlite(level));
    raised.map_or(ffi::SQLITE_BUSY, |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite hands us an open file.
    let file = unsafe { of(file) };
    file.disk.vfs.together().of(file.content).0.lower(file.id, Level::from_sqlite(level));
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, answer: *mut c_int) -> c_int {
    // SAFETY: SQLite hands us an open file and room for the answer.
    unsafe {
        let file = of(file);
        *answer = c_int::from(file.disk.vfs.together().of(file.content).0.is_reserved());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, answer: Anything) -> c_int {
    if what != ffi::SQLITE_FCNTL_HAS_MOVED {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite hands us an open file and, for this question, room for an int.
    unsafe { *answer.cast::<c_int>() = c_int::from(of(file).has_moved()) };
    ffi::SQLITE_OK
}

const unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR_SIZE
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite hands us an open file.
    match unsafe { of(file) }.overwriting {
        Overwriting::Trusted => ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE,
        Overwriting::MayTear => 0,
    }
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    number: c_int,
    bytes: c_int,
    extend: c_int,
    region: *mut Anything,
) -> c_int {
    let make = if extend == 0 { Make::Never } else { Make::IfMissing };
    // SAFETY: SQLite hands us an open file and room for the answer. The region stays where it is until the last one has
    // left the memory, as is promised to SQLite; it is made of atomics, so that many may write into it.
    unsafe {
        let mapped = of(file).region(length(number), length(bytes), make);
        *region = mapped.unwrap_or(std::ptr::null_mut());
        mapped.err().unwrap_or(ffi::SQLITE_OK)
    }
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite hands us an open file.
    let file = unsafe { of(file) };
    let slots = length(offset)..length(offset + count);
    let mut together = file.disk.vfs.together();
    let (_, memory) = together.of(file.content);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        memory.unlock(file.id, slots);
        return ffi::SQLITE_OK;
    }
    let claim = if flags & ffi::SQLITE_SHM_SHARED == 0 { Claim::Exclusive } else { Claim::Shared };
    memory.lock(file.id, slots, claim).map_or(ffi::SQLITE_BUSY, |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, remove: c_int) -> c_int {
    // SAFETY: SQLite hands us an open file.
    unsafe { of(file).leave_memory(remove != 0) };
    ffi::SQLITE_OK
}
