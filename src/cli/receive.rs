//! `zclab __receive`, hidden: the receiving process. Drains standard input and says what arrived.

use std::{io, process::ExitCode};

use anyhow::{Context, Result};

use crate::endpoint::{self, Drain};
use crate::host;

/// The receiving process of an experiment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// hash or discard
    pub drain: Drain,
    /// Map the memory whose descriptor is passed, instead of reading
    #[arg(long)]
    pub maps: bool,
    /// Run on these CPUs (0,1,2) whatever the sender is pinned to
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<String>,
}

/// Drains standard input.
pub fn run(args: Args) -> Result<ExitCode> {
    if let Some(cpus) = &args.cpus {
        host::run_on(cpus).with_context(|| format!("cannot run on the CPUs {cpus}"))?;
    }
    super::print("ready\n")?;
    let received = match args.maps {
        true => endpoint::take_mapped(io::stdin(), args.drain),
        false => endpoint::drain(io::stdin(), args.drain),
    };
    let received = received.context("cannot receive")?;
    super::print(&(serde_json::to_string(&received)? + "\n"))?;
    Ok(ExitCode::SUCCESS)
}
