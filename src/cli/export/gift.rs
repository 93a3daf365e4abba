//! GIFT, the text format that Moodle imports.
//!
//! Written after Moodle's own reader (question/format/gift/format.php) and its manual: `~ = # { } :` and the backslash
//! are escaped by a backslash, an empty line ends a question, `####` begins what is said in the end. A weight is one
//! or two digits, so that `%100%` is none: a whole point is written by `=`.

use crate::{
    course::draw,
    course::{Lesson, Question, QuestionKind, QuestionOption, Reaction},
};

/// Questions with drawn values are written so many times, each with other values.
const DRAWINGS: u64 = 3;

/// Where the questions of a lesson are filed.
pub fn category(lesson: &Lesson) -> String {
    let title = lesson.title.replace('/', "//");
    format!(
        "\n$CATEGORY: $course$/top/zclab/{:02} {title}\n\n",
        lesson.number
    )
}

/// A question; none where its answer is not known. `recorded` is the answer where a run gives it.
pub fn question(question: &Question, recorded: Option<f64>) -> Option<String> {
    if draw::is_drawn(question) {
        let each = (0..DRAWINGS).filter_map(|turn| {
            let mut asked = draw::asked(question, turn);
            asked.id = format!("{}-{}", question.id, turn + 1);
            one(&asked, None)
        });
        return Some(each.collect());
    }
    one(question, recorded)
}

fn one(question: &Question, recorded: Option<f64>) -> Option<String> {
    let mut text = format!(
        "::{}::[markdown]{}",
        escaped(&question.id),
        escaped(&question.text)
    );
    let answers = match &question.kind {
        QuestionKind::Choice(options) => choice(options),
        QuestionKind::Multi(options) => multi(options),
        QuestionKind::Number {
            answer,
            tolerance,
            wrong,
            otherwise,
            unit,
            ..
        } => {
            text += &format!(" ({})", escaped(unit));
            let right = answer.or(recorded)?;
            let mut answers = format!("#\n={right}:{tolerance}\n");
            for wrong in wrong {
                answers += &format!("=%0%{}:0{}\n", wrong.answer, said(&wrong.reaction));
            }
            answers + &format!("~{}\n", said(otherwise))
        }
        QuestionKind::Order {
            lines, distractors, ..
        } => {
            let places = lines.iter().enumerate();
            let mut answers: String = places
                .map(|(at, line)| format!("={}. -> {}\n", at + 1, side(line)))
                .collect();
            for line in distractors {
                answers += &format!("= -> {}\n", side(&line.text));
            }
            answers
        }
        QuestionKind::Match { pairs, distractors } => {
            let pairs = pairs
                .iter()
                .map(|pair| format!("={} -> {}\n", side(&pair.left), side(&pair.right)));
            let rest = distractors
                .iter()
                .map(|right| format!("= -> {}\n", side(right)));
            pairs.chain(rest).collect()
        }
        QuestionKind::Bug {
            lines,
            bug,
            wrong,
            otherwise,
        } => {
            text += "\\n";
            let mut answers = String::new();
            for (at, line) in lines.iter().enumerate() {
                text += &format!("\\n    {}  {}", at + 1, escaped(line));
                let named = wrong.iter().find(|wrong| wrong.line == at);
                let reaction = named.map_or(otherwise, |wrong| &wrong.reaction);
                let (mark, said) = match at == *bug {
                    true => ('=', String::new()),
                    false => ('~', said(reaction)),
                };
                answers += &format!("{mark}line {}{said}\n", at + 1);
            }
            answers
        }
        QuestionKind::Drawn(_) => return None,
    };
    Some(format!(
        "{text} {{{answers}####{}\n}}\n\n",
        escaped(&question.explain)
    ))
}

fn choice(options: &[QuestionOption]) -> String {
    let option = |option: &QuestionOption| {
        let mark = if option.right { '=' } else { '~' };
        format!(
            "{mark}{}{}\n",
            escaped(&option.text),
            said(&option.reaction)
        )
    };
    format!("\n{}", options.iter().map(option).collect::<String>())
}

/// Each right one is worth its share, and a wrong one costs as much as the wrong ones share, half at most.
fn multi(options: &[QuestionOption]) -> String {
    let right = options.iter().filter(|option| option.right).count();
    if right == 1 {
        return choice(options);
    }
    let wrong = options.len() - right;
    let share = |count: usize| {
        let share = format!("{:.5}", (100.0 / count.max(1) as f64).min(50.0));
        share.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let option = |option: &QuestionOption| {
        let weight = match option.right {
            true => share(right),
            false => format!("-{}", share(wrong)),
        };
        format!(
            "~%{weight}%{}{}\n",
            escaped(&option.text),
            said(&option.reaction)
        )
    };
    format!("\n{}", options.iter().map(option).collect::<String>())
}

/// `#` and what is said to an answer; nothing where nothing is.
fn said(reaction: &Reaction) -> String {
    if reaction.feedback.is_empty() {
        return String::new();
    }
    format!("#{}", escaped(reaction.markdown().trim()))
}

/// A side of a pair: an arrow in it would part it.
fn side(text: &str) -> String {
    escaped(&text.trim().replace("->", "→"))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '~' | '=' | '#' | '{' | '}' | ':' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_gift_is_escaped() {
        assert_eq!(escaped(r"a = {b} # ~c: \n"), r"a \= \{b\} \# \~c\: \\n");
        assert_eq!(escaped("one\n\ntwo"), r"one\n\ntwo");
        assert_eq!(side("p->q"), "p→q");
    }
}
