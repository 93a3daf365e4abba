//! Tracing the program, as the options want it.

use std::{
    io::{self, IsTerminal},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use nix::unistd::Pid;

use super::Args;
use crate::experiment::copy_count::CopyCount;
use crate::experiment::flow_trace::{self, Meaning, Signals, Traced};
use crate::model::visible_name;
use crate::runtime;
use crate::tracer::{Handle, Leave, Options, Program, Subject};

/// How long the processes that a command leaves behind may take to end before they are said to be waited for.
const GRACE: Duration = Duration::from_millis(300);

/// Whether processes may be left behind under a filter.
pub(super) fn may_leave_guarded(args: &Args) -> bool {
    let is_filtered = args.pid.is_none() && !args.all;
    is_filtered && args.stop.ending().leave == Leave::Guarded
}

/// `front` is the process that passes signals on, where there is one.
pub(super) fn watch(args: &Args, front: Option<Pid>, signals: &Signals) -> Result<Traced> {
    let options = options(args)?;
    let handle = Handle::new(args.stop.ending());
    let meaning = match args.pid {
        Some(_) => Meaning::Enough,
        None => Meaning::PassedOn(front),
    };
    signals
        .attend(&handle, meaning, args.stop.time)
        .context("cannot attend to signals")?;
    let subject = match args.pid {
        Some(pid) => Subject::Process {
            pid,
            children: args.stop.children,
        },
        None => {
            say_what_is_waited_for(args, &handle).context("cannot start a thread")?;
            Subject::Program(Box::new(Program {
                command: args.command.clone(),
                mask: Some(*signals.before()),
                ..Program::default()
            }))
        }
    };
    let count = args.count_copies.then(CopyCount::of_program).transpose();
    let begun = count.as_ref().ok().and_then(Option::as_ref);
    let mut traced = flow_trace::trace(subject, &options, &handle, begun, &mut |_, _| {})?;
    if let Err(reason) = count {
        let note = format!("kernel-copies: nothing was counted: {reason}");
        traced.report.notes.push(note);
    }
    Ok(traced)
}

/// In a thread of its own, when the command has ended and processes that it made have not.
fn say_what_is_waited_for(args: &Args, handle: &Handle) -> io::Result<()> {
    let name = args.command.first().map(visible_name).unwrap_or_default();
    let handle = handle.clone();
    thread::Builder::new().spawn(move || {
        if let Some(left) = handle.left_behind(GRACE) {
            let (processes, them) = match left {
                1 => ("1 process".to_owned(), "it"),
                left => (format!("{left} processes"), "them"),
            };
            super::super::warn(&format!(
                "{name} has ended; waiting for {processes} left behind (Ctrl-C leaves {them} running and reports)"
            ));
        }
    })?;
    Ok(())
}

/// The same, on the screen.
pub(super) fn live(args: &Args) -> Result<Traced> {
    anyhow::ensure!(
        io::stdin().is_terminal() && io::stdout().is_terminal(),
        "--live needs a terminal"
    );
    let report = runtime::trace(args.command.clone(), options(args)?, args.display.options())?;
    Ok(Traced {
        report,
        guard: None,
    })
}

fn options(args: &Args) -> Result<Options> {
    Ok(Options {
        all: args.all,
        cpu: match args.pin {
            true => Some(first_cpu()?),
            false => None,
        },
        keep: Some(args.keep),
        ..Options::default()
    })
}

/// The first CPU that this process may use.
fn first_cpu() -> Result<usize> {
    let set = nix::sched::sched_getaffinity(Pid::from_raw(0))?;
    let mut cpus = 0..nix::sched::CpuSet::count();
    cpus.find(|cpu| set.is_set(*cpu).unwrap_or(false))
        .context("no CPU is allowed")
}
