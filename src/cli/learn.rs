//! `zclab` and `zclab learn`: the course.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};

use super::{display_options, lesson_dir::course};
use crate::{
    embedded, host,
    model::{Record, Reset},
    runtime::{self, LessonDir, Opened},
    store::{self, progress::Log},
};

/// The course.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Forget the answers and visits of one lesson, after asking
    #[arg(long, value_name = "NAME")]
    pub(crate) reset: Option<String>,
    /// Lessons from a directory instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) lessons: Option<PathBuf>,
    #[command(flatten)]
    display: display_options::Args,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.reset {
        return reset(name, args.lessons.as_deref());
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!(
            "the course needs a terminal: run, replay, lessons, quiz, check and doctor need none"
        );
    }
    open(args.lessons, &args.display)
}

fn open(lessons: Option<PathBuf>, display: &display_options::Args) -> anyhow::Result<ExitCode> {
    let lesson_dir = lessons.map(|dir| LessonDir::new(&dir));
    let (material, faults) = match &lesson_dir {
        Some(dir) => dir.read()?,
        None => runtime::material(&embedded::lessons()),
    };
    if material.lessons.is_empty()
        && let Some(fault) = faults.first()
    {
        bail!("there is no lesson to open: {fault}");
    }
    let course = Opened {
        material,
        faults,
        lesson_dir,
    };
    runtime::learn(course, display.options(), Log::of_user())
}

fn reset(name: &str, lessons: Option<&Path>) -> anyhow::Result<ExitCode> {
    let catalogue = course(lessons)?;
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
