//! `zclab` and `zclab learn`: the course.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};

use super::own::Course;
use crate::{
    embedded, host,
    model::{Record, Reset},
    runtime::{self, Look, Opened, Options, Own},
    store::{self, progress::Log},
};

/// The course.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Forget the answers and visits of one lesson, after asking
    #[arg(long, value_name = "NAME")]
    pub reset: Option<String>,
    /// Lessons from a directory instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    #[command(flatten)]
    look: LookArgs,
}

/// How the screen looks.
#[derive(Debug, clap::Args)]
pub struct LookArgs {
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

/// Opens the course, or resets a lesson.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.reset {
        return reset(name, args.lessons.as_deref());
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!(
            "the course needs a terminal: run, replay, lessons, quiz, check and doctor need none"
        );
    }
    open(args.lessons, args.look)
}

fn open(lessons: Option<PathBuf>, look: LookArgs) -> anyhow::Result<ExitCode> {
    let own = lessons.map(|dir| Own::new(&dir));
    let (material, faults) = match &own {
        Some(own) => own.read()?,
        None => runtime::material(&embedded::lessons()),
    };
    if material.lessons.is_empty()
        && let Some(fault) = faults.first()
    {
        bail!("there is no lesson to open: {fault}");
    }
    let theme = Look {
        theme: look.theme,
        ascii: look.ascii,
    };
    let options = Options {
        theme: runtime::theme(&theme, |name| env::var(name).ok()),
        reduced_motion: look.reduced_motion,
        mouse: !look.no_mouse,
    };
    let course = Opened {
        material,
        faults,
        own,
    };
    runtime::learn(course, options, Log::of_user())
}

/// Forgets one lesson, after asking.
fn reset(name: &str, lessons: Option<&Path>) -> anyhow::Result<ExitCode> {
    let catalogue = Course::open(lessons)?.catalogue;
    let lesson = catalogue.find(name).map_err(|why| anyhow!(why))?;
    if !io::stdin().is_terminal() {
        bail!("--reset asks first, and there is no terminal to ask on");
    }
    eprint!(
        "Forget all answers and visits of '{}'? [y/N] ",
        lesson.title
    );
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        super::print("Nothing was changed.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = store::progress::path()?;
    let record = Record::Reset(Reset {
        lesson: lesson.id.clone(),
        at: host::clock::now(),
    });
    store::progress::append(&path, &record)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Log::at(path).sync()?;
    super::print(&format!("'{}' starts afresh.\n", lesson.title))?;
    Ok(ExitCode::SUCCESS)
}
