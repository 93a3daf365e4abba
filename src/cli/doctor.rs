//! `zclab doctor`: what this machine allows, and why not.

use std::process::ExitCode;

use anyhow::bail;

/// What this machine allows, and why not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab doctor
  zclab doctor --json")]
pub struct Args {
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// Tries each instrument and prints what came of it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("doctor is not built yet")
}
