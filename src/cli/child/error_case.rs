//! `zclab __error NAME`: an error experiment in a process of its own.

use crate::cli::options::ScratchDir;
use crate::experiment::errors::{Setting, process};

/// An error experiment, here; it may end this process by a signal.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The experiment
    name: String,
    #[command(flatten)]
    scratch: ScratchDir,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    process::here(&args.name, &Setting::find(args.scratch.dir.as_deref())?)
}
