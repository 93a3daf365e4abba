//! `zclab trace -- CMD` and `zclab trace -p PID`: the copy path of any program.

mod document;
mod expect;
mod report;

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result};

pub(crate) use self::{document::TraceDocument, report::for_people};
use super::{display_options, ink::Ink, pictures};
use crate::experiment::flow_trace::{self, Signals};
use crate::model::{Exit, TraceReport, visible_name};
use crate::tracer::{Handle, Options, Program, Subject};
use crate::{runtime, store};

/// Any program's copy path: which bytes went from where to where, how often the CPU copied each, and what would save it.
///
/// All processes and threads are followed. The program's standard streams are its own; the report goes to standard
/// error, or to a file. The exit status is the program's: 128 and the signal's number where a signal ended it; 125 where
/// zclab itself failed. With --expect it is the answer: 0 if all hold, 1 if one does not.
///
/// What is written is joined to what was read by the addresses of the buffers, and that the bytes are still the same is
/// confirmed by their content: every byte of a read of up to 256 KiB; of a larger one six samples, and then a note says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab trace -- cp a b
  zclab trace -o report.txt -- sh -c 'cat a | gzip > b'
  zclab trace --json -o report.json -- ./server
  zclab trace -p 4711 --for 5s
  zclab trace --svg flows.svg --chrome timeline.json -- ./server
  zclab trace --expect 'cpu_copies_per_byte < 1' --expect 'calls.read == 0' -- ./server

Expectations compare numbers with < <= == != >= > and combine with && || ! + - * / and parentheses:
  syscalls  mode_switches  processes  threads  calls.NAME  exit.code  exit.signal
  bytes  cpu_copied_bytes  cpu_copies_per_byte     of the flows with both ends outside of the program
  flow(file, tcp).bytes  .calls  .calls.NAME  .cpu_copies_per_byte     of the flows between such ends; any: of every kind
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
    /// Let it go after this time: 5s, 500ms, 2m
    #[arg(long = "for", value_name = "TIME", requires = "pid", value_parser = duration)]
    pub(crate) time: Option<Duration>,
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
    /// End with exit status 3 where bytes were changed while the kernel still referred to them
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    pictures: pictures::Args,
    /// Fail (exit status 1) unless this holds
    #[arg(long, value_name = "EXPRESSION", value_parser = expect::parse)]
    pub(crate) expect: Vec<expect::Expectation>,
    #[command(flatten)]
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
    trace(&args).or_else(|error| {
        super::warn(&format!("{error:#}"));
        Ok(ExitCode::from(FAILED))
    })
}

fn trace(args: &Args) -> Result<ExitCode> {
    if let Some(path) = &args.save {
        store::can_save(path)?;
    }
    args.pictures.can_save()?;
    let mut output = output(args)?;
    let watched = match args.live {
        true => live(args)?,
        false => watch(args)?,
    };
    let text = match args.json {
        true => super::json(&TraceDocument::of(&watched))?,
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
        _ if args.fail_on.is_some() && !watched.hazards.is_empty() => ExitCode::from(FOUND),
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
    let file = std::fs::File::create(path);
    let file = file.with_context(|| format!("cannot write {}", visible_name(path)))?;
    Ok(Box::new(file))
}

fn live(args: &Args) -> Result<TraceReport> {
    anyhow::ensure!(
        io::stdin().is_terminal() && io::stdout().is_terminal(),
        "--live needs a terminal"
    );
    runtime::trace(args.command.clone(), options(args)?, args.display.options())
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

fn watch(args: &Args) -> Result<TraceReport> {
    let options = options(args)?;
    let signals = Signals::hold().context("cannot hold signals back")?;
    let handle = Handle::default();
    let attached = args.pid.is_some();
    signals
        .attend(&handle, attached, args.time)
        .context("cannot attend to signals")?;
    let subject = match args.pid {
        Some(pid) => Subject::Process(pid),
        None => Subject::Program(Box::new(Program {
            command: args.command.clone(),
            mask: Some(*signals.before()),
            ..Program::default()
        })),
    };
    Ok(flow_trace::trace(
        subject,
        &options,
        &handle,
        &mut |_, _| {},
    )?)
}

/// The first CPU that this process may use.
fn first_cpu() -> Result<usize> {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0))?;
    let mut cpus = 0..nix::sched::CpuSet::count();
    cpus.find(|cpu| set.is_set(*cpu).unwrap_or(false))
        .context("no CPU is allowed")
}

fn status(exit: &Exit) -> ExitCode {
    match exit {
        Exit::Code(code) => ExitCode::from(*code as u8),
        Exit::Signal(name) => ExitCode::from(128 + number(name)),
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
fn judge(expectations: &[expect::Expectation], watched: &TraceReport) -> ExitCode {
    let failed = expectations
        .iter()
        .filter_map(|expectation| expectation.failure(watched));
    let failed: Vec<String> = failed.collect();
    failed.iter().for_each(|reason| super::warn(reason));
    ExitCode::from(u8::from(!failed.is_empty()))
}

/// `5s`, `500ms`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let (number, unit) = text.split_at(digits);
    let advice = || format!("'{text}' is not a time: write 5s, 500ms or 2m");
    let number: f64 = number.parse().map_err(|_| advice())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(advice()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| advice())
}
