//! `zclab trace -- CMD` and `zclab trace -p PID`: the copy path of any program.

mod document;
mod expect;
mod front;
mod report;
mod stop;
mod watch;

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};

use self::front::Side;
pub(crate) use self::{document::TraceDocument, report::for_people};
use super::{display_options, ink::Ink, pictures};
use crate::experiment::flow_trace::{Signals, Traced};
use crate::model::{Exit, TraceReport, visible_name};
use crate::tracer::Guard;
use crate::{runtime, store};

/// Any program's copy path: which bytes went from where to where, how often the CPU copied each, and what would save it.
///
/// All processes and threads are followed. The program's standard streams are its own; the report goes to standard
/// error, or to a file. The exit status is the program's: 128 and the signal's number where a signal ended it; 125 where
/// zclab itself failed. With --expect it is the answer: 0 if all hold, 1 if one does not. Processes that the command leaves
/// behind are waited for, until Ctrl-C or SIGTERM lets them run on; --leader does not wait.
///
/// What is written is joined to what was read by the addresses of the buffers, and that the bytes are still the same is
/// confirmed by their content: every byte of a read of up to 256 KiB; of a larger one six samples, and then a note says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab trace -- cp a b
  zclab trace -o report.txt -- sh -c 'cat a | gzip > b'
  zclab trace --json -o report.json -- ./server
  zclab trace -p 4711 --children --for 5s
  zclab trace --until-bytes 1GiB -- ./server
  zclab trace --svg flows.svg --chrome timeline.json -- ./server
  zclab trace --expect 'cpu_copies_per_byte < 1' -- ./server

Expectations compare numbers with < <= == != >= > and combine with && || !
+ - * / and parentheses:
  syscalls  mode_switches  processes  threads  calls.NAME  exit.code  exit.signal
  bytes  cpu_copied_bytes  cpu_copies_per_byte
      of the flows with both ends outside of the program
  flow(file, tcp).bytes  .calls  .calls.NAME  .cpu_copies_per_byte
      of the flows between such ends; any: of every kind
  unexplained.read_bytes  unexplained.written_bytes  hazards")]
pub(crate) struct Args {
    /// A program without `--` before it: taken, to say what to type.
    #[arg(hide = true, allow_hyphen_values = true)]
    without_dashes: Vec<OsString>,
    /// The program and its arguments
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
    /// Attach to a process that runs already, with all its threads; Ctrl-C leaves it running
    #[arg(short, long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) pid: Option<i32>,
    /// Write the report to this file instead of standard error
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop at every call, not only at those that move bytes or change descriptors and memory maps
    #[arg(long)]
    pub(crate) all: bool,
    /// Run program and tracer on one CPU: several times faster, but the program sees one CPU
    #[arg(long, conflicts_with = "pid")]
    pub(crate) pin: bool,
    /// Explore the flows on the screen while the program runs, on a terminal of its own
    #[arg(long, conflicts_with_all = ["pid", "json"])]
    pub(crate) live: bool,
    /// Keep at most so many calls; older ones are folded into the flows, which stay exact
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) keep: usize,
    /// Save the recording, for zclab replay
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Let the kernel's own functions count what they copy for the program (needs root, or CAP_BPF and CAP_PERFMON)
    #[arg(long, conflicts_with_all = ["pid", "live"])]
    pub(crate) count_copies: bool,
    /// End with exit status 3 where bytes were changed while the kernel still referred to them
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    pictures: pictures::Args,
    /// Fail (exit status 1) unless this holds
    #[arg(long, value_name = "EXPRESSION", value_parser = expect::parse)]
    pub(crate) expect: Vec<expect::Expectation>,
    #[command(flatten)]
    stop: stop::Args,
    #[command(flatten, next_help_heading = "The screen")]
    display: display_options::Args,
}

/// What the exit status is to tell of.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FailOn {
    /// Bytes that were changed while the kernel still referred to them.
    Hazard,
}

/// The exit status where there was what `--fail-on` names.
const FOUND: u8 = 3;

/// The exit status where zclab itself failed.
const FAILED: u8 = 125;

/// The exit status of a usage error, as clap has it.
const USAGE: u8 = 2;

/// What is wrong with the arguments together, and what to type instead: in one line.
fn usage_fault(args: &Args) -> Option<String> {
    let fault = match (&args.without_dashes[..], &args.command[..], args.pid) {
        ([], [], None) => "trace what? zclab trace -- PROGRAM, or zclab trace -p PID".to_owned(),
        ([], [_, ..], Some(_)) => {
            "-p PID attaches to a process that runs already: leave out -p PID, or the program after --"
                .to_owned()
        }
        ([], ..) => return None,
        ([option, ..], ..) if option.as_encoded_bytes().starts_with(b"-") => {
            let option = visible_name(option);
            format!("there is no option {option}: see zclab trace --help")
        }
        (words, more, _) => {
            let words = words.iter().chain(more).map(visible_name);
            let words: Vec<String> = words.collect();
            format!(
                "put -- before the program: zclab trace -- {}",
                words.join(" ")
            )
        }
    };
    Some(fault)
}

/// Watches, reports, and ends as the program did.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if let Some(fault) = usage_fault(&args) {
        super::warn(&fault);
        return Ok(ExitCode::from(USAGE));
    }
    let done = trace(&args);
    Ok(ExitCode::from(done.unwrap_or_else(failed)))
}

fn trace(args: &Args) -> Result<u8> {
    if args.live {
        return Ok(traced(args, || watch::live(args))?.status);
    }
    let signals = Signals::hold().context("cannot hold signals back")?;
    if !watch::may_leave_guarded(args) {
        return Ok(traced(args, || watch::watch(args, None, &signals))?.status);
    }
    let front = match front::split(&signals)? {
        Side::Front(status) => return Ok(status),
        Side::Tracer(front) => front,
    };
    let done = traced(args, || watch::watch(args, Some(front.pid), &signals))?;
    if let Some(guard) = done.guard {
        front.leave(done.status)?;
        guard.stay();
    }
    Ok(done.status)
}

/// zclab itself failed.
fn failed(error: anyhow::Error) -> u8 {
    super::warn(&format!("{error:#}"));
    FAILED
}

/// The exit status, and what is to be guarded after it.
struct Done {
    status: u8,
    guard: Option<Guard>,
}

/// Traces and reports.
fn traced(args: &Args, trace: impl FnOnce() -> Result<Traced>) -> Result<Done> {
    if let Some(path) = &args.save {
        store::can_save(path)?;
    }
    args.pictures.can_save()?;
    let mut output = output(args)?;
    let Traced { report, guard } = trace()?;
    let status = report_on(args, report, &mut *output);
    // What was left running is guarded whatever became of the report.
    Ok(Done {
        status: status.unwrap_or_else(failed),
        guard,
    })
}

fn report_on(args: &Args, watched: TraceReport, output: &mut dyn Write) -> Result<u8> {
    let text = match args.json {
        true => super::json(&TraceDocument::of(&watched).with_count(args.count_copies))?,
        false => for_people(&watched, ink(args)),
    };
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        // Nobody reads it any more: the program has done its work all the same.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("cannot write the report")?,
    }
    if let Some(path) = &args.save {
        store::trace_report::save(path, &watched)?;
    }
    let status = match args.expect.is_empty() {
        _ if args.fail_on.is_some() && !watched.hazards.is_empty() => FOUND,
        true => status(&watched.exit),
        false => judge(&args.expect, &watched),
    };
    args.pictures.of_trace(watched, &args.display)?;
    Ok(status)
}

/// The colours of the report.
fn ink(args: &Args) -> Ink {
    match args.output {
        Some(_) => Ink::NONE,
        None => Ink::of(&io::stderr()),
    }
}

/// A saved recording: explored on a terminal, or printed.
pub(crate) fn replay(
    path: &Path,
    json: bool,
    pictures: &pictures::Args,
    display: &display_options::Args,
) -> Result<ExitCode> {
    let watched = store::trace_report::load(path)?;
    if pictures.are_asked_for() {
        pictures.of_trace(watched, display)?;
        return Ok(ExitCode::SUCCESS);
    }
    if json {
        super::print_json(&TraceDocument::of(&watched))?;
        return Ok(ExitCode::SUCCESS);
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return runtime::explore(watched, display.options());
    }
    super::print(&for_people(&watched, Ink::of(&io::stdout())))?;
    Ok(ExitCode::SUCCESS)
}

/// Where the report goes. Opened first: a program must not run for hours in vain.
fn output(args: &Args) -> Result<Box<dyn Write>> {
    let Some(path) = &args.output else {
        return Ok(Box::new(io::stderr()));
    };
    let file = crate::store::open::create(path);
    let file = file.with_context(|| format!("cannot write {}", visible_name(path)))?;
    Ok(Box::new(file))
}

fn status(exit: &Exit) -> u8 {
    match exit {
        Exit::Code(code) => *code as u8,
        Exit::Signal(name) => 128 + number(name),
    }
}

fn number(signal: &str) -> u8 {
    match signal.parse::<nix::sys::signal::Signal>() {
        Ok(signal) => signal as i32 as u8,
        Err(_) => signal
            .strip_prefix("SIGRT")
            .and_then(|number| number.parse().ok())
            .unwrap_or(0),
    }
}

/// Says each expectation that does not hold, with the reason.
fn judge(expectations: &[expect::Expectation], watched: &TraceReport) -> u8 {
    let failed = expectations
        .iter()
        .filter_map(|expectation| expectation.failure(watched));
    let failed: Vec<String> = failed.collect();
    failed.iter().for_each(|reason| super::warn(reason));
    u8::from(!failed.is_empty())
}
