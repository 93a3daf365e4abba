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
    let (display, log) = (display.options(), Log::of_user());
    let ended = match lessons {
        // There may be none: that is said before the terminal is taken.
        Some(dir) => {
            let course = course(Some(dir))?;
            runtime::learn(|| course, display, log)
        }
        None => runtime::learn(embedded_course, display, log),
    };
    ended.and_then(end_with)
}

/// The course, ready to be opened on a terminal.
pub(super) fn course(lessons: Option<PathBuf>) -> anyhow::Result<Opened> {
    let Some(dir) = lessons else {
        return Ok(embedded_course());
    };
    let lesson_dir = LessonDir::new(&dir);
    let (material, faults) = lesson_dir.read()?;
    if material.lessons.is_empty()
        && let Some(fault) = faults.first()
    {
        bail!("there is no lesson to open: {fault}");
    }
    Ok(Opened {
        material,
        faults,
        lesson_dir: Some(lesson_dir),
    })
}

/// The course that is compiled in, which always opens.
fn embedded_course() -> Opened {
    let (material, faults) = runtime::material(&embedded::lessons());
    Opened {
        material,
        faults,
        lesson_dir: None,
    }
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
