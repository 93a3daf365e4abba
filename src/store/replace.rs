//! Files that are there whole or not at all: written beside their place, then moved to it.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};

use crate::model::visible_name;

/// Whether a file can be saved there: asked before a program runs for hours.
///
/// # Errors
/// One line: there is no such directory, or it cannot be written.
pub(crate) fn can_save(path: &Path) -> Result<()> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    beside(&real)
        .map(drop)
        .with_context(|| format!("cannot save {}", visible_name(path)))
}

/// Replaces a file by what is written, whole or not at all.
///
/// # Errors
/// One line: the directory cannot be written, the disk is full.
pub(super) fn save(path: &Path, write: &dyn Fn(&File) -> Result<()>) -> Result<()> {
    replace(path, write).with_context(|| format!("cannot save {}", visible_name(path)))
}

/// The same of a text.
///
/// # Errors
/// As [`save`].
pub(crate) fn save_text(path: &Path, text: &str) -> Result<()> {
    save_bytes(path, text.as_bytes())
}

/// The same of bytes.
///
/// # Errors
/// As [`save`].
pub(crate) fn save_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    save(path, &|mut file| Ok(file.write_all(bytes)?))
}

fn replace(path: &Path, write: &dyn Fn(&File) -> Result<()>) -> Result<()> {
    // Behind a symbolic link the file is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some(file) = beside(&path)? else {
        return write(&super::open::write(&path)?);
    };
    write(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// A new file where this one is to be; none where it is a pipe or `/dev/stdout`, which are written as they are.
fn beside(path: &Path) -> Result<Option<tempfile::NamedTempFile>> {
    if fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir()) {
        return Ok(None);
    }
    ensure!(!path.is_dir(), "it is a directory");
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let file = tempfile::Builder::new()
        .prefix(".zclab-recording-")
        .permissions(fs::Permissions::from_mode(0o666)) // less what the umask takes
        .tempfile_in(&directory)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                anyhow!("there is no directory {}", visible_name(&directory))
            }
            _ => error.into(),
        })?;
    Ok(Some(file))
}
