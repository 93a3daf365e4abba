//! What the form of questions gives away, and what too few questions leave untested.

use crate::course::{Question, QuestionKind, QuestionOption, Target};

use super::{catalogue::questions, fault::Fault, parse::Parsed, prose};

/// Questions that an objective needs: one can be guessed.
const LEAST: usize = 2;

/// The faults of one lesson.
pub(super) fn lint(file: &str, parsed: &Parsed) -> Vec<Fault> {
    let fault = |line: usize, column: usize, what: String, advice: &str| Fault {
        file: file.to_owned(),
        line,
        column,
        what,
        advice: advice.to_owned(),
    };
    let mut faults = Vec::new();
    for (objective, served) in &parsed.objectives {
        // None at all is a fault of the file, which has been reported.
        if (1..LEAST).contains(served) {
            let what = format!(
                "one question alone serves the objective '{}'",
                objective.name
            );
            let at = objective.position;
            faults.push(fault(
                at.line,
                at.column,
                what,
                "add a second one: a single answer can be guessed",
            ));
        }
    }
    for question in questions(&parsed.lesson) {
        for (what, advice) in of_form(question) {
            faults.push(fault(question.line, 1, what, advice));
        }
    }
    faults.extend(crowded(file, parsed));
    faults
}

fn of_form(question: &Question) -> Vec<(String, &'static str)> {
    let options = match &question.kind {
        QuestionKind::Choice(options) | QuestionKind::Multi(options) => options,
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for option in options {
        let text = option.text.to_lowercase();
        if [
            "all of the",
            "none of the above",
            "both of the above",
            "all of these",
        ]
        .iter()
        .any(|form| text.contains(form))
        {
            found.push((
                format!("the option '{}' is about the others", option.text),
                "write what it says in its own words",
            ));
        }
    }
    if let (QuestionKind::Choice(_), Some((right, longest))) = (&question.kind, lengths(options))
        && right * 4 > longest * 5
    {
        found.push((
            format!("the right option is the longest by far: {right} columns, and the others {longest} at most"),
            "shorten it, or give another option as much to say",
        ));
    }
    found
}

/// Columns of the right option and of the longest other one.
fn lengths(options: &[QuestionOption]) -> Option<(usize, usize)> {
    let width = |option: &QuestionOption| prose::width(&option.text);
    let right = options.iter().find(|option| option.right).map(width)?;
    let others = options.iter().filter(|option| !option.right).map(width);
    Some((right, others.max()?))
}

/// The right option at one place in most of a lesson's choices: the place gives it away.
fn crowded(file: &str, parsed: &Parsed) -> Option<Fault> {
    let mut places: Vec<usize> = Vec::new();
    let pages = parsed.lesson.pages.iter();
    for page in pages {
        if let Some(Target::Question(question)) = &page.target
            && let QuestionKind::Choice(options) = &question.kind
        {
            places.extend(options.iter().position(|option| option.right));
        }
    }
    let (at, count) = (0..6)
        .map(|at| (at, places.iter().filter(|place| **place == at).count()))
        .max_by_key(|(_, count)| *count)?;
    (places.len() >= 5 && count * 3 > places.len() * 2).then(|| Fault {
        file: file.to_owned(),
        line: 1,
        column: 1,
        what: format!(
            "in {count} of {} choices the right option stands at place {}",
            places.len(),
            at + 1
        ),
        advice: "move some of them".to_owned(),
    })
}
