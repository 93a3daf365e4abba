//! `zclab __transfer`: the sending process of an experiment. It runs by itself too, so that strace can be pointed at it.

use anyhow::Result;

use crate::cli::options::TransferOptions;
use crate::endpoint::Drain;
use crate::experiment::{self, Input, Order};

/// The sending process of an experiment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    transfer: TransferOptions,
    /// Send the file that is standard input
    #[arg(long, conflicts_with = "file")]
    stdin_source: bool,
    /// hash or discard
    #[arg(long, default_value = "hash")]
    receiver: Drain,
    /// The CPUs of the receiver: 0,1,2
    #[arg(long, value_name = "LIST")]
    receiver_cpus: Option<String>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let spec = args.transfer.spec()?;
    let input = match args.transfer.file {
        Some(file) => Input::File(file),
        None if args.stdin_source => {
            super::end_with_parent()?;
            Input::Stdin
        }
        None => Input::Generated,
    };
    let report = experiment::send(&Order {
        spec,
        input,
        drain: args.receiver,
        dir: args.transfer.scratch.dir,
        receiver_cpus: args.receiver_cpus,
    })?;
    super::report(&report)
}
