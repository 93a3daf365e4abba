//! A lesson file (`NN-id.md`) to a [`Lesson`], with as many of its faults as one pass can find.
//!
//! The file is TOML front matter between `+++` lines, then pages parted by `---` lines. A page is a `# Title`,
//! prose, and at most one of the fenced blocks `figure`, `lab` (then perhaps `predict`) and `quiz`. Every other
//! fence is prose.

use crate::model::{Method, Sink};

use super::{
    block::{At, Block, is_id},
    concept,
    fault::{Fault, instead},
    front::{Front, front},
    lesson::{Lesson, Objective},
    minutes,
    pages::{self, rows},
    report::{Named, Notes, Report},
};

/// What one file gave.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The lesson, as far as it could be understood. Not to be shown while there are faults.
    pub lesson: Lesson,
    pub notes: Notes,
    /// Objectives, where they stand, each with how many questions serve it.
    pub objectives: Vec<(Named, usize)>,
    /// For each page, the line of the file of each line of its prose.
    pub prose_lines: Vec<Vec<usize>>,
    pub faults: Vec<Fault>,
}

/// The text of a file, or the place of the first byte that is no UTF-8.
pub fn text_of<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (before, rest) = bytes.split_at(error.valid_up_to());
        let before = String::from_utf8_lossy(before);
        let position = Report::new(file, &before).position(before.len());
        let what = format!("the byte 0x{:02x} is no UTF-8", rest[0]);
        Fault::new(file, position, what, "save the file as UTF-8")
    })
}

/// Number and id of a file named `NN-id.md`.
pub fn name_of(file: &str) -> Option<(u32, &str)> {
    let name = file.rsplit('/').next()?;
    let (number, id) = name.strip_suffix(".md")?.split_once('-')?;
    let two_digits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (two_digits && is_id(id)).then_some((number, id))
}

/// The concept test has a name of its own, and no place in the course.
fn concept_of(file: &str) -> Option<(u32, &'static str)> {
    let name = file.rsplit('/').next()?.strip_suffix(".md")?;
    (name == concept::ID).then_some((0, concept::ID))
}

/// Reads one file. `file` is its name, as it stands in faults; its last part must be `NN-id.md`.
pub(super) fn parse(file: &str, text: &str) -> Parsed {
    let report = Report::new(file, text);
    let (number, id) = name_of(file).or(concept_of(file)).unwrap_or_else(|| {
        report.fault(
            0,
            "the file's name is not NN-id.md",
            "name it by its place in the course and its id, as in 03-classic-path.md",
        );
        (0, file)
    });
    let mut lesson = Lesson {
        id: id.to_owned(),
        number,
        ..Lesson::default()
    };
    let mut prose_lines = Vec::new();
    let mut found = Vec::new();
    if text.trim().is_empty() {
        let advice = "begin with front matter between two lines of +++";
        report.fault(0, "the file is empty", advice);
    } else {
        let (read, body) = match front(&report, text, "title and objectives") {
            Front::Missing => (None, Some(0)),
            Front::Open => (None, None),
            Front::Found(base, source, body) => {
                let block = Block::parse(&report, "front matter", 0, base, source);
                (
                    block.map(|block| header(&report, block, &mut lesson)),
                    Some(body),
                )
            }
        };
        if let Some(body) = body {
            let mut rows = rows(text);
            rows.retain(|row| row.start >= body);
            (lesson.pages, prose_lines) = pages::read(&report, text, &rows).into_iter().unzip();
        }
        found = read.map_or_else(Vec::new, |read| served(&report, read));
    }
    let objectives;
    (lesson.objectives, objectives) = found.into_iter().unzip();
    let (faults, notes) = report.finish();
    lesson.minutes = minutes::of(&lesson, &notes.texts);
    Parsed {
        lesson,
        notes,
        objectives,
        prose_lines,
        faults,
    }
}

fn header(report: &Report, mut block: Block, lesson: &mut Lesson) -> Vec<At<Objective>> {
    if let Some(title) = block.need_text("title") {
        lesson.title = title.value;
    }
    // Lessons once declared it. It is counted now, and what is declared is not used.
    if let Some(minutes) = block.number("minutes")
        && (!(1.0..=600.0).contains(&minutes.value) || minutes.value.fract() != 0.0)
    {
        report.fault(
            minutes.offset,
            "minutes is no whole number from 1 to 600",
            "leave it out: it is counted from the text",
        );
    }
    lesson.short = block.switch("short");
    for text in block.texts("copies_of") {
        match transfer(&text.value) {
            Ok(transfer) => lesson.copies_of.push(transfer),
            Err(why) => report.refused(text.offset, &why),
        }
    }
    block.need(
        "objectives",
        "objectives = [ { id = \"...\", text = \"...\" } ]",
    );
    let mut objectives: Vec<At<Objective>> = Vec::new();
    for mut table in block.tables("objectives", "objective") {
        let id = table.need_id("id");
        let text = table.need_text("text");
        table.finish();
        let (Some(id), Some(text)) = (id, text) else {
            continue;
        };
        if objectives.iter().any(|other| other.value.id == id.value) {
            let what = format!("the objective '{}' stands here twice", id.value);
            report.fault(id.offset, what, "give it another id");
        }
        objectives.push(At {
            offset: id.offset,
            value: Objective {
                id: id.value,
                text: text.value,
            },
        });
    }
    block.finish();
    objectives
}

/// `sendfile`, to its first sink, or `sendfile to file`.
fn transfer(text: &str) -> Result<(Method, Sink), String> {
    let (method, to) = match text.split_once(" to ") {
        Some((method, to)) => (method.parse::<Method>()?, Some(to.parse()?)),
        None => (text.parse::<Method>()?, None),
    };
    let sinks = method.sinks();
    match to.unwrap_or(sinks[0]) {
        to if sinks.contains(&to) => Ok((method, to)),
        to => {
            let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
            Err(format!(
                "{method} has no way to {to}: write {method} to {}",
                names.join(", or to ")
            ))
        }
    }
}

/// The objectives, where they stand, and how many questions serve each. Every one that is named must be there, and every
/// one that is there must be asked for.
fn served(report: &Report, objectives: Vec<At<Objective>>) -> Vec<(Objective, (Named, usize))> {
    let notes = report.notes.borrow();
    let names = objectives.iter().map(|found| found.value.id.as_str());
    let names: Vec<&str> = names.collect();
    for At { value, offset } in &notes.served {
        if !names.contains(&value.as_str()) {
            let advice = instead(value, names.iter().copied(), || match names[..] {
                [] => "add it to the front matter".to_owned(),
                _ => format!("the lesson has {}", names.join(", ")),
            });
            report.fault(*offset, format!("there is no objective '{value}'"), advice);
        }
    }
    let count = |At { value, offset }: At<Objective>| {
        let served = notes.served.iter();
        let served = served.filter(|served| served.value == value.id).count();
        if served == 0 && !notes.unread {
            let what = format!("no question serves the objective '{}'", value.id);
            report.fault(offset, what, "add one, or take the objective out");
        }
        let named = report.named(&value.id, offset);
        (value, (named, served))
    };
    objectives.into_iter().map(count).collect()
}
