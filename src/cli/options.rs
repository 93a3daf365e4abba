//! Options that several commands have, and sizes as they are typed.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::endpoint;
use crate::host::{self, Directory};
use crate::model::{Cache, Method, Sink, Size, TransferSpec};

/// Where a command's own files lie.
#[derive(Debug, clap::Args)]
pub(crate) struct ScratchDir {
    /// Where generated sources and file sinks lie [default: the cache directory]
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
}

impl ScratchDir {
    pub(crate) fn find(&self) -> Result<Directory> {
        host::scratch_directory(self.dir.as_deref())
    }

    /// The directory. Standard error says so where it is not the usual one.
    pub(crate) fn open(&self) -> Result<PathBuf> {
        let found = self.find()?;
        if let Some(note) = &found.note {
            super::warn(note);
        }
        Ok(found.path)
    }
}

/// One transfer.
#[derive(Debug, clap::Args)]
pub(crate) struct TransferOptions {
    #[arg(help = methods())]
    pub(crate) method: Method,
    #[arg(long, value_name = "SINK", help = sinks("[default: the method's first]"))]
    pub(crate) to: Option<Sink>,
    /// How much: 4096, 64KiB, 1MiB, 1GiB [default: 1MiB, or the size of --file]
    #[arg(long)]
    pub(crate) size: Option<Size>,
    /// How much at most a call
    #[arg(long, default_value = "64KiB", value_parser = chunk)]
    pub(crate) chunk: Size,
    /// Send this file instead of a generated one
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scratch: ScratchDir,
    /// How much the pipe on the way is to hold (splice, vmsplice, tee, or a sink that is a pipe) [default: the system's]
    #[arg(long, value_name = "SIZE", value_parser = pipe_size)]
    pub(crate) pipe_size: Option<Size>,
    /// Drop the source from the page cache first
    #[arg(long)]
    pub(crate) cold: bool,
}

impl TransferOptions {
    /// What is asked for. A sink that the method has not, or a pipe's size where there is none, is a usage error.
    pub(crate) fn spec(&self) -> Result<TransferSpec> {
        let method = self.method;
        let sinks = method.sinks();
        let to = self.to.unwrap_or(sinks[0]);
        if !sinks.contains(&to) {
            super::usage(&format!(
                "{method} cannot write to {to}: it writes to {}",
                Sink::names(sinks)
            ));
        }
        if self.pipe_size.is_some() && to != Sink::Pipe && !method.has_pipe(to) {
            super::usage(&format!(
                "{method} to {to} has no pipe on the way: --pipe-size means nothing"
            ));
        }
        Ok(TransferSpec {
            method,
            to,
            size: match (self.size, &self.file) {
                (Some(size), _) => size,
                (None, Some(file)) => endpoint::file_size(file).map(Size)?,
                (None, None) => Size(Size::MIB),
            },
            chunk: self.chunk,
            cache: if self.cold { Cache::Cold } else { Cache::Warm },
            pipe_size: self.pipe_size,
        })
    }
}

/// Help for a sink that is asked for: the sinks that there are, and what else is to be said.
pub(crate) fn sinks(more: &str) -> String {
    format!("What to write to: {} {more}", Sink::names(&Sink::ALL))
}

/// The methods: `read-write, mmap-write, ... or splice-receive`.
fn methods() -> String {
    let [first @ .., last] = Method::ALL.map(Method::name);
    format!("{} or {last}", first.join(", "))
}

/// One of these values by its name; each with what is said of it in the help.
pub(super) fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    values: [(&'static str, &'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let named = values.map(|(name, help, _)| {
        PossibleValue::new(name).help(Some(help).filter(|help| !help.is_empty()))
    });
    PossibleValuesParser::new(named).map(move |name| {
        let found = values.iter().find(|(known, ..)| *known == name);
        found.expect("clap knows no other").2
    })
}

/// A size of at least one byte; `why` says what 0 bytes would come to.
pub(crate) fn at_least_one(text: &str, why: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err(format!("{why}: 1 is the least")),
        size => Ok(size),
    }
}

/// A chunk moves at least one byte.
pub(crate) fn chunk(text: &str) -> Result<Size, String> {
    at_least_one(text, "a chunk of 0 bytes never moves anything")
}

/// A pipe holds at least a page; `fcntl(2)` takes an int.
fn pipe_size(text: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err("a pipe of 0 bytes holds nothing".to_owned()),
        size if size.bytes() > i32::MAX as u64 => Err("no pipe is larger than 2GiB".to_owned()),
        size => Ok(size),
    }
}

pub(crate) fn warn_of(unavailable: &[crate::model::Unavailable]) {
    for missing in unavailable {
        super::warn(&format!(
            "not available: {}: {}",
            missing.instrument, missing.reason
        ));
    }
}
