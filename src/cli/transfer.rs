//! `zclab __transfer`, hidden: the sending process.

use std::process::ExitCode;

use anyhow::bail;

use crate::model::{Method, Size};

/// The sending process of an experiment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The way
    pub method: Method,
    /// How much
    #[arg(long, default_value = "1MiB")]
    pub size: Size,
}

/// Transfers, and reports one JSON line.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("transfer is not built yet")
}
