//! Where generated sources and file sinks lie: not in /tmp if it can be helped, which often is tmpfs, where a cold
//! cache and O_DIRECT mean nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use etcetera::BaseStrategy;
use nix::unistd::{AccessFlags, eaccess};

use crate::model::visible_name;

/// A directory that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The directory.
    pub path: PathBuf,
    /// Why it is not the usual one, if it is not.
    pub note: Option<String>,
}

/// The directory that was asked for, else the cache directory (`$XDG_CACHE_HOME/zclab`, made where it is missing),
/// else one for temporary files: `/var/tmp`, which lies on a disk on most systems, if that can be written, or `$TMPDIR`.
///
/// # Errors
/// It is missing, no directory, or cannot be written.
pub fn scratch_directory(asked: Option<&Path>) -> Result<Directory> {
    if let Some(asked) = asked {
        return writable(asked).map(|()| Directory {
            path: asked.to_owned(),
            note: None,
        });
    }
    match cache_directory() {
        Ok(path) => Ok(Directory { path, note: None }),
        Err(why) => {
            let on_disk = PathBuf::from("/var/tmp");
            let path = match std::env::var_os("TMPDIR") {
                None if writable(&on_disk).is_ok() => on_disk,
                _ => std::env::temp_dir(),
            };
            writable(&path)?;
            let note = format!("{why:#}: files lie in {} instead", visible_name(&path));
            Ok(Directory {
                path,
                note: Some(note),
            })
        }
    }
}

fn cache_directory() -> Result<PathBuf> {
    let base = etcetera::base_strategy::Xdg::new().context("there is no home directory")?;
    let path = base.cache_dir().join("zclab");
    fs::create_dir_all(&path).with_context(|| format!("cannot make {}", visible_name(&path)))?;
    writable(&path)?;
    Ok(path)
}

fn writable(path: &Path) -> Result<()> {
    let failed = || format!("cannot use the directory {}", visible_name(path));
    let found = fs::metadata(path).with_context(failed)?;
    ensure!(found.is_dir(), "{}: it is not a directory", failed());
    let needed = AccessFlags::W_OK | AccessFlags::X_OK;
    eaccess(path, needed).with_context(failed)
}
