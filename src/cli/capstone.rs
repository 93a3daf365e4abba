//! `zclab capstone [DIR]`: hands out the starting code of the course's last task.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use anyhow::Context;

use crate::embedded;
use crate::model::visible_name;

/// A slow static server to take the copies out of, and its checker.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab capstone                          server.c, check.sh and README.md into ./capstone
  zclab capstone ~/homework/zero-copy
  cd capstone && ./check.sh 2             at most 2 CPU copies per byte: the first rung")]
pub(crate) struct Args {
    /// Where to put the files; made if it is not there
    #[arg(default_value = "capstone")]
    pub(crate) dir: PathBuf,
}

/// Writes the files. One that is there already is never overwritten: it may hold a student's work.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let dir = &args.dir;
    let refused = || format!("cannot hand out the capstone in {}", visible_name(dir));
    DirBuilder::new()
        .recursive(true)
        .create(dir)
        .with_context(refused)?;
    let files = embedded::capstone();
    let there = |name: &&str| dir.join(name).symlink_metadata().is_ok();
    let kept: Vec<&str> = files.iter().map(|(name, _)| *name).filter(there).collect();
    anyhow::ensure!(
        kept.is_empty(),
        "{}: it has {}, and work is never overwritten: name another directory",
        refused(),
        kept.join(", ")
    );
    for (name, text) in files {
        let mode = if name.ends_with(".sh") { 0o777 } else { 0o666 };
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(dir.join(name))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{}: {name}", refused()))?;
    }
    super::print(&format!(
        "{}: begin with README.md, change server.c, run ./check.sh\n",
        visible_name(dir)
    ))
}
