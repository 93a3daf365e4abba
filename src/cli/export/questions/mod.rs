//! The questions, as JSON or in a format that other systems import: GIFT and Moodle XML (Moodle), QTI 1.2 (Canvas). What
//! a kind's answers are, `course::kinds` knows.

mod gift;
mod moodle_xml;
mod qti;

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stdout},
};

use anyhow::bail;
use serde::Serialize;

use super::Questions;
use crate::{
    cli::{lesson_dir::chosen, print_bytes, print_json, warn},
    copypath::summarise,
    course::{
        self, Level, Question,
        kinds::{
            ExportedOption,
            item::{Item, ItemOption},
        },
    },
    experiment::{self, Source},
    store::shipped,
    tracer::Cancel,
};

pub(crate) fn run(args: Questions) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let lessons = chosen(&course, args.name.as_deref())?;
    if args.format == "qti" && stdout().is_terminal() {
        bail!("a package of QTI is a zip, which no terminal shows: add > zclab-qti.zip");
    }
    if args.format == "json" {
        let of_lesson = |lesson: &course::Lesson| -> Vec<Exported> {
            let questions = lesson.questions();
            questions
                .map(|question| Exported::of(lesson, question))
                .collect()
        };
        let questions: Vec<_> = lessons.iter().flat_map(of_lesson).collect();
        return print_json(&BTreeMap::from([("questions", questions)]));
    }
    let course = Course {
        lessons: lessons.iter().map(Lesson::of).collect(),
    };
    match args.format.as_str() {
        "moodle-xml" => print_bytes(moodle_xml::write(&course).as_bytes()),
        "qti" => print_bytes(&qti::write(&course)?),
        _ => print_bytes(gift::write(&course).as_bytes()),
    }
}

/// What a format for other systems is made from.
struct Course {
    lessons: Vec<Lesson>,
}

struct Lesson {
    id: String,
    number: usize,
    title: String,
    entries: Vec<Entry>,
}

/// A question whose answer is known.
struct Entry {
    id: String,
    question: String,
    item: Item,
    explanation: String,
    hints: Vec<String>,
}

/// Questions with drawn values are written so many times, each with other values.
const DRAWINGS: u64 = 3;

impl Lesson {
    fn of(lesson: &course::Lesson) -> Lesson {
        let mut entries = Vec::new();
        for question in lesson.questions() {
            let found = drawings(question);
            if found.is_empty() {
                warn(&format!(
                    "{} is left out: its answer is a figure of a run, which could not be made here",
                    question.id
                ));
            }
            entries.extend(found);
        }
        Lesson {
            id: lesson.id.clone(),
            number: lesson.number as usize,
            title: lesson.title.clone(),
            entries,
        }
    }

    fn title(&self) -> String {
        format!("{:02} {}", self.number, self.title)
    }

    /// Where Moodle puts its questions: a slash in a name is doubled.
    fn category(&self) -> String {
        format!("$course$/top/zclab/{}", self.title().replace('/', "//"))
    }
}

fn drawings(question: &Question) -> Vec<Entry> {
    if !question.is_drawn() {
        return Entry::of(question, recorded(question))
            .into_iter()
            .collect();
    }
    let each = (0..DRAWINGS).filter_map(|turn| {
        let mut asked = question.asked(turn);
        asked.id = format!("{}-{}", question.id, turn + 1);
        Entry::of(&asked, None)
    });
    each.collect()
}

impl Entry {
    fn of(question: &Question, recorded: Option<f64>) -> Option<Entry> {
        Some(Entry {
            id: question.id.clone(),
            question: question.text.clone(),
            item: question.kind.item(recorded)?,
            explanation: question.explain.clone(),
            hints: question.hints.clone(),
        })
    }

    /// The question, in CommonMark.
    fn text(&self) -> String {
        self.question.clone() + &self.item.suffix
    }
}

/// What an option is worth in Moodle where several are right, as a percentage: each right one its share, and a wrong one
/// costs as much as the wrong ones share, half at most. None where one is right.
fn weight(option: &ItemOption, all: &[ItemOption]) -> Option<String> {
    let right = all.iter().filter(|option| option.right).count();
    if right == 1 {
        return None;
    }
    let share = |count: usize| {
        let share = format!("{:.5}", (100.0 / count.max(1) as f64).min(50.0));
        share.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    Some(match option.right {
        true => share(right),
        false => format!("-{}", share(all.len() - right)),
    })
}

/// The answer to a question that a run answers: from the shipped recording of that very run, or from a run made here.
fn recorded(question: &Question) -> Option<f64> {
    let (spec, query) = question.kind.run()?;
    let recorded = shipped::exact(spec);
    let run = || experiment::run(spec, &Source::default(), &Cancel::new(), &mut |_| {}).ok();
    let recording = recorded.or_else(run)?;
    query.of(&summarise(&recording))
}

#[derive(Serialize)]
struct Exported {
    id: String,
    lesson: String,
    kind: &'static str,
    objective: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    text: String,
    options: Vec<ExportedOption>,
    /// As it is answered in plain lines; none where a run answers that could not be made here.
    answer: Option<String>,
    explanation: String,
    hints: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otherwise: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// The run that answers.
#[derive(Serialize)]
struct Run {
    method: String,
    to: String,
    size: u64,
    chunk: u64,
    query: String,
}

impl Exported {
    fn of(lesson: &course::Lesson, question: &Question) -> Exported {
        let asked = question.asked(0);
        let kind = asked.kind.export(recorded(&asked));
        let run = asked.kind.run().map(|(spec, query)| Run {
            method: spec.method.to_string(),
            to: spec.to.to_string(),
            size: spec.size.bytes(),
            chunk: spec.chunk.bytes(),
            query: query.to_string(),
        });
        Exported {
            id: asked.id,
            lesson: lesson.id.clone(),
            kind: question.kind.name(),
            objective: asked.objective,
            level: asked.level.map(Level::name),
            text: asked.text,
            options: kind.options,
            answer: kind.answer,
            explanation: asked.explain,
            hints: asked.hints,
            otherwise: kind.otherwise,
            run,
        }
    }
}
