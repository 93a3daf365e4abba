//! `zclab check [DIR]`: the faults in lessons.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;

/// Find the faults in lessons: file, line, column, what is wrong, what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab check                             the built-in lessons
  zclab check lessons                     a directory of lessons")]
pub struct Args {
    /// A directory of lessons; without it, the built-in ones
    pub dir: Option<PathBuf>,
}

/// Checks lessons; exit code 1 if there is a fault.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("check is not built yet")
}
