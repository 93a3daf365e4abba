//! How the learner wants the screen to look: what was asked for last, for the next start of the program.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{progress, replace};

/// What is remembered. A file that is missing or damaged means the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Display {
    /// The name of a theme; none: it follows the terminal.
    pub(crate) theme: Option<String>,
    pub(crate) ascii: bool,
    pub(crate) reduced_motion: bool,
    pub(crate) no_mouse: bool,
}

/// `display.json`, in the directory of the log.
fn path() -> Result<PathBuf> {
    Ok(progress::path()?.with_file_name("display.json"))
}

pub(crate) fn load() -> Display {
    let text = path().ok().and_then(|path| fs::read_to_string(path).ok());
    let read = text.and_then(|text| serde_json::from_str(&text).ok());
    read.unwrap_or_default()
}

/// Changes what is remembered.
///
/// # Errors
/// One line: there is no state directory, or it cannot be written.
pub(crate) fn change(change: impl FnOnce(&mut Display)) -> Result<()> {
    let before = load();
    let mut now = before.clone();
    change(&mut now);
    if now == before {
        return Ok(());
    }
    let path = path()?;
    if let Some(dir) = path.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.with_context(|| format!("cannot make {}", dir.display()))?;
    }
    replace::save_text(&path, &(serde_json::to_string(&now)? + "\n"))
}
