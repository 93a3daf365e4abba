//! Hidden commands: the processes that an experiment starts. Each is this program once more, and reports to its parent by
//! one line of JSON.

use std::{io, os::fd::AsFd, path::PathBuf};

use anyhow::{Context, Result};
use nix::sys::{prctl, signal::Signal};

use super::options::{ScratchDir, TransferOptions, chunk};
use super::print;
use crate::endpoint::{self, Drain};
use crate::experiment::errors::{Setting, process};
use crate::experiment::plan::{Load, PlannedTransfer, To};
use crate::experiment::{self, Input, repeated};
use crate::host;
use crate::model::{Method, Size};
use crate::runtime::{self, guard};
use crate::transfer::ktls_sendfile;

/// What such a process does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The sending process of an experiment: also runs by itself, for strace
    #[command(name = "__transfer", hide = true)]
    Transfer {
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
        /// Count what the kernel's own functions copy
        #[arg(long)]
        count_copies: bool,
    },
    /// A sending process that sends the file that is standard input again and again
    #[command(name = "__repeat", hide = true)]
    RepeatedTransfer {
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
    },
    /// The receiving process of an experiment: drains standard input and says what arrived
    #[command(name = "__receive", hide = true)]
    Receiver {
        /// hash or discard
        drain: Drain,
        /// Map the memory whose descriptor is passed, instead of reading
        #[arg(long)]
        maps: bool,
        /// Have the kernel decrypt what comes
        #[arg(long)]
        decrypts: bool,
        #[command(flatten)]
        cpus: Cpus,
    },
    /// The peer of an experiment that receives: sends standard input, a file, to standard output, a connection
    #[command(name = "__feed", hide = true)]
    SendingPeer {
        #[command(flatten)]
        cpus: Cpus,
    },
    /// Gives the terminal back when the course cannot
    #[command(name = guard::COMMAND, hide = true)]
    Guard {
        /// The terminal's modes before: input, output, control and local flags
        #[arg(num_args = 4)]
        modes: Vec<u32>,
    },
    /// An error experiment in a process of its own: it may end by a signal
    #[command(name = "__error", hide = true)]
    ErrorCase {
        /// The experiment
        name: String,
        #[command(flatten)]
        scratch: ScratchDir,
    },
}

pub(crate) fn run(command: Command) -> Result<()> {
    match command {
        Command::Guard { modes } => guard_terminal(modes),
        Command::Transfer {
            transfer,
            stdin_source,
            receiver,
            receiver_cpus,
            count_copies,
        } => report(&experiment::send(&experiment::Order {
            spec: transfer.spec()?,
            input: input(transfer.file, stdin_source)?,
            drain: receiver,
            dir: transfer.scratch.dir,
            receiver_cpus,
            count_copies,
        })?),
        Command::RepeatedTransfer {
            method,
            to,
            chunk,
            count,
            receiver_cpus,
            scratch,
        } => {
            end_with_parent()?;
            report(&repeated::send(&repeated::Order {
                planned: PlannedTransfer {
                    method,
                    to,
                    size: Size(0), // that of the file
                    chunk,
                    load: Load::InARow(count),
                },
                dir: &scratch.find()?.path,
                receiver_cpus: receiver_cpus.as_deref(),
            })?)
        }
        Command::Receiver {
            drain,
            maps,
            decrypts,
            cpus,
        } => {
            cpus.take()?;
            receive(drain, maps, decrypts)
        }
        Command::SendingPeer { cpus } => {
            cpus.take()?;
            endpoint::pass_on(io::stdin(), io::stdout()).context("cannot send")
        }
        Command::ErrorCase { name, scratch } => {
            process::here(&name, &Setting::find(scratch.dir.as_deref())?)
        }
    }
}

fn receive(drain: Drain, maps: bool, decrypts: bool) -> Result<()> {
    if decrypts {
        let decrypted = ktls_sendfile::decrypt(io::stdin().as_fd());
        decrypted.context("cannot give the socket its keys")?;
    }
    print("ready\n")?;
    let received = match maps {
        true => endpoint::take_mapped(io::stdin(), drain),
        false => endpoint::drain(io::stdin(), drain),
    };
    report(&received.context("cannot receive")?)
}

/// What is sent. Only the process of an experiment gets its source as standard input: it ends with its parent.
fn input(file: Option<PathBuf>, is_stdin: bool) -> Result<Input> {
    Ok(match file {
        Some(file) => Input::File(file),
        None if is_stdin => {
            end_with_parent()?;
            Input::Stdin
        }
        None => Input::Generated,
    })
}

fn guard_terminal(modes: Vec<u32>) -> Result<()> {
    let modes = modes.try_into();
    runtime::guard_terminal(modes.map_err(|_| anyhow::anyhow!("four numbers are needed"))?);
    Ok(())
}

/// Reports to the parent: one line of JSON.
fn report(what: &impl serde::Serialize) -> Result<()> {
    print(&(serde_json::to_string(what)? + "\n"))
}

/// Driven by an experiment: not to outlive it.
fn end_with_parent() -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with the parent")
}

/// The CPUs of a process beside the one that is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Cpus {
    /// Run on these CPUs (0,1,2) whatever the process that started this one is pinned to
    #[arg(long, value_name = "LIST")]
    cpus: Option<String>,
}

impl Cpus {
    fn take(&self) -> Result<()> {
        match &self.cpus {
            Some(cpus) => {
                host::run_on(cpus).with_context(|| format!("cannot run on the CPUs {cpus}"))
            }
            None => Ok(()),
        }
    }
}

fn to(text: &str) -> Result<To, String> {
    match text {
        "/dev/null" => Ok(To::Null),
        name => name.parse().map(To::Sink),
    }
}
