//! `zclab __feed`, hidden: the peer of a transfer that receives. Sends standard input, a file, to standard output, a
//! connection.

use std::{io, process::ExitCode};

use anyhow::{Context, Result};

use crate::{endpoint, host};

/// The peer of an experiment that receives.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run on these CPUs (0,1,2) whatever the receiver is pinned to
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<String>,
}

/// Sends standard input.
pub fn run(args: Args) -> Result<ExitCode> {
    if let Some(cpus) = &args.cpus {
        host::run_on(cpus).with_context(|| format!("cannot run on the CPUs {cpus}"))?;
    }
    endpoint::pass_on(io::stdin(), io::stdout()).context("cannot send")?;
    Ok(ExitCode::SUCCESS)
}
