//! The questions, as JSON or as GIFT.

use std::process::ExitCode;

use anyhow::anyhow;
use serde::Serialize;

use super::{Questions, gift};
use crate::{
    cli::{lesson_dir::Course, print, print_json, warn},
    copypath::summarise,
    course::{Lesson, Question, kinds::ExportedOption},
    experiment::{self, Source},
    store::shipped,
    tracer::Cancel,
};

pub(crate) fn run(args: Questions) -> anyhow::Result<ExitCode> {
    let course = Course::open(args.lessons.as_deref())?.catalogue;
    let lessons = match &args.name {
        Some(name) => std::slice::from_ref(course.find(name).map_err(|why| anyhow!(why))?),
        None => course.lessons(),
    };
    if args.format == "json" {
        let questions = lessons
            .iter()
            .flat_map(|lesson| {
                lesson
                    .questions()
                    .map(|question| Exported::of(lesson, question))
            })
            .collect();
        print_json(&QuestionsDocument { questions })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text =
        String::from("// Questions of zclab: Moodle imports them as GIFT, with their feedback.\n");
    for lesson in lessons {
        text += &gift::category(lesson);
        for question in lesson.questions() {
            match gift::question(question, recorded(question)) {
                Some(written) => text += &written,
                None => warn(&format!(
                    "{} is left out: its answer is a figure of a run, which could not be made here",
                    question.id
                )),
            }
        }
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
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
struct QuestionsDocument {
    questions: Vec<Exported>,
}

#[derive(Serialize)]
struct Exported {
    id: String,
    lesson: String,
    kind: &'static str,
    objective: Option<String>,
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
