//! `zclab replay FILE [FILE]`: a saved recording, or two in a race.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{
    display_options, end_with, pictures,
    report::{self, RunDocument},
};
use crate::{runtime, store};

/// A saved recording, played on a terminal or printed; or two, in a race
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab run sendfile --save x.jsonl
  zclab replay x.jsonl                    the player
  zclab replay x.jsonl --json             its figures
  zclab replay x.jsonl --svg x.svg        a picture of it
  zclab replay x.jsonl y.jsonl            both on one time scale
  zclab replay x.jsonl --svg x.svg --call 3 --theme light")]
pub(crate) struct Args {
    /// The recording, made by run --save or trace --save
    pub(crate) file: PathBuf,
    /// Another one, to race against it: both side by side, on one time scale
    #[arg(conflicts_with = "json")]
    pub(crate) other: Option<PathBuf>,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pictures: pictures::Args,
    #[command(flatten)]
    display: display_options::Args,
}

/// Plays a recording on a terminal; elsewhere reports it as `run` reported it.
pub(crate) fn run(args: Args) -> Result<()> {
    if let Some(other) = &args.other {
        return race(&args, other);
    }
    if store::trace_report::is_one(&args.file) {
        return super::trace::replay(&args.file, args.json, &args.pictures, &args.display)
            .and_then(end_with);
    }
    let recording = store::recording::load(&args.file)?;
    if args.pictures.are_asked_for() {
        return args.pictures.of_recording(recording, &args.display);
    }
    if !args.json && io::stdin().is_terminal() && io::stdout().is_terminal() {
        return runtime::replay(recording, args.display.options()).and_then(end_with);
    }
    let text = || report::for_people(&recording);
    super::print_either(args.json, &RunDocument::of(&recording), text)
}

/// Plays two recordings on one time scale; elsewhere reports one after the other.
fn race(args: &Args, other: &Path) -> Result<()> {
    let recordings = [&args.file, other].map(store::recording::load);
    let [first, second] = recordings;
    let recordings = [first?, second?];
    if args.pictures.are_asked_for() {
        return args.pictures.of_race(recordings, &args.display);
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return runtime::race(recordings, args.display.options()).and_then(end_with);
    }
    let reports = recordings.each_ref().map(report::for_people);
    super::print(&reports.join("\n"))
}
