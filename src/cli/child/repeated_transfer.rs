//! `zclab __repeat`: sends the file that is standard input many times, in one process.

use anyhow::Result;

use crate::cli::options::{ScratchDir, chunk};
use crate::experiment::plan::{Load, PlannedTransfer, To};
use crate::experiment::repeated::{self, Order};
use crate::model::{Method, Size};

/// The sending process of a comparison.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The method
    method: Method,
    /// A sink, or /dev/null
    #[arg(long, value_name = "SINK", value_parser = to)]
    to: To,
    /// How much at most a call
    #[arg(long, default_value = "64KiB", value_parser = chunk)]
    chunk: Size,
    /// How many times
    #[arg(long, default_value_t = 1)]
    count: u32,
    /// The CPUs of the receiver: 0,1,2
    #[arg(long, value_name = "LIST")]
    receiver_cpus: Option<String>,
    #[command(flatten)]
    scratch: ScratchDir,
}

fn to(text: &str) -> Result<To, String> {
    match text {
        "/dev/null" => Ok(To::Null),
        name => name.parse().map(To::Sink),
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    super::end_with_parent()?;
    let said = repeated::send(&Order {
        entry: PlannedTransfer {
            method: args.method,
            to: args.to,
            size: Size(0), // that of the file
            chunk: args.chunk,
            load: Load::InARow(args.count),
        },
        dir: &args.scratch.find()?.path,
        receiver_cpus: args.receiver_cpus.as_deref(),
    })?;
    super::report(&said)
}
