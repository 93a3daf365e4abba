//! `zclab check [DIR]`: the faults in lessons.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;

use super::lesson_dir::borrowed;
use crate::model::visible_name;
use crate::{
    course::{self, Catalogue, Fault, Lesson, Level, parse},
    embedded, figure, store,
};

/// Find the faults in lessons: file, line, column, what is wrong, what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab check                             the built-in lessons
  zclab check lessons                     a directory of lessons
  zclab check lessons/03-classic-path.md  one lesson")]
pub(crate) struct Args {
    /// A directory of lessons, or one lesson; without it, the built-in ones
    pub(crate) dir: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let (lessons, figures) = match &args.dir {
        Some(dir) => on_disk(dir)?,
        None => built_in(),
    };
    let (catalogue, faults) = check(&lessons, &figures);
    let mut report: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    report += &summary(&catalogue, &faults, figures.len());
    super::print(&report)?;
    match faults.is_empty() {
        true => Ok(()),
        false => super::end_with(ExitCode::FAILURE),
    }
}

/// A file as it was found: its name for messages, and its bytes.
type File = (String, Vec<u8>);

/// Faults of the bytes, then of what they say.
fn check(lessons: &[File], figures: &[File]) -> (Catalogue, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut texts = |files: &'_ [File]| -> Vec<(String, String)> {
        let texts = files.iter().map(|(name, bytes)| {
            let text = parse::text_of(name, bytes).map(str::to_owned);
            text.map(|text| (name.clone(), text))
        });
        texts
            .filter_map(|text| text.map_err(|fault| faults.push(fault)).ok())
            .collect()
    };
    let (lessons, figures) = (texts(lessons), texts(figures));
    let (catalogue, found) = course::check(&borrowed(&lessons), &borrowed(&figures));
    faults.extend(found);
    faults.extend(
        figures
            .iter()
            .filter_map(|(name, text)| figure_fault(name, text)),
    );
    faults.sort();
    (catalogue, faults)
}

fn figure_fault(name: &str, text: &str) -> Option<Fault> {
    let figure::drawn::Fault { line, column, what } = figure::figure(name, text).err()?;
    Some(Fault {
        file: name.to_owned(),
        line,
        column,
        what,
        advice: "write it as the other figures are written".to_owned(),
    })
}

fn summary(catalogue: &Catalogue, faults: &[Fault], figures: usize) -> String {
    if faults.is_empty() {
        let questions = catalogue.questions().count();
        let lessons = catalogue.lessons();
        let levels = levels(lessons);
        let lessons = lessons.len();
        return format!(
            "lessons {lessons}, questions {questions}{levels}, figures {figures}: no fault\n"
        );
    }
    let mut files: Vec<_> = faults.iter().map(|fault| &fault.file).collect();
    files.dedup();
    let many = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let faults = many(faults.len(), "fault");
    format!("{faults} in {}\n", many(files.len(), "file"))
}

/// ` (with predictions 190: recall 60, apply 80, analyse 50)`; nothing where no question has a level.
fn levels(lessons: &[Lesson]) -> String {
    let levels = || lessons.iter().flat_map(Lesson::levels);
    if levels().flatten().count() == 0 {
        return String::new();
    }
    let counted = Level::ALL.map(|level| {
        let count = levels().filter(|found| *found == Some(level)).count();
        format!("{} {count}", level.name())
    });
    format!(
        " (with predictions {}: {})",
        levels().count(),
        counted.join(", ")
    )
}

/// The files that are compiled into the program.
fn built_in() -> (Vec<File>, Vec<File>) {
    let files = |dir: &str, files: Vec<(&str, &str)>| {
        let files = files.into_iter();
        files
            .map(|(name, text)| (format!("{dir}/{name}"), text.into()))
            .collect()
    };
    (
        files("lessons", embedded::lessons()),
        files("assets/figures", embedded::figures()),
    )
}

/// The lessons of a directory (or one lesson); the figures of `../assets/figures`, or else the built-in ones.
fn on_disk(path: &Path) -> anyhow::Result<(Vec<File>, Vec<File>)> {
    let cannot = || format!("cannot check {}", visible_name(path));
    let is_dir = fs::metadata(path).with_context(cannot)?.is_dir();
    let (lessons, dir): (Vec<File>, _) = if is_dir {
        let named = |(name, bytes): File| (visible_name(path.join(name)), bytes);
        let found = store::lessons::files(path).with_context(cannot)?;
        (found.into_iter().map(named).collect(), path.to_owned())
    } else {
        let bytes = store::open::text(path).with_context(cannot)?;
        let dir = path.parent().unwrap_or(Path::new(".")).to_owned();
        (vec![(visible_name(path), bytes)], dir)
    };
    // `..` is resolved by the file system: the text `lessons` alone has no parent.
    let figures = dir.join("..").join("assets").join("figures");
    let figures = if figures.is_dir() {
        let shown = dir.parent().unwrap_or(Path::new("")).join("assets/figures");
        let name = |(name, bytes): File| {
            let file = name.rsplit('/').next().unwrap_or(&name).to_owned();
            (visible_name(shown.join(file)), bytes)
        };
        let found = files_in(&figures, "toml");
        found
            .with_context(|| format!("cannot read the figures in {}", visible_name(&figures)))?
            .into_iter()
            .map(name)
            .collect()
    } else {
        built_in().1
    };
    Ok((lessons, figures))
}

/// The files of that extension in a directory, sorted by name.
fn files_in(dir: &Path, extension: &str) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            let bytes = store::open::text(&path)
                .with_context(|| format!("cannot read {}", visible_name(&path)))?;
            files.push((visible_name(&path), bytes));
        }
    }
    files.sort();
    Ok(files)
}
