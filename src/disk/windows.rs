//! What the standard library does not offer on Windows: a lock on one far byte, and where a path really lies.
#![allow(unsafe_code)] // Four calls into the system, each with its reason beside it; nothing else here is unsafe.

use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_READ, FILE_SHARE_WRITE, GetDiskFreeSpaceExW, GetDriveTypeW, GetVolumePathNameW, LOCKFILE_EXCLUSIVE_LOCK,
    LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// Locks are mandatory here, so the text at the beginning of the file stays readable only if the lock lies elsewhere.
pub(super) const FAR: u32 = 0x7fff_ffff;

/// What others may do with a file that must not lose its name while it is open.
pub(super) const ALL_BUT_REMOVE: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE;

/// `DRIVE_REMOTE`, which windows-sys keeps under a feature of its own.
const DRIVE_REMOTE: u32 = 4;

/// Locks the far byte of a file; `false` if somebody else has.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    let mut place = OVERLAPPED::default();
    place.Anonymous.Anonymous.Offset = FAR;
    let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    // SAFETY: the handle is open for as long as `file` is borrowed, and the file was not opened for overlapped
    // operations, so that the system is done with `place` when the call returns.
    let locked = unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut place) };
    if locked != 0 {
        return Ok(true);
    }
    let failure = io::Error::last_os_error();
    if is_code(&failure, ERROR_LOCK_VIOLATION) || is_code(&failure, ERROR_IO_PENDING) {
        Ok(false)
    } else {
        Err(failure)
    }
}

/// Whether an operation failed because somebody has the file open.
pub(super) fn is_in_use(failure: &io::Error) -> bool {
    failure.kind() == io::ErrorKind::PermissionDenied
        || is_code(failure, ERROR_SHARING_VIOLATION)
        || is_code(failure, ERROR_LOCK_VIOLATION)
}

/// Whether an operation failed because another process has locked those bytes.
pub(super) fn is_locked(failure: &io::Error) -> bool {
    is_code(failure, ERROR_LOCK_VIOLATION)
}

/// Whether a path lies on another machine.
pub(super) fn is_remote(path: &Path) -> io::Result<bool> {
    const LONGEST: u32 = 32_768;
    let path = wide(path);
    let mut volume = vec![0_u16; LONGEST as usize];
    // SAFETY: `path` ends with a zero, and `volume` has room for as many units as is said.
    if unsafe { GetVolumePathNameW(path.as_ptr(), volume.as_mut_ptr(), LONGEST) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call before succeeded, so `volume` ends with a zero.
    Ok(unsafe { GetDriveTypeW(volume.as_ptr()) } == DRIVE_REMOTE)
}

/// How many bytes we may still write into a folder.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let folder = wide(folder);
    let mut free = 0_u64;
    let unwanted = std::ptr::null_mut();
    // SAFETY: `folder` ends with a zero, `free` is ours, and the other two may be null by the call's own contract.
    let known = unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut free, unwanted, unwanted) };
    if known == 0 { Err(io::Error::last_os_error()) } else { Ok(free) }
}

fn is_code(failure: &io::Error, code: u32) -> bool {
    failure.raw_os_error().is_some_and(|found| found.cast_unsigned() == code)
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain(Some(0)).collect()
}
