//! The command line: one file a command, each with its `Args` and `run(args) -> anyhow::Result<()>`.
//!
//! Errors go to standard error as `zclab: what failed: why`, exit code 1. Usage errors are clap's, exit code 2.
//! Commands print by `print()` and `print_json`, which take a closed standard output quietly.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use nix::sys::signal::{SigHandler, Signal};

use crate::model::{visible_json, visible_lines};

mod capstone;
mod card;
mod check;
mod child;
mod class;
mod class_experiment;
#[cfg(test)]
mod class_properties;
mod compare;
mod completions;
mod csv;
mod display_options;
mod doctor;
mod errors;
mod export;
mod ink;
mod join;
mod learn;
mod lesson_dir;
mod lessons;
mod man;
mod markup;
mod options;
mod page_cache;
mod pictures;
mod progress;
mod prove;
mod proxy;
mod questions;
mod quiz;
mod replay;
mod report;
mod review;
mod run;
mod serve;
mod trace;

/// The zero-copy lab in your terminal: predict, run, see where each byte is copied.
#[derive(Debug, Parser)]
#[command(
    name = "zclab",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 80
)]
#[command(after_help = "Examples:
  zclab                                   the course
  zclab run read-write                    one transfer: calls, counters, copy path
  zclab run sendfile --to file --size 64MiB --json
  zclab compare read-write sendfile       side by side, with the spread of the runs
  zclab trace -- cp a b                   any program's copy path
  zclab lessons                           the lessons as a list
  zclab doctor                            what this machine allows, and why not

Environment:
  NO_COLOR=1             no colours; CLICOLOR=0 and TERM=dumb mean the same
  ZCLAB_LOG=trace        log what the tracer does and decides, for a bug report:
                         error, warn, info, debug, trace
  ZCLAB_LOG_FILE=FILE    where to, instead of
                         $XDG_STATE_HOME/zclab/trace.log")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    learn: learn::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The course (this is what zclab does without a command)
    Learn(learn::Args),
    /// One transfer: its calls, counters and copy path
    Run(run::Args),
    /// Any program's copy path: where its bytes went, how often each was copied, and what would save it
    Trace(trace::Args),
    /// A saved recording, played or printed
    Replay(replay::Args),
    /// Methods side by side: interleaved runs, their spread, and an honest verdict
    Compare(compare::Args),
    /// The alias proof: which methods hand over references, and which copy
    Prove(prove::Args),
    /// The page cache live: which pages of a file are resident, step by step
    PageCache(page_cache::Args),
    /// Errors on purpose: calls that fail, made for real on this kernel
    Errors(errors::Args),
    /// The lessons as a list, or one as plain text
    Lessons(lessons::Args),
    /// The course's last task: a slow server to take the copies out of
    Capstone(capstone::Args),
    /// Questions in plain lines; the concept test
    Quiz(quiz::Args),
    /// The questions that are due: missed ones, others after 1, 3, 7 and 21 days
    Review(review::Args),
    /// A class: the room votes and runs experiments by phone or terminal
    Class(class::Args),
    /// A seat in a class, from a terminal
    Join(join::Args),
    /// Reference cards: signature, path, counts, conditions, pitfalls
    Card(card::Args),
    /// For teachers: results as a table, questions for Moodle
    Export(export::Args),
    /// Find the faults in lessons
    Check(check::Args),
    /// What this machine allows, and why not
    Doctor(doctor::Args),
    /// Serve a directory over HTTP, by the method of your choice
    Serve(serve::Args),
    /// Pass connections on to another address, by the method of your choice
    Proxy(proxy::Args),
    /// Completions for a shell
    Completions(completions::Args),
    /// Man pages and completions, as a package installs them
    Man(man::Args),
    #[command(flatten)]
    Child(child::Command),
}

/// Reads the arguments, runs the command, reports its error.
pub fn main() -> ExitCode {
    ignore_file_size_signal();
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    if let Err(error) = crate::runtime::diagnostics::start() {
        warn(&format!("{error:#}"));
    }
    let done = match cli.command {
        None => learn::run(cli.learn),
        Some(Command::Learn(args)) => learn::run(args),
        Some(Command::Run(args)) => run::run(args),
        Some(Command::Trace(args)) => trace::run(args).and_then(end_with),
        Some(Command::Replay(args)) => replay::run(args),
        Some(Command::Compare(args)) => compare::run(args),
        Some(Command::Prove(args)) => prove::run(args),
        Some(Command::PageCache(args)) => page_cache::run(args),
        Some(Command::Errors(args)) => errors::run(args),
        Some(Command::Lessons(args)) => lessons::run(args),
        Some(Command::Capstone(args)) => capstone::run(args),
        Some(Command::Quiz(args)) => quiz::run(args),
        Some(Command::Review(args)) => review::run(args),
        Some(Command::Class(args)) => class::run(args),
        Some(Command::Join(args)) => join::run(args),
        Some(Command::Card(args)) => card::run(args),
        Some(Command::Export(args)) => export::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Proxy(args)) => proxy::run(args),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man(args)) => man::run(args),
        Some(Command::Child(command)) => child::run(command),
    };
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    if let Some(Ended(code)) = error.downcast_ref() {
        return *code;
    }
    warn(&format!("{error:#}"));
    if !std::path::Path::new("/proc/self").exists() {
        warn("/proc is not mounted, and zclab needs it: mount -t proc proc /proc");
    }
    ExitCode::FAILURE
}

/// A file that would outgrow its limit is an error (EFBIG) with a message, not a death by SIGXFSZ.
fn ignore_file_size_signal() {
    // SAFETY: no handler is installed. It cannot fail for this signal.
    let _ = unsafe { nix::sys::signal::signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

/// A command has ended with this status, and there is nothing more to say about it.
#[derive(Debug)]
struct Ended(ExitCode);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ended with {:?}", self.0)
    }
}

impl std::error::Error for Ended {}

/// Ends the command with a status of its own. Pass it on with `?`.
fn end_with(code: ExitCode) -> anyhow::Result<()> {
    Err(Ended(code).into())
}

/// Writes `text` to standard output: its colours where they are wanted, its signs as the locale has them. Pass the error on with `?`: a closed output ends the
/// command quietly, a full disk is reported.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let text = ink::for_locale(text);
    sent(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes bytes to standard output, as they stand: files for other programs.
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    sent(out.write_all(bytes).and_then(|()| out.flush()))
}

fn sent(written: io::Result<()>) -> anyhow::Result<()> {
    written.map_err(|error| match error.kind() {
        // Nobody reads it any more (`zclab ... | head -1`): an end, not a failure.
        io::ErrorKind::BrokenPipe => Ended(ExitCode::SUCCESS).into(),
        _ => anyhow::Error::new(error).context("cannot write to standard output"),
    })
}

/// Writes one JSON document, indented, to standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print_bytes(json(value)?.as_bytes())
}

/// One JSON document, indented. No control character of a name is in it as it is: the document may go to a terminal.
fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let document = serde_json::to_string_pretty(value)? + "\n";
    Ok(visible_json(&document).into_owned())
}

/// Prints the JSON document that is asked for, or else the text.
fn print_either(
    json: bool,
    document: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    match json {
        true => print_json(document),
        false => print(&text()),
    }
}

/// Text in lines of at most so many columns, each with its end.
fn wrapped<'a>(text: &str, options: impl Into<textwrap::Options<'a>>) -> String {
    let lines = textwrap::wrap(text, options);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Writes `zclab: message` to standard error: one line, and at most one more of advice.
pub(crate) fn warn(message: &str) {
    let mut lines = message.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let advice: Vec<&str> = lines.map(str::trim).collect();
    let message = match advice[..] {
        [] => first.to_owned(),
        _ => format!("{first}\n{}", advice.join(" ")),
    };
    // Where standard error is closed too, nobody is left to tell.
    let _ = writeln!(io::stderr(), "zclab: {}", visible_lines(&message));
}

/// Ends the program with a usage error, as clap does: exit code 2.
pub(crate) fn usage(message: &str) -> ! {
    use clap::{CommandFactory, error::ErrorKind};
    Cli::command()
        .error(ErrorKind::ValueValidation, message)
        .exit()
}

/// Ends as clap does; an argument that is quoted obeys no terminal.
fn refuse(error: &clap::Error) -> ! {
    let plain = error.to_string();
    if let Cow::Owned(visible) = visible_lines(&plain) {
        let _ = io::stderr().write_all(visible.as_bytes());
        std::process::exit(error.exit_code())
    }
    error.exit()
}
