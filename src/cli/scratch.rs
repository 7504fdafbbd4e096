//! A folder beside the database for work that leaves nothing behind, gone with whoever made it.

use std::fs;
use std::path::{Path, PathBuf};

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;

use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};

/// A folder that is removed when this is dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one on the disk of the database, where there must be room for a copy anyway.
    pub fn beside(place: &Place) -> Result<Self> {
        let folder = place.folder().join(format!(".neo-scratch-{}", std::process::id()));
        RealDisk.create_folder(&folder).wrap_err_with(|| {
            format!("cannot make the scratch folder {}; check who may write there", folder.display())
        })?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed bears a name that says what it is.
        let _ = fs::remove_dir_all(&self.0);
    }
}
