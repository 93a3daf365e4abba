//! `zclab __receive`: the receiving process. Drains standard input and says what arrived.

use std::io;

use anyhow::{Context, Result};

use super::Cpus;
use crate::cli::print;
use crate::endpoint::{self, Drain};

/// The receiving process of an experiment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// hash or discard
    drain: Drain,
    /// Map the memory whose descriptor is passed, instead of reading
    #[arg(long)]
    maps: bool,
    #[command(flatten)]
    cpus: Cpus,
}

pub(crate) fn run(args: Args) -> Result<()> {
    args.cpus.take()?;
    print("ready\n")?;
    let received = match args.maps {
        true => endpoint::take_mapped(io::stdin(), args.drain),
        false => endpoint::drain(io::stdin(), args.drain),
    };
    super::report(&received.context("cannot receive")?)
}
