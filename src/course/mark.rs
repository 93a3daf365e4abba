//! What an answer is worth, and what is said to it.
//!
//! Answers are plain lines, as they are typed and kept: `b`, `a c`, `66`, `1 048 576`, `1MiB`, `3 1 2`, `1c 2a`.

mod lines;
mod pairs;

pub use pairs::{right_sides, sides};

use super::chance::Chance;
use crate::course::{
    Ask, Predict, PredictOption, Question, QuestionKind, QuestionOption, Reaction, WrongNumber,
};
use crate::model::{ExperimentValue, Query, Size, Summary, TransferSpec, grouped};

/// How an answer was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it is right.
    pub right: bool,
    /// What is said to a wrong answer; none where nothing is known about that answer.
    pub reaction: Option<Reaction>,
    /// The right answer, in words: `b) none`, `66 calls`, `3 1 2`.
    pub answer: String,
    /// The answer as it is kept in the log.
    pub given: String,
    /// The options, or the lines as presented, that were named, from 0, in the order of the answer.
    pub picked: Vec<usize>,
}

/// Marks the answer to a question. `summary` is the run that a question with a run asks about.
///
/// # Errors
/// One line on what cannot be understood, or on what is missing for a mark. It is no mark, and not to be kept.
pub fn mark(
    question: &Question,
    given: &str,
    summary: Option<&Summary>,
) -> Result<Verdict, String> {
    match &question.kind {
        QuestionKind::Choice(options) => choice(options, given),
        QuestionKind::Multi(options) => multi(options, given),
        QuestionKind::Number {
            answer,
            run,
            tolerance,
            unit,
            wrong,
            otherwise,
        } => {
            // The input is understood first: a guess that is none needs no run to say so.
            let guess = number(given, unit)?;
            let answer = right_number(*answer, run.as_ref(), summary)?;
            let scale = Scale {
                answer,
                tolerance: *tolerance,
                unit,
            };
            Ok(scale.judge(guess, wrong, Some(otherwise)))
        }
        QuestionKind::Order {
            lines,
            distractors,
            otherwise,
        } => order(question, lines, distractors, otherwise, given),
        QuestionKind::Match { pairs, .. } => pairs::mark(question, pairs, given),
        QuestionKind::Bug {
            lines,
            bug,
            wrong,
            otherwise,
        } => lines::mark(lines, *bug, wrong, otherwise, given),
        QuestionKind::Drawn(_) => Err("the values of the question have not been drawn".to_owned()),
    }
}

/// Compares a guess with the figure of the run that followed it.
///
/// # Errors
/// One line: the guess is no number, or the run has no such figure.
pub fn mark_prediction(
    predict: &Predict,
    guess: &str,
    summary: &Summary,
) -> Result<Verdict, String> {
    let found = figure(&predict.query, summary).map(ExperimentValue::Number);
    mark_guess(predict, guess, found)
}

/// Compares a guess (a number, or the letter of an option) with what was found.
///
/// # Errors
/// One line: the guess cannot be understood, or there was nothing to compare it with.
pub fn mark_guess(
    predict: &Predict,
    guess: &str,
    found: Result<ExperimentValue, String>,
) -> Result<Verdict, String> {
    match &predict.ask {
        Ask::Number(asked) => {
            let guess = number(guess, &asked.unit)?;
            let ExperimentValue::Number(answer) = found? else {
                return Err("the answer is a word, and the guess is a number".to_owned());
            };
            let scale = Scale {
                answer,
                tolerance: asked.tolerance,
                unit: &asked.unit,
            };
            Ok(scale.judge(guess, &asked.wrong, None))
        }
        Ask::Choice(options) => foretold(options, guess, &found?),
    }
}

fn foretold(
    options: &[PredictOption],
    guess: &str,
    found: &ExperimentValue,
) -> Result<Verdict, String> {
    let picked = letters(options.len(), guess)?;
    let [index] = picked[..] else {
        return Err("one thing can be foretold: write one letter, as in b".to_owned());
    };
    let is_found = |option: &PredictOption| match found {
        ExperimentValue::Word(word) => option.answer == *word,
        ExperimentValue::Number(number) => option
            .answer
            .parse()
            .is_ok_and(|answer: f64| is_near(answer, *number, 0.0)),
    };
    let chosen = &options[index];
    let right = is_found(chosen);
    let reaction =
        (!right && !chosen.reaction.feedback.is_empty()).then(|| chosen.reaction.clone());
    let answer = options.iter().find(|option| is_found(option));
    Ok(Verdict {
        right,
        reaction,
        answer: match (answer, found) {
            (Some(option), _) => option.text.clone(),
            (None, ExperimentValue::Word(word)) => word.clone(),
            (None, ExperimentValue::Number(number)) => shown(*number),
        },
        given: letter(index).to_string(),
        picked,
    })
}

/// The letter of an option: `a` is the first.
pub fn letter(index: usize) -> char {
    char::from(b'a' + (index % 26) as u8)
}

fn choice(options: &[QuestionOption], given: &str) -> Result<Verdict, String> {
    let picked = letters(options.len(), given)?;
    let [index] = picked[..] else {
        return Err("one option is right: write one letter, as in b".to_owned());
    };
    let option = &options[index];
    Ok(Verdict {
        right: option.right,
        reaction: (!option.right).then(|| option.reaction.clone()),
        answer: right_options(options),
        given: letter(index).to_string(),
        picked,
    })
}

fn multi(options: &[QuestionOption], given: &str) -> Result<Verdict, String> {
    let mut picked = letters(options.len(), given)?;
    picked.sort_unstable();
    let wrongly = |index: &usize| !options[*index].right;
    let left_out = (0..options.len()).filter(|at| options[*at].right && !picked.contains(at));
    let left_out: Vec<usize> = left_out.collect();
    // What was wrongly chosen says more about the learner than what was left out.
    let reaction = match picked.iter().copied().find(wrongly) {
        Some(index) => Some(options[index].reaction.clone()),
        None if left_out.is_empty() => None,
        None => Some(missed(options, &left_out)),
    };
    let given: Vec<_> = picked.iter().map(|at| letter(*at).to_string()).collect();
    Ok(Verdict {
        right: reaction.is_none(),
        reaction,
        answer: right_options(options),
        given: given.join(" "),
        picked,
    })
}

/// What is said where right options were left out: what the first of them says, or how many there are.
fn missed(options: &[QuestionOption], left_out: &[usize]) -> Reaction {
    let said = left_out.iter().map(|index| &options[*index].reaction);
    said.clone()
        .find(|reaction| !reaction.feedback.is_empty())
        .cloned()
        .unwrap_or_else(|| Reaction {
            misconception: String::new(),
            feedback: match left_out.len() {
                1 => "What you chose is right; one more option is.".to_owned(),
                more => format!("What you chose is right; {more} more options are."),
            },
        })
}

fn right_options(options: &[QuestionOption]) -> String {
    let right = options
        .iter()
        .enumerate()
        .filter(|(_, option)| option.right);
    let named: Vec<_> = right
        .map(|(index, option)| format!("{}) {}", letter(index), option.text))
        .collect();
    named.join("; ")
}

/// The options that an answer names, by letter or by number from 1, each once.
fn letters(count: usize, given: &str) -> Result<Vec<usize>, String> {
    let last = letter(count.saturating_sub(1));
    let not_an_option =
        |word: &str| format!("'{word}' is not an option: write a letter from a to {last}");
    let mut picked = Vec::new();
    for word in words(given) {
        let indices = match word.parse::<usize>() {
            Ok(number) => vec![number.wrapping_sub(1)],
            // `ac` is `a c`.
            Err(_) => word
                .chars()
                .map(|c| (c.to_ascii_lowercase() as usize).wrapping_sub('a' as usize))
                .collect(),
        };
        if indices.iter().any(|index| *index >= count) {
            return Err(not_an_option(word));
        }
        for index in indices {
            if !picked.contains(&index) {
                picked.push(index);
            }
        }
    }
    if picked.is_empty() {
        return Err(format!(
            "nothing is answered: write a letter from a to {last}"
        ));
    }
    Ok(picked)
}

/// The words of an answer: parted by spaces, commas and semicolons, without `)` and `.` behind a letter.
fn words(given: &str) -> impl Iterator<Item = &str> {
    given
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .map(|word| word.trim_matches(|c| "().".contains(c)))
        .filter(|word| !word.is_empty())
}

/// The right answer of a number question.
fn right_number(
    answer: Option<f64>,
    run: Option<&(TransferSpec, Query)>,
    summary: Option<&Summary>,
) -> Result<f64, String> {
    match (answer, run, summary) {
        (Some(answer), _, _) => Ok(answer),
        (None, Some((_, query)), Some(summary)) => figure(query, summary),
        (None, Some((spec, _)), None) => Err(format!(
            "the answer is a figure of a run that has not been made: run {} first",
            spec.method
        )),
        (None, None, _) => Err("the question has no answer".to_owned()),
    }
}

fn figure(query: &Query, summary: &Summary) -> Result<f64, String> {
    query.of(summary).ok_or_else(|| {
        let which = if query.is_measured() {
            "untraced"
        } else {
            "traced"
        };
        format!("this run has no {query}: it needs the {which} run, which could not be made here")
    })
}

/// What a number is compared with.
struct Scale<'a> {
    answer: f64,
    tolerance: f64,
    unit: &'a str,
}

impl Scale<'_> {
    fn judge(&self, guess: f64, wrong: &[WrongNumber], otherwise: Option<&Reaction>) -> Verdict {
        let right = is_near(guess, self.answer, self.tolerance);
        let known = wrong
            .iter()
            .filter(|wrong| is_near(guess, wrong.answer, 0.0))
            .map(|wrong| &wrong.reaction)
            .next();
        Verdict {
            right,
            reaction: known.or(otherwise).filter(|_| !right).cloned(),
            answer: with_unit(self.answer, self.unit),
            given: guess.to_string(),
            picked: Vec::new(),
        }
    }
}

/// Within the tolerance, and within what a decimal fraction loses in binary.
fn is_near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance + 1e-9 * a.abs().max(b.abs())
}

/// `1 048 576 bytes`, `2 copies a byte`; a no-break space before the unit.
pub fn with_unit(number: f64, unit: &str) -> String {
    let shown = shown(number);
    match unit {
        "" => shown,
        "%" => format!("{shown}\u{a0}%"),
        unit => format!("{shown}\u{a0}{unit}"),
    }
}

/// A number for people: in groups of three, at most three decimals.
fn shown(number: f64) -> String {
    let sign = if number < 0.0 { "-" } else { "" };
    let rounded = (number.abs() * 1000.0).round() / 1000.0;
    if rounded.fract() == 0.0 && rounded < 1e15 {
        return format!("{sign}{}", grouped(rounded as u64));
    }
    if rounded >= 1e15 {
        return format!("{number:e}");
    }
    let fraction = format!("{:.3}", rounded.fract());
    let fraction = fraction.trim_start_matches('0').trim_end_matches('0');
    format!("{sign}{}{fraction}", grouped(rounded.trunc() as u64))
}

/// Reads a number as people type it: `66`, `1 048 576`, `2.0`, `2,0`, `66 calls`, and sizes (`1MiB`) where the
/// unit is bytes.
///
/// # Errors
/// One line on how to write it.
pub fn number(given: &str, unit: &str) -> Result<f64, String> {
    let given = given.trim();
    if given.is_empty() {
        return Err("nothing is answered: write a number".to_owned());
    }
    let not_a_number = || format!("'{given}' is not a number: write it as 66, 1 048 576 or 2.5");
    let end = given
        .find(|c: char| !(c.is_ascii_digit() || c.is_whitespace() || "+-.,_".contains(c)))
        .unwrap_or(given.len());
    let (digits, suffix) = given.split_at(end);
    let value = plain_number(digits.trim()).ok_or_else(not_a_number)?;
    let suffix = suffix.trim();
    let is_unit = |name: &str| suffix.eq_ignore_ascii_case(name);
    if suffix.is_empty() || is_unit(unit) || is_unit(unit.trim_end_matches('s')) {
        return Ok(value);
    }
    let in_bytes = ["byte", "bytes", "B"].contains(&unit);
    match format!("1{suffix}").parse::<Size>() {
        Ok(size) if in_bytes => Ok(value * size.bytes() as f64),
        _ if unit.is_empty() => Err(not_a_number()),
        _ => Err(format!(
            "'{given}' is not a number of {unit}: write the number alone, as in 66"
        )),
    }
}

/// Digits with an optional sign, groups of three and one decimal sign, which may be a comma.
fn plain_number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_comma_group = |text: &str| {
        let mut groups = text.split(',');
        let first = groups.next().unwrap_or_default();
        let groups: Vec<_> = groups.collect();
        (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && !groups.is_empty()
            && groups.iter().all(|group| group.len() == 3)
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some(parts) => parts,
        None if is_comma_group(digits) => (digits, ""),
        None => digits.split_once(',').unwrap_or((digits, "")),
    };
    let whole = if is_comma_group(whole) {
        whole.replace(',', " ")
    } else {
        whole.to_owned()
    };
    let whole = ungrouped(&whole)?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let value: f64 = format!("{whole}.{fraction}0").parse().ok()?;
    value.is_finite().then_some(sign * value)
}

/// The digits of groups of three: `1 048 576`, `1_048_576`.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(|c: char| c.is_whitespace() || c == '_');
    let first = groups.next()?;
    let rest: Vec<_> = groups.collect();
    let grouped = rest.is_empty()
        || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    let digits: String = std::iter::once(first).chain(rest).collect();
    (grouped && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The lines of an order question as they are presented, lines and distractors mixed: always the same for the
/// same question, and never in the right order. Empty for another kind of question.
pub fn presented(question: &Question) -> Vec<&str> {
    let QuestionKind::Order {
        lines, distractors, ..
    } = &question.kind
    else {
        return Vec::new();
    };
    let distractors = distractors.iter().map(|line| &line.text);
    let mut mixed: Vec<&str> = lines
        .iter()
        .chain(distractors)
        .map(String::as_str)
        .collect();
    Chance::of(&question.id).shuffle(&mut mixed);
    let in_order = |mixed: &[&str]| {
        let shown = mixed
            .iter()
            .filter(|text| lines.iter().any(|line| line == *text));
        shown.eq(lines.iter())
    };
    // A turn puts another line first; one of them is no beginning of the right order.
    for _ in 0..mixed.len() {
        if !in_order(&mixed) {
            break;
        }
        mixed.rotate_left(1);
    }
    mixed
}

fn order(
    question: &Question,
    lines: &[String],
    distractors: &[QuestionOption],
    otherwise: &Reaction,
    given: &str,
) -> Result<Verdict, String> {
    let shown = presented(question);
    let picked = positions(shown.len(), given)?;
    let is_right = picked
        .iter()
        .map(|at| shown[*at])
        .eq(lines.iter().map(String::as_str));
    let intruder = picked.iter().find_map(|at| {
        let chosen = shown[*at];
        distractors.iter().find(|line| line.text == chosen)
    });
    let reaction = match intruder {
        Some(line) => line.reaction.clone(),
        None if picked.len() < lines.len() => too_few(lines.len() - picked.len()),
        None => otherwise.clone(),
    };
    let numbers = |picked: &[usize]| {
        let numbers: Vec<_> = picked.iter().map(|at| (at + 1).to_string()).collect();
        numbers.join(" ")
    };
    Ok(Verdict {
        right: is_right,
        reaction: (!is_right).then_some(reaction),
        answer: numbers(&right_positions(&shown, lines)),
        given: numbers(&picked),
        picked,
    })
}

/// What is said where every line belongs, and some are missing.
fn too_few(missing: usize) -> Reaction {
    Reaction {
        misconception: String::new(),
        feedback: match missing {
            1 => "What you chose belongs; one more line does.".to_owned(),
            more => format!("What you chose belongs; {more} more lines do."),
        },
    }
}

/// The right order of an order question, as places among the lines presented, from 0. Empty for another kind.
pub fn right_order(question: &Question) -> Vec<usize> {
    match &question.kind {
        QuestionKind::Order { lines, .. } => right_positions(&presented(question), lines),
        _ => Vec::new(),
    }
}

/// Where the lines stand among those presented; of equal lines each is taken once.
fn right_positions(shown: &[&str], lines: &[String]) -> Vec<usize> {
    let mut taken = Vec::new();
    for line in lines {
        let free = |at: &usize| shown[*at] == line && !taken.contains(at);
        if let Some(at) = (0..shown.len()).find(free) {
            taken.push(at);
        }
    }
    taken
}

/// The lines that an answer names by their numbers, each once.
fn positions(count: usize, given: &str) -> Result<Vec<usize>, String> {
    let mut picked = Vec::new();
    for word in words(given) {
        let number = word
            .parse()
            .ok()
            .filter(|number| (1..=count).contains(number));
        let Some(number) = number else {
            return Err(format!(
                "'{word}' is not a line: write numbers from 1 to {count}, as in 3 1 2"
            ));
        };
        if picked.contains(&(number - 1)) {
            return Err(format!(
                "line {number} stands there twice: write each number once"
            ));
        }
        picked.push(number - 1);
    }
    if picked.is_empty() {
        return Err(format!(
            "nothing is answered: write the lines' numbers in their order, from 1 to {count}"
        ));
    }
    Ok(picked)
}

#[cfg(test)]
mod tests;
