//! `zclab` and `zclab learn`: the course.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use anyhow::bail;

/// The course.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Forget the answers and visits of one lesson, after asking
    #[arg(long, value_name = "NAME")]
    pub reset: Option<String>,
    /// Lessons from a directory instead of the built-in ones
    #[arg(long, value_name = "DIR", hide = true)]
    pub lessons: Option<PathBuf>,
    /// Colours
    #[arg(long, value_name = "THEME", value_parser = ["dark", "light", "contrast", "16", "none"])]
    pub theme: Option<String>,
    /// Plain ASCII instead of box drawing
    #[arg(long)]
    pub ascii: bool,
    /// No travelling bytes: whole hops light up call by call
    #[arg(long)]
    pub reduced_motion: bool,
    /// Leave the mouse to the terminal, so that text can be selected
    #[arg(long)]
    pub no_mouse: bool,
}

/// Opens the course.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("the course needs a terminal: run, replay, lessons, check and doctor need none");
    }
    bail!("the course is not built yet")
}
