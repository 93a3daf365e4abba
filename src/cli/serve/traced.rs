//! `zclab serve --trace`: the same command, run once more under the tracer.

use std::{
    collections::BTreeMap, fmt::Write, fs::File, io::PipeReader, io::PipeWriter, process::ExitCode,
    thread,
};

use anyhow::{Context, bail};

use super::Args;
use crate::cli::{end_with, print};
use crate::copypath::CopyTracker;
use crate::experiment::request;
use crate::host;
use crate::model::{CallState, Exit, Recording, ServePlan, Size, Trace, grouped};
use crate::serve::event_loop::Stop;
use crate::store;
use crate::syscall::{Style, format_call};
use crate::tracer::{self, Cancel, Options, Program};

/// Runs this very command under the tracer, shows its calls, and at the end what they come to.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let stop = Stop::on_signals().context("cannot catch signals")?;
    // The server ends when this end of the pipe is closed: nobody has to know its process id.
    let (input, keep): (PipeReader, PipeWriter) = std::io::pipe().context("cannot make a pipe")?;
    let program = Program {
        streams: [Some(input.into()), None, None],
        ..Program::from(&args.traced_server())
    };
    let wait = move || {
        stop.wait();
        drop(keep);
    };
    let waiting = thread::Builder::new().spawn(wait);
    waiting.context("cannot start a thread")?;
    let options = Options {
        all: true,
        follow: false,
        between_markers: true,
        ..Options::default()
    };
    let mut shown = Shown::default();
    let done = tracer::record(program, &options, &Cancel::new(), &mut |trace| {
        shown.go_on(trace);
    });
    let recorded = done.context("cannot trace the server")?;
    shown.go_on(&recorded.trace);
    match recorded.ended {
        Exit::Code(0) => {
            print(&shown.summary(&recorded.trace))?;
            if let Some(file) = &args.save {
                store::recording::save(file, &recording(args, recorded.trace)?)?;
            }
            Ok(())
        }
        // It has said why itself.
        Exit::Code(code) => end_with(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Exit::Signal(signal) => bail!("the server was ended by {signal}"),
    }
}

/// All that the server did, with the bodies that it sent as the bytes of it.
fn recording(args: &Args, trace: Trace) -> anyhow::Result<Recording> {
    let plan = |size| ServePlan {
        method: args.method,
        size,
    };
    let mut recording = request::recording(plan(Size(0)).spec(), trace);
    recording.spec = plan(Size(recording.outcome.bytes_moved)).spec();
    recording.outcome.file_system = host::file_system(File::open(&args.dir)?);
    Ok(recording)
}

/// What has been shown of a trace that grows, and what its calls moved.
#[derive(Default)]
struct Shown {
    calls: usize,
    tracker: CopyTracker,
    /// Bytes, by from, to and how.
    moved: BTreeMap<(&'static str, &'static str, &'static str), u64>,
    closed: bool,
}

impl Shown {
    /// Shows the calls that have returned since.
    fn go_on(&mut self, trace: &Trace) {
        let mut lines = String::new();
        while let Some(call) = trace.calls.get(self.calls) {
            if call.state == CallState::Unfinished {
                break;
            }
            self.calls += 1;
            lines += &format_call(trace, call, Style::Full);
            if let Some(hop) = self.tracker.hop(trace, call) {
                let (from, to, how) = (hop.from.name(), hop.to.name(), hop.how.name());
                *self.moved.entry((from, to, how)).or_default() += hop.bytes;
                let _ = write!(lines, "   {from} > {to}: {how}");
            }
            lines.push('\n');
        }
        // Nobody looks any more: the server goes on all the same.
        self.closed = self.closed || print(&lines).is_err();
    }

    /// The calls by name, and the bytes by their way.
    fn summary(&self, trace: &Trace) -> String {
        let mut text = format!("\n{} calls traced\n", grouped(self.calls as u64));
        for (name, count) in trace.calls_by_name() {
            let _ = writeln!(text, "  {name:<16}{:>12}", grouped(count));
        }
        if !self.moved.is_empty() {
            text += "bytes moved\n";
        }
        for ((from, to, how), bytes) in &self.moved {
            let way = format!("{from} > {to}");
            let _ = writeln!(text, "  {way:<30}{how:<10}{:>16}", grouped(*bytes));
        }
        text
    }
}
