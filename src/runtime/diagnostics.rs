//! `ZCLAB_LOG`: what the program does and decides, written to a file, for a bug report. Off by default.

use std::{env, fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::PathBuf};

use anyhow::{Context, anyhow};
use tracing::level_filters::LevelFilter;

use crate::model::visible_name;
use crate::store;

/// Begins to log, where the environment asks for it.
///
/// # Errors
/// One line: no such level, or the file cannot be written.
pub fn start() -> anyhow::Result<()> {
    let Some(level) = env::var_os("ZCLAB_LOG").filter(|level| !level.is_empty()) else {
        return Ok(());
    };
    let level = level.to_string_lossy();
    let level: LevelFilter = level.parse().map_err(|_| {
        anyhow!("ZCLAB_LOG: there is no level '{level}': error, warn, info, debug, trace, off")
    })?;
    if level == LevelFilter::OFF {
        return Ok(());
    }
    let path = match env::var_os("ZCLAB_LOG_FILE") {
        Some(path) => PathBuf::from(path),
        None => store::progress::path()?.with_file_name("trace.log"),
    };
    let failed = || format!("ZCLAB_LOG: cannot write {}", visible_name(&path));
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).with_context(failed)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .custom_flags(nix::libc::O_NONBLOCK) // a FIFO in its place is an error, not a wait
        .open(&path);
    let file = file.with_context(failed)?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(file);
    tracing::subscriber::set_global_default(subscriber.finish()).context("ZCLAB_LOG")?;
    let version = env!("CARGO_PKG_VERSION");
    let arguments: Vec<_> = env::args_os().collect();
    tracing::info!(pid = std::process::id(), version, ?arguments, "zclab");
    Ok(())
}
