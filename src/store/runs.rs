//! The last run of each transfer: kept beside the log of answers, so that what was recorded is there after a restart.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};

use super::{progress, recording};
use crate::model::{Recording, TransferSpec};

/// So many are kept; older ones are removed.
const MOST: usize = 32;
/// A recording of more calls is not kept: reading it would take longer than making it.
const MOST_CALLS: usize = 40_000;

/// `runs`, in the directory of the log.
fn directory() -> Result<PathBuf> {
    let log = progress::path()?;
    Ok(log.with_file_name("runs"))
}

fn name(spec: &TransferSpec) -> String {
    let TransferSpec {
        method,
        to,
        cache,
        size,
        chunk,
        pipe_size,
    } = spec;
    let pipe = pipe_size.map_or(String::new(), |pipe| format!("-{}", pipe.typed()));
    let (size, chunk) = (size.typed(), chunk.typed());
    format!("{method}-to-{to}-{cache}-{size}-{chunk}{pipe}.jsonl")
}

/// Keeps a run in the place of the last one of the same transfer.
///
/// # Errors
/// One line: there is no state directory, or it cannot be written.
pub(crate) fn keep(run: &Recording) -> Result<()> {
    let calls = run.trace.as_ref().map_or(0, |trace| trace.calls.len());
    if calls == 0 || calls > MOST_CALLS {
        return Ok(());
    }
    let dir = directory()?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
    made.with_context(|| format!("cannot make {}", dir.display()))?;
    recording::save(&dir.join(name(&run.spec)), run)?;
    for (_, old) in files(&dir).into_iter().rev().skip(MOST) {
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// The runs that are kept, the newest last. What cannot be read is left out: it can be run again.
pub(crate) fn all() -> Vec<Recording> {
    let Ok(dir) = directory() else {
        return Vec::new();
    };
    let newest = files(&dir).into_iter();
    newest
        .filter_map(|(_, path)| recording::load(&path).ok())
        .collect()
}

/// The files of a directory by the time of their last change.
fn files(dir: &Path) -> Vec<(SystemTime, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "jsonl"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    files
}
