//! `zclab __error NAME`, hidden: an error experiment in a process of its own.

use std::{path::PathBuf, process::ExitCode};

use crate::experiment::errors::{Setting, process};

/// An error experiment, here; it may end this process by a signal.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The experiment
    pub name: String,
    /// Where its files lie
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// Runs the experiment and prints what it saw as one line of JSON.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    process::here(&args.name, &Setting::find(args.dir.as_deref())?)?;
    Ok(ExitCode::SUCCESS)
}
