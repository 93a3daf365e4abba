//! `zclab __transfer`, hidden: the sending process of an experiment. It runs by itself too, so that strace can be
//! pointed at it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};

use super::run::{chunk, pipe_of, pipe_size, sink_of};
use crate::endpoint::Drain;
use crate::experiment::{self, Input, Order};
use crate::model::{Cache, Method, Sink, Size, TransferSpec};

/// The sending process of an experiment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The way
    pub method: Method,
    /// What to write to
    #[arg(long, value_name = "SINK")]
    pub to: Option<Sink>,
    /// How much
    #[arg(long)]
    pub size: Option<Size>,
    /// How much at most a call
    #[arg(long, default_value = "64KiB", value_parser = chunk)]
    pub chunk: Size,
    /// Send this file
    #[arg(long, value_name = "PATH", conflicts_with = "stdin_source")]
    pub file: Option<PathBuf>,
    /// Send the file that is standard input
    #[arg(long)]
    pub stdin_source: bool,
    /// How much the pipe on the way is to hold
    #[arg(long, value_name = "SIZE", value_parser = pipe_size)]
    pub pipe_size: Option<Size>,
    /// Drop the source from the page cache first
    #[arg(long)]
    pub cold: bool,
    /// hash or discard
    #[arg(long, default_value = "hash")]
    pub receiver: Drain,
    /// The CPUs of the receiver: 0,1,2
    #[arg(long, value_name = "LIST")]
    pub receiver_cpus: Option<String>,
    /// Where generated files lie
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// Transfers, and reports one JSON line.
pub fn run(args: Args) -> Result<ExitCode> {
    let to = sink_of(args.method, args.to);
    let size = match (&args.file, args.size) {
        (Some(file), None) => experiment::file_size(file)?,
        (_, size) => size.unwrap_or(Size(Size::MIB)),
    };
    let input = match args.file {
        Some(file) => Input::File(file),
        None if args.stdin_source => {
            // Driven by an experiment: not to outlive it.
            nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
                .context("cannot ask to end with the parent")?;
            Input::StandardInput
        }
        None => Input::Generated,
    };
    let report = experiment::send(&Order {
        spec: TransferSpec {
            method: args.method,
            to,
            size,
            chunk: args.chunk,
            cache: if args.cold { Cache::Cold } else { Cache::Warm },
            pipe_size: pipe_of(args.method, to, args.pipe_size),
        },
        input,
        drain: args.receiver,
        dir: args.dir,
        receiver_cpus: args.receiver_cpus,
    })?;
    super::print(&(serde_json::to_string(&report)? + "\n"))?;
    Ok(ExitCode::SUCCESS)
}
