//! The questions, as JSON or as GIFT, the text format that Moodle imports. What a kind's answers look like in them,
//! `course::kinds` knows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Questions;
use crate::{
    cli::{lesson_dir::chosen, print, print_json, warn},
    copypath::summarise,
    course::{
        Lesson, Level, Question,
        kinds::{ExportedOption, gift::escaped},
    },
    experiment::{self, Source},
    store::shipped,
    tracer::Cancel,
};

pub(crate) fn run(args: Questions) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let lessons = chosen(&course, args.name.as_deref())?;
    if args.format == "json" {
        let of_lesson = |lesson: &Lesson| -> Vec<Exported> {
            let questions = lesson.questions();
            questions
                .map(|question| Exported::of(lesson, question))
                .collect()
        };
        let questions: Vec<_> = lessons.iter().flat_map(of_lesson).collect();
        return print_json(&BTreeMap::from([("questions", questions)]));
    }
    let mut text =
        String::from("// Questions of zclab: Moodle imports them as GIFT, with their feedback.\n");
    for lesson in lessons {
        let title = lesson.title.replace('/', "//");
        text += &format!(
            "\n$CATEGORY: $course$/top/zclab/{:02} {title}\n\n",
            lesson.number
        );
        for question in lesson.questions() {
            match gift(question) {
                Some(written) => text += &written,
                None => warn(&format!(
                    "{} is left out: its answer is a figure of a run, which could not be made here",
                    question.id
                )),
            }
        }
    }
    print(&text)
}

/// Questions with drawn values are written so many times, each with other values.
const DRAWINGS: u64 = 3;

/// A question in GIFT; none where its answer is not known.
fn gift(question: &Question) -> Option<String> {
    if !question.is_drawn() {
        return one(question, recorded(question));
    }
    let each = (0..DRAWINGS).filter_map(|turn| {
        let mut asked = question.asked(turn);
        asked.id = format!("{}-{}", question.id, turn + 1);
        one(&asked, None)
    });
    Some(each.collect())
}

fn one(question: &Question, recorded: Option<f64>) -> Option<String> {
    let kind = question.kind.gift(recorded)?;
    Some(format!(
        "::{}::[markdown]{}{} {{{}####{}\n}}\n\n",
        escaped(&question.id),
        escaped(&question.text),
        kind.text,
        kind.answers,
        escaped(&question.explain)
    ))
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
    fn of(lesson: &Lesson, question: &Question) -> Exported {
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
