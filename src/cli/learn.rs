//! `zclab` and `zclab learn`: the course.

use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};

use super::{
    display_options, end_with,
    lesson_dir::{LessonsOption, chosen},
};
use crate::{
    embedded, host,
    model::{Record, Reset, limits::ANSWER_BYTES, visible_name},
    runtime::{self, LessonDir, Opened},
    store::{self, progress::Log},
};

/// The course.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab learn                             the course, as zclab alone opens it
  zclab learn --theme contrast            on a projector; remembered
  zclab learn --theme auto                follow the terminal again
  zclab learn --ascii --reduced-motion
  zclab learn --lessons lessons           your own lessons, followed as you save")]
pub(crate) struct Args {
    /// Forget the answers and visits of one lesson, after asking
    #[arg(long, value_name = "NAME")]
    pub(crate) reset: Option<String>,
    #[command(flatten)]
    lessons: LessonsOption,
    #[command(flatten)]
    display: display_options::Args,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    if let Some(name) = &args.reset {
        return reset(name, &args.lessons);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!(
            "the course needs a terminal: run, replay, lessons, quiz, check and doctor need none"
        );
    }
    open(args.lessons.lesson_dir, &args.display)
}

fn open(lessons: Option<PathBuf>, display: &display_options::Args) -> anyhow::Result<()> {
    let course = course(lessons)?;
    runtime::learn(course, display.options(), Log::of_user()).and_then(end_with)
}

/// The course, ready to be opened on a terminal.
pub(super) fn course(lessons: Option<PathBuf>) -> anyhow::Result<Opened> {
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
    Ok(Opened {
        material,
        faults,
        lesson_dir,
    })
}

fn reset(name: &str, lessons: &LessonsOption) -> anyhow::Result<()> {
    let catalogue = lessons.course()?;
    let lesson = &chosen(&catalogue, Some(name))?[0];
    if !io::stdin().is_terminal() {
        bail!("--reset asks first, and there is no terminal to ask on");
    }
    eprint!(
        "Forget all answers and visits of '{}'? [y/N] ",
        lesson.title
    );
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .take(ANSWER_BYTES as u64)
        .read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return super::print("Nothing was changed.\n");
    }
    let path = store::progress::path()?;
    let record = Record::Reset(Reset {
        lesson: lesson.id.clone(),
        at: host::clock::now(),
    });
    store::progress::append(&path, &record)
        .with_context(|| format!("cannot write {}", visible_name(&path)))?;
    Log::at(path).sync()?;
    super::print(&format!("'{}' starts afresh.\n", lesson.title))
}
