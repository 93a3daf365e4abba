//! `zclab __receive`, hidden: the receiving process.

use std::process::ExitCode;

use anyhow::bail;

/// The receiving process of an experiment.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Drains standard input.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("receive is not built yet")
}
