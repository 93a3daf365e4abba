//! Hidden commands: the processes that an experiment starts. Each is this program once more.

use anyhow::{Context, Result};
use nix::sys::{prctl, signal::Signal};

use crate::host;

mod error_case;
mod receiver;
mod repeated_transfer;
mod sending_peer;
mod transfer;

/// What such a process does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The sending process of an experiment: also runs by itself, for strace
    #[command(name = "__transfer", hide = true)]
    Transfer(transfer::Args),
    /// A sending process that sends the same again and again
    #[command(name = "__repeat", hide = true)]
    RepeatedTransfer(repeated_transfer::Args),
    /// The receiving process of an experiment
    #[command(name = "__receive", hide = true)]
    Receiver(receiver::Args),
    /// The peer of an experiment that receives
    #[command(name = "__feed", hide = true)]
    SendingPeer(sending_peer::Args),
    /// An error experiment in a process of its own: it may end by a signal
    #[command(name = "__error", hide = true)]
    ErrorCase(error_case::Args),
}

pub(crate) fn run(command: Command) -> Result<()> {
    match command {
        Command::Transfer(args) => transfer::run(args),
        Command::RepeatedTransfer(args) => repeated_transfer::run(args),
        Command::Receiver(args) => receiver::run(args),
        Command::SendingPeer(args) => sending_peer::run(args),
        Command::ErrorCase(args) => error_case::run(args),
    }
}

/// Reports to the parent: one line of JSON.
fn report(what: &impl serde::Serialize) -> Result<()> {
    super::print(&(serde_json::to_string(what)? + "\n"))
}

/// Driven by an experiment: not to outlive it.
fn end_with_parent() -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with the parent")
}

/// The CPUs of a process beside the one that is measured.
#[derive(Debug, clap::Args)]
struct Cpus {
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
