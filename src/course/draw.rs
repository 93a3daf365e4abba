//! Number questions whose values are drawn: from the question as it is written to one that can be asked.

use crate::course::{Drawn, Formula, Question, QuestionKind, Reaction, WrongNumber};

use super::{chance::Chance, mark};

/// Drawn values by their names.
pub type Values = Vec<(String, f64)>;

/// The question with values in it: a plain number question, the same for the same `turn`. Other kinds of question
/// are asked as they are written.
pub fn asked(question: &Question, turn: u64) -> Question {
    match &question.kind {
        QuestionKind::Drawn(drawn) => with(question, drawn, &values(&question.id, drawn, turn)),
        _ => question.clone(),
    }
}

/// Whether other values can be drawn for it.
pub fn is_drawn(question: &Question) -> bool {
    matches!(question.kind, QuestionKind::Drawn(_))
}

/// The values of a turn. One turn after the other goes through all combinations before it repeats one.
fn values(id: &str, drawn: &Drawn, turn: u64) -> Values {
    let count = combinations(drawn).max(1);
    let mut order: Vec<usize> = (0..count).collect();
    Chance::of(id).shuffle(&mut order);
    combination(drawn, order[(turn % count as u64) as usize])
}

/// How many combinations of values there are.
pub(super) fn combinations(drawn: &Drawn) -> usize {
    let counts = drawn.vars.iter().map(|(_, values)| values.len());
    counts.fold(1, usize::saturating_mul)
}

/// The combination of that number, from 0.
pub(super) fn combination(drawn: &Drawn, mut number: usize) -> Values {
    let vars = drawn.vars.iter();
    vars.map(|(name, values)| {
        let value = values[number % values.len()];
        number /= values.len();
        (name.clone(), value)
    })
    .collect()
}

/// The value of a formula with these values.
pub(super) fn value(formula: &Formula, values: &Values) -> Option<f64> {
    formula.value(&|wanted| {
        let mut named = values.iter().filter(|(name, _)| name == wanted);
        named.next().map(|(_, value)| *value)
    })
}

fn with(question: &Question, drawn: &Drawn, values: &Values) -> Question {
    let answer = value(&drawn.answer, values).unwrap_or_default();
    let mut named = values.clone();
    named.push(("answer".to_owned(), answer));
    let filled = |text: &String| filled(text, &named);
    let reaction = |reaction: &Reaction| Reaction {
        misconception: filled(&reaction.misconception),
        feedback: filled(&reaction.feedback),
    };
    let wrong = drawn.wrong.iter().filter_map(|wrong| {
        Some(WrongNumber {
            answer: value(&wrong.answer, values)?,
            reaction: reaction(&wrong.reaction),
        })
    });
    Question {
        text: filled(&question.text),
        hints: question.hints.iter().map(filled).collect(),
        explain: filled(&question.explain),
        kind: QuestionKind::Number {
            answer: Some(answer),
            run: None,
            tolerance: drawn.tolerance,
            unit: drawn.unit.clone(),
            wrong: wrong.collect(),
            otherwise: reaction(&drawn.otherwise),
        },
        ..question.clone()
    }
}

/// The formulas that stand in braces in a text, each with its byte range, braces included.
fn braced(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find('{')?;
        let end = start + text[start..].find('}')?;
        at = end + 1;
        Some((start..end + 1, &text[start + 1..end]))
    })
}

/// The text with a value for each formula in braces. What cannot be computed stays as it is.
pub(super) fn filled(text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, inner) in braced(text) {
        let number = inner
            .parse()
            .ok()
            .and_then(|formula| value(&formula, values));
        if let Some(number) = number {
            out += &text[done..range.start];
            out += &mark::with_unit(number, "");
            done = range.end;
        }
    }
    out + &text[done..]
}

/// What is wrong with the formulas in a text: `what: what to do`, one each. `names` are those that have values.
pub(super) fn text_faults(text: &str, names: &[&str]) -> Vec<String> {
    let faults = braced(text).filter_map(|(_, inner)| match inner.parse::<Formula>() {
        Err(why) => Some(why),
        Ok(formula) => unknown(&formula, names),
    });
    faults.collect()
}

/// The first name in a formula that has no value: `what: what to do`.
pub(super) fn unknown(formula: &Formula, names: &[&str]) -> Option<String> {
    let unknown = formula
        .names()
        .into_iter()
        .find(|name| !names.contains(name))?;
    Some(format!(
        "'{unknown}' has no values: write it under vars, or one of {}",
        names.join(", ")
    ))
}
