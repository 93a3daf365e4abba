//! `zclab __repeat`, hidden: sends the file that is standard input many times, in one process.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};

use super::run::chunk;
use crate::experiment::comparison::{Entry, Load, To};
use crate::experiment::repeated::{self, Order};
use crate::host;
use crate::model::{Method, Size};

/// The sending process of a comparison.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// read-write, mmap-write or sendfile
    pub method: Method,
    /// A sink, or /dev/null
    #[arg(long, value_name = "SINK", value_parser = to)]
    pub to: To,
    /// How much at most a call
    #[arg(long, default_value = "64KiB", value_parser = chunk)]
    pub chunk: Size,
    /// How many times
    #[arg(long, default_value_t = 1)]
    pub count: u32,
    /// The CPUs of the receiver: 0,1,2
    #[arg(long, value_name = "LIST")]
    pub receiver_cpus: Option<String>,
    /// Where a file sink lies
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

fn to(text: &str) -> Result<To, String> {
    match text {
        "/dev/null" => Ok(To::Null),
        name => name.parse().map(To::Sink),
    }
}

/// Transfers, and reports one JSON line.
pub fn run(args: Args) -> Result<ExitCode> {
    // Driven by an experiment: not to outlive it.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
        .context("cannot ask to end with the parent")?;
    let dir = host::scratch_directory(args.dir.as_deref())?;
    let said = repeated::send(&Order {
        entry: Entry {
            method: args.method,
            to: args.to,
            size: Size(0), // that of the file
            chunk: args.chunk,
            load: Load::InARow(args.count),
        },
        count: args.count,
        dir: &dir.path,
        receiver_cpus: args.receiver_cpus.as_deref(),
    })?;
    super::print(&(serde_json::to_string(&said)? + "\n"))?;
    Ok(ExitCode::SUCCESS)
}
