//! The disk as the journal and the vault see it.

use std::io;
use std::path::Path;

use super::MemoryDisk;
use super::state::FileId;
use crate::disk::{self, Disk, DiskFile, Kind, Look};

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    file: FileId,
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.state().create(Some(path))?;
        Ok(Box::new(MemoryFile { disk: self.clone(), file }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        let file = state.file(path)?;
        Ok(state.read(file)?.to_vec())
    }

    fn read_part(&self, path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        let file = state.file(path)?;
        let bytes = state.read(file)?;
        let from = index(offset)?.min(bytes.len());
        let to = from.saturating_add(len).min(bytes.len());
        Ok(bytes[from..to].to_vec())
    }

    fn look(&self, path: &Path) -> io::Result<Look> {
        let state = self.state();
        if state.folders.contains(path) {
            return Ok(Look { kind: Kind::Folder, bytes: 0, modified: None, id: None });
        }
        let file = state.file(path)?;
        let (bytes, modified) = (state.bytes(file).len() as u64, Some(state.written_at(file)));
        let id = Some(disk::FileId { device: 0, number: file.0 as u64 });
        Ok(Look { kind: Kind::File, bytes, modified, id })
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        let bytes = self.read(from)?;
        let mut copy = self.create(to)?;
        copy.write_at(0, &bytes)?;
        copy.sync_data()?;
        Ok(bytes.len() as u64)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let file = state.file(path)?;
        state.sync(file)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if !state.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.state().make_folder(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.state().sync_folder(folder)
    }

    fn free(&self, _folder: &Path) -> Option<u64> {
        self.state().free()
    }

    fn vfs(&self) -> Option<&str> {
        Some(self.0.vfs.name(&self.0))
    }
}

impl DiskFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.state().write(self.file, index(offset)?, bytes)
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.disk.state().bytes(self.file).len() as u64)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.disk.state().sync(self.file)
    }
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}
