//! The questions, as JSON or as GIFT.

use std::process::ExitCode;

use anyhow::anyhow;
use serde::Serialize;

use super::{Questions, gift};
use crate::{
    cli::{lesson_dir::Course, print, print_json, warn},
    copypath::summarise,
    course::{Lesson, Question, QuestionKind, Reaction},
    course::{catalogue::questions, draw, mark},
    experiment::{self, Source},
    store::shipped,
    tracer::Cancel,
};

/// Prints the questions.
pub fn run(args: Questions) -> anyhow::Result<ExitCode> {
    let course = Course::open(args.lessons.as_deref())?.catalogue;
    let lessons = match &args.name {
        Some(name) => std::slice::from_ref(course.find(name).map_err(|why| anyhow!(why))?),
        None => course.lessons(),
    };
    if args.format == "json" {
        let questions = lessons
            .iter()
            .flat_map(|lesson| questions(lesson).map(|question| Exported::of(lesson, question)))
            .collect();
        print_json(&Document { questions })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text =
        String::from("// Questions of zclab: Moodle imports them as GIFT, with their feedback.\n");
    for lesson in lessons {
        text += &gift::category(lesson);
        for question in questions(lesson) {
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
pub fn recorded(question: &Question) -> Option<f64> {
    let QuestionKind::Number {
        run: Some((spec, query)),
        ..
    } = &question.kind
    else {
        return None;
    };
    let recorded = shipped::exact(spec);
    let run = || experiment::run(spec, &Source::default(), &Cancel::new(), &mut |_| {}).ok();
    let recording = recorded.or_else(run)?;
    query.of(&summarise(&recording))
}

#[derive(Serialize)]
struct Document {
    questions: Vec<Exported>,
}

#[derive(Serialize)]
struct Exported {
    id: String,
    lesson: String,
    kind: &'static str,
    objective: Option<String>,
    text: String,
    options: Vec<Choice>,
    /// As it is answered in plain lines; none where a run answers that could not be made here.
    answer: Option<String>,
    explanation: String,
    hints: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otherwise: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// What can be answered: an option, a line, a pair, a number that shows a misconception.
#[derive(Serialize)]
struct Choice {
    text: String,
    right: bool,
    feedback: Option<String>,
    /// The right side of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
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

fn said(reaction: &Reaction) -> Option<String> {
    (!reaction.feedback.is_empty()).then(|| reaction.markdown().trim().to_owned())
}

impl Choice {
    fn new(text: impl Into<String>, right: bool, reaction: Option<&Reaction>) -> Choice {
        Choice {
            text: text.into(),
            right,
            feedback: reaction.and_then(said),
            partner: None,
        }
    }
}

impl Exported {
    fn of(lesson: &Lesson, question: &Question) -> Exported {
        let asked = draw::asked(question, 0);
        let mut run = None;
        let (options, answer, otherwise) = match &asked.kind {
            QuestionKind::Choice(options) | QuestionKind::Multi(options) => {
                let letters: Vec<_> = (0..options.len())
                    .filter(|at| options[*at].right)
                    .map(|at| mark::letter(at).to_string())
                    .collect();
                let choices = options
                    .iter()
                    .map(|option| Choice::new(&option.text, option.right, Some(&option.reaction)));
                (choices.collect(), Some(letters.join(" ")), None)
            }
            QuestionKind::Number {
                answer,
                run: asked_of,
                wrong,
                otherwise,
                ..
            } => {
                if let Some((spec, query)) = asked_of {
                    run = Some(Run {
                        method: spec.method.to_string(),
                        to: spec.to.to_string(),
                        size: spec.size.bytes(),
                        chunk: spec.chunk.bytes(),
                        query: query.to_string(),
                    });
                }
                let answer = answer.or_else(|| recorded(&asked));
                let choices = wrong.iter().map(|wrong| {
                    Choice::new(wrong.answer.to_string(), false, Some(&wrong.reaction))
                });
                (
                    choices.collect(),
                    answer.map(|answer| answer.to_string()),
                    said(otherwise),
                )
            }
            QuestionKind::Order {
                distractors,
                otherwise,
                ..
            } => {
                let choice = |text: &str| {
                    let intruder = distractors.iter().find(|line| line.text == text);
                    Choice::new(
                        text,
                        intruder.is_none(),
                        intruder.map(|line| &line.reaction),
                    )
                };
                let places = mark::right_order(&asked);
                let places: Vec<_> = places.iter().map(|at| (at + 1).to_string()).collect();
                let choices = mark::presented(&asked).into_iter().map(choice);
                (choices.collect(), Some(places.join(" ")), said(otherwise))
            }
            QuestionKind::Match { pairs, .. } => {
                let (lefts, rights) = mark::sides(&asked);
                let solved = mark::right_sides(&asked);
                let pair = |(left, right): (&&str, &usize)| {
                    let pair = pairs.iter().find(|pair| pair.left == **left);
                    Choice {
                        partner: Some(rights[*right].to_owned()),
                        ..Choice::new(*left, true, pair.map(|pair| &pair.reaction))
                    }
                };
                let answer: Vec<_> = solved
                    .iter()
                    .enumerate()
                    .map(|(left, right)| format!("{}{}", left + 1, mark::letter(*right)))
                    .collect();
                let pairs = lefts.iter().zip(&solved).map(pair).collect();
                (pairs, Some(answer.join(" ")), None)
            }
            QuestionKind::Bug {
                lines,
                bug,
                wrong,
                otherwise,
            } => {
                let choice = |(at, line): (usize, &String)| {
                    let named = wrong.iter().find(|wrong| wrong.line == at);
                    let reaction = named.map_or(otherwise, |wrong| &wrong.reaction);
                    Choice::new(line, at == *bug, (at != *bug).then_some(reaction))
                };
                let choices = lines.iter().enumerate().map(choice).collect();
                (choices, Some((bug + 1).to_string()), said(otherwise))
            }
            QuestionKind::Drawn(_) => unreachable!("its values are drawn above"),
        };
        Exported {
            id: question.id.clone(),
            lesson: lesson.id.clone(),
            kind: question.kind.name(),
            objective: question.objective.clone(),
            text: asked.text.clone(),
            options,
            answer,
            explanation: asked.explain.clone(),
            hints: asked.hints.clone(),
            otherwise,
            run,
        }
    }
}
