//! `zclab replay FILE`: a saved recording.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;

use super::report::{self, Document};
use crate::store;

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

/// Reports a recording as `run` reported it.
pub fn run(args: Args) -> Result<ExitCode> {
    let recording = store::recording::load(&args.file)?;
    match args.json {
        true => super::print_json(&Document::of(&recording))?,
        false => super::print(&report::for_people(&recording))?,
    }
    Ok(ExitCode::SUCCESS)
}
