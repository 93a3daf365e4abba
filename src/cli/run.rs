//! `zclab run METHOD`: one transfer, untraced for its counters and traced for its calls.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;

use super::progress::{Interrupt, Line};
use super::report::{self, Document};
use crate::experiment;
use crate::model::{Cache, Method, Recording, Sink, Size, TransferSpec};
use crate::store;
use crate::tracer::Cancel;

/// One transfer: untraced for time, CPU, faults and context switches; traced for its calls and copy path.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab run read-write
  zclab run mmap-write --to unix --size 16MiB --chunk 4KiB
  zclab run sendfile --to file --json
  zclab run sendfile --file /etc/services --cold
  zclab run splice --size 16MiB --chunk 1MiB --pipe-size 1MiB
  zclab run splice-receive --json         the receiving side: a peer sends
  zclab run sendfile --save x.jsonl       a recording for zclab replay")]
pub struct Args {
    /// read-write, mmap-write, sendfile, splice, copy-file-range, vmsplice, tee, send-zerocopy, uring-fixed,
    /// uring-send-zc, uring-splice, direct-send, shared-memory, recv-write or splice-receive
    pub method: Method,
    /// What to write to: tcp, unix, pipe or file [default: the method's first]
    #[arg(long, value_name = "SINK")]
    pub to: Option<Sink>,
    /// How much: 4096, 64KiB, 1MiB, 1GiB [default: 1MiB, or the size of --file]
    #[arg(long)]
    pub size: Option<Size>,
    /// How much at most a call
    #[arg(long, default_value = "64KiB", value_parser = chunk)]
    pub chunk: Size,
    /// Send this file instead of a generated one
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    /// Where generated sources and file sinks lie [default: the cache directory]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// How much the pipe on the way is to hold (splice, vmsplice, tee, or a sink that is a pipe) [default: the system's]
    #[arg(long, value_name = "SIZE", value_parser = pipe_size)]
    pub pipe_size: Option<Size>,
    /// Drop the source from the page cache first
    #[arg(long)]
    pub cold: bool,
    /// Save the recording
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// A chunk moves at least one byte.
pub(super) fn chunk(text: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err("a chunk of 0 bytes never moves anything: 1 is the least".to_owned()),
        size => Ok(size),
    }
}

/// A pipe holds at least a page; `fcntl(2)` takes an int.
pub(super) fn pipe_size(text: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err("a pipe of 0 bytes holds nothing".to_owned()),
        size if size.bytes() > i32::MAX as u64 => Err("no pipe is larger than 2GiB".to_owned()),
        size => Ok(size),
    }
}

/// Runs the transfer twice and reports.
pub fn run(args: Args) -> Result<ExitCode> {
    let to = sink_of(args.method, args.to);
    let spec = TransferSpec {
        method: args.method,
        to,
        size: match (args.size, &args.file) {
            (Some(size), _) => size,
            (None, Some(file)) => experiment::file_size(file)?,
            (None, None) => Size(Size::MIB),
        },
        chunk: args.chunk,
        cache: if args.cold { Cache::Cold } else { Cache::Warm },
        pipe_size: pipe_of(args.method, to, args.pipe_size),
    };
    let source = experiment::Source {
        file: args.file,
        dir: args.dir,
    };
    let recording = recorded(&spec, &source)?;
    for missing in &recording.unavailable {
        super::warn(&format!(
            "not available: {}: {}",
            missing.instrument, missing.reason
        ));
    }
    if let Some(file) = &args.save {
        store::recording::save(file, &recording)?;
    }
    match args.json {
        true => super::print_json(&Document::of(&recording))?,
        false => super::print(&report::for_people(&recording))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The run, with its progress shown, and Ctrl-C heard.
fn recorded(spec: &TransferSpec, source: &experiment::Source) -> Result<Recording> {
    let cancel = Cancel::new();
    let interrupt = Interrupt::cancels(&cancel)?;
    let mut line = Line::new();
    let recording = experiment::run(spec, source, &cancel, &mut |progress| line.show(progress));
    line.clear();
    if recording.is_err() {
        interrupt.end_if_cancelled();
    }
    recording
}

/// The sink that was asked for, or the method's first. A sink that the method has not is a usage error.
pub(super) fn sink_of(method: Method, asked: Option<Sink>) -> Sink {
    let sinks = method.sinks();
    let sink = asked.unwrap_or(sinks[0]);
    if !sinks.contains(&sink) {
        let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
        super::usage(&format!(
            "{method} cannot write to {sink}: it writes to {}",
            names.join(", ")
        ));
    }
    sink
}

/// The size of the pipe on the way. Without a pipe it is a usage error.
pub(super) fn pipe_of(method: Method, to: Sink, asked: Option<Size>) -> Option<Size> {
    if asked.is_some() && to != Sink::Pipe && !method.has_pipe(to) {
        super::usage(&format!(
            "{method} to {to} has no pipe on the way: --pipe-size means nothing"
        ));
    }
    asked
}
