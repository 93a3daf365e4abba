//! `zclab replay FILE`: a saved recording.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;

/// A saved recording, played on a terminal or printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab run sendfile --save x.jsonl
  zclab replay x.jsonl                    the player
  zclab replay x.jsonl --json             its figures")]
pub struct Args {
    /// The recording, made by run --save
    pub file: PathBuf,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// Replays a recording.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("replay is not built yet")
}
