//! A VFS for SQLite whose files lie on a disk in memory: what SQLite asks of a system, answered as its own VFS for Unix
//! would, with the same sector size, the same syncs of folders and the same faith or lack of it in overwriting (`psow`).
//!
//! The unsafe part of the simulation: SQLite's C interface, call by call. What is decided lies in safe code next door.
#![allow(unsafe_code)] // SQLite calls us through C; each block says what it relies on.

mod locks;
mod open_file;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::fmt;
use std::os::raw::c_double;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rand_pcg::rand_core::Rng;
use rusqlite::ffi;

use super::Shared;
use super::state::FileId;
use locks::{Locks, Memory, OpenId};
use open_file::OpenFile;

/// What SQLite knows a disk by, made when it is first asked for, and what its open files share.
#[derive(Default)]
pub(super) struct Vfs {
    registered: OnceLock<Registered>,
    together: Mutex<Together>,
}

/// The locks and the shared memory of all connections.
#[derive(Default)]
struct Together {
    next: u64,
    files: BTreeMap<FileId, (Locks, Memory)>,
}

/// A VFS on SQLite's list, until it is dropped.
struct Registered {
    name: CString,
    vfs: Box<ffi::sqlite3_vfs>,
}

// SAFETY: the pointers inside are only read: by us, and by SQLite, which does so from any thread under its own mutex.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

impl Vfs {
    /// The name of this disk's VFS. `disk` is what this belongs to.
    pub fn name(&self, disk: &Arc<Shared>) -> &str {
        let registered = self.registered.get_or_init(|| Registered::new(disk));
        // Made of ASCII alone.
        registered.name.to_str().unwrap_or_default()
    }

    fn together(&self) -> MutexGuard<'_, Together> {
        self.together.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Together {
    fn new_id(&mut self) -> OpenId {
        self.next += 1;
        OpenId(self.next)
    }

    fn of(&mut self, file: FileId) -> &mut (Locks, Memory) {
        self.files.entry(file).or_default()
    }
}

impl fmt::Debug for Vfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.registered.get().map(|registered| &registered.name);
        f.debug_struct("Vfs").field("name", &name).finish_non_exhaustive()
    }
}

impl Registered {
    fn new(disk: &Arc<Shared>) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = CString::new(format!("neo-sim-{number}")).unwrap_or_default();
        let mut vfs = Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<OpenFile>()).unwrap_or(c_int::MAX),
            mxPathname: 1024,
            pNext: ptr::null_mut(),
            zName: name.as_ptr(),
            pAppData: Arc::as_ptr(disk).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_ms),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        });
        // SAFETY: the struct and its name live in their boxes until they are taken off the list in `drop`.
        let registered = unsafe { ffi::sqlite3_vfs_register(&raw mut *vfs, 0) };
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes a VFS whenever it has memory");
        Self { name, vfs }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // SAFETY: it was put on the list in `new`. No file is open on it: each holds the disk that this belongs to.
        unsafe { ffi::sqlite3_vfs_unregister(&raw mut *self.vfs) };
    }
}

/// The disk that a VFS belongs to.
///
/// # Safety
/// `vfs` is one of ours and on SQLite's list.
unsafe fn disk_of<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Shared {
    // SAFETY: `pAppData` was made from an `Arc` that lives as long as the VFS is on the list.
    unsafe { &*(*vfs).pAppData.cast::<Shared>() }
}

/// # Safety
/// `name` is a text that ends with a zero.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    // SAFETY: by this function's own contract.
    let name = unsafe { CStr::from_ptr(name) };
    PathBuf::from(OsStr::new(name.to_str().unwrap_or_default()))
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands us our own VFS, room for `szOsFile` bytes and a name that is null or ends with a zero; the
    // parameters of a URI lie behind the name of a database that was opened by one.
    unsafe {
        (*file).pMethods = ptr::null();
        let shared = (*vfs).pAppData.cast::<Shared>().cast_const();
        Arc::increment_strong_count(shared);
        let disk = Arc::from_raw(shared);
        let path = (!name.is_null()).then(|| path_of(name));
        let by_uri = flags & ffi::SQLITE_OPEN_URI != 0;
        let psow = !by_uri || ffi::sqlite3_uri_boolean(name, c"psow".as_ptr(), 1) != 0;
        match OpenFile::open(disk, path, flags, psow) {
            Ok(opened) => {
                file.cast::<OpenFile>().write(opened);
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
                ffi::SQLITE_OK
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands us our own VFS and a name that ends with a zero.
    let (disk, path) = unsafe { (disk_of(vfs), path_of(name)) };
    let mut state = disk.state();
    if state.file(&path).is_err() {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    if state.remove(&path).is_err() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    if sync_folder != 0 && state.sync_folder(folder_of(&path)).is_err() {
        return ffi::SQLITE_IOERR_DIR_FSYNC;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands us our own VFS, a name that ends with a zero, and room for the answer.
    let (disk, path) = unsafe { (disk_of(vfs), path_of(name)) };
    let state = disk.state();
    // An empty file does not exist: so says SQLite's own VFS for Unix.
    let is_there =
        state.file(&path).is_ok_and(|file| flags != ffi::SQLITE_ACCESS_EXISTS || !state.bytes(file).is_empty());
    // SAFETY: as above.
    unsafe { *answer = c_int::from(is_there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    len: c_int,
    full: *mut c_char,
) -> c_int {
    // SAFETY: `name` ends with a zero, and `full` has room for `len` bytes.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > usize::try_from(len).unwrap_or(0) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), full, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(vfs: *mut ffi::sqlite3_vfs, len: c_int, bytes: *mut c_char) -> c_int {
    // SAFETY: SQLite hands us our own VFS and room for `len` bytes.
    unsafe {
        let room = std::slice::from_raw_parts_mut(bytes.cast::<u8>(), usize::try_from(len).unwrap_or(0));
        disk_of(vfs).state().random.fill_bytes(room);
    }
    len
}

/// SQLite sleeps for another thread's sake, and that thread needs real time.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::sleep(std::time::Duration::from_micros(u64::try_from(microseconds).unwrap_or(0)));
    microseconds
}

/// Milliseconds from noon of 24 November 4714 BC, where Julian days begin, to 1970.
const JULIAN_1970: i64 = 210_866_760_000_000;

unsafe extern "C" fn current_time_ms(vfs: *mut ffi::sqlite3_vfs, now: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite hands us our own VFS and room for the answer.
    unsafe { *now = JULIAN_1970 + disk_of(vfs).state().now().as_millis() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, now: *mut c_double) -> c_int {
    const DAY: f64 = 86_400_000.0;
    let mut ms = 0;
    // SAFETY: SQLite hands us our own VFS and room for the answer.
    unsafe {
        current_time_ms(vfs, &raw mut ms);
        #[allow(clippy::cast_precision_loss)] // Days are all that is wanted.
        let days = ms as f64 / DAY;
        *now = days;
    }
    ffi::SQLITE_OK
}

const unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// A pointer of SQLite's to nothing in particular.
type Anything = *mut c_void;
