//! `zclab` and `zclab learn`: the course.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, anyhow, bail};

use crate::{
    course::Catalogue,
    embedded,
    model::{Record, Reset},
    runtime::{self, Look, Options},
    store::{self, progress::Log},
};

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

/// Opens the course, or resets a lesson.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let lessons = match &args.lessons {
        Some(dir) => read_lessons(dir)?,
        None => Vec::new(),
    };
    let files: Vec<(&str, &str)> = match &args.lessons {
        Some(_) => lessons
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect(),
        None => embedded::lessons(),
    };
    if let Some(name) = &args.reset {
        return reset(name, &files);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("the course needs a terminal: run, replay, lessons, check and doctor need none");
    }
    let (material, faults) = runtime::material(&files);
    if material.lessons.is_empty()
        && let Some(fault) = faults.first()
    {
        bail!("there is no lesson to open: {fault}");
    }
    let look = Look {
        theme: args.theme,
        ascii: args.ascii,
    };
    let options = Options {
        theme: runtime::theme(&look, |name| env::var(name).ok()),
        reduced_motion: args.reduced_motion,
        mouse: !args.no_mouse,
    };
    runtime::learn(material, options, Log::of_user())
}

/// The lessons of a directory, as (file name, text), sorted by name.
fn read_lessons(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut lessons = Vec::new();
    let read = |path: &Path| {
        let bytes = store::open::text(path);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
        text.with_context(|| format!("cannot read {}", path.display()))
    };
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".md") && name != "README.md" {
            lessons.push((name, read(&path)?));
        }
    }
    lessons.sort();
    Ok(lessons)
}

/// Forgets one lesson, after asking.
fn reset(name: &str, files: &[(&str, &str)]) -> anyhow::Result<ExitCode> {
    let (catalogue, _) = Catalogue::parse(files, &embedded::figures());
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
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let path = store::progress::path()?;
    let record = Record::Reset(Reset {
        lesson: lesson.id.clone(),
        at,
    });
    store::progress::append(&path, &record)
        .with_context(|| format!("cannot write {}", path.display()))?;
    super::print(&format!("'{}' starts afresh.\n", lesson.title))?;
    Ok(ExitCode::SUCCESS)
}
