//! `zclab __feed`: the peer of a transfer that receives. Sends standard input, a file, to standard output, a connection.

use std::io;

use anyhow::{Context, Result};

use super::Cpus;
use crate::endpoint;

/// The peer of an experiment that receives.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    cpus: Cpus,
}

pub(crate) fn run(args: Args) -> Result<()> {
    args.cpus.take()?;
    endpoint::pass_on(io::stdin(), io::stdout()).context("cannot send")
}
