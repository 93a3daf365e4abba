//! GIFT, the text format that Moodle imports.
//!
//! Written after Moodle's own reader (question/format/gift/format.php) and its manual: `~ = # { } :` and the backslash
//! are escaped by a backslash, an empty line ends a question, `####` begins what is said in the end. A weight is one
//! or two digits, so that `%100%` is none: a whole point is written by `=`.

use super::{Course, Entry, weight};
use crate::course::kinds::item::{ItemForm, ItemOption};

/// All of it.
pub(super) fn write(course: &Course) -> String {
    let mut text =
        String::from("// Questions of zclab: Moodle imports them as GIFT, with their feedback.\n");
    for lesson in &course.lessons {
        let category = lesson.category();
        text += &format!("\n$CATEGORY: {category}\n\n");
        text.extend(lesson.entries.iter().map(question));
    }
    text
}

fn question(entry: &Entry) -> String {
    format!(
        "::{}::[markdown]{} {{{}####{}\n}}\n\n",
        escaped(&entry.id),
        escaped(&entry.text()),
        answers(&entry.item.form),
        escaped(&entry.explanation)
    )
}

fn answers(form: &ItemForm) -> String {
    match form {
        ItemForm::Choice { options, .. } => {
            let option = |option: &ItemOption| {
                let reply = reply(option.feedback.as_deref());
                format!(
                    "{}{}{reply}\n",
                    mark(option, options),
                    escaped(&option.text)
                )
            };
            let options: String = options.iter().map(option).collect();
            format!("\n{options}")
        }
        ItemForm::Number {
            right,
            tolerance,
            wrong,
            otherwise,
        } => {
            let mut answers = format!("#\n={right}:{tolerance}\n");
            for (value, feedback) in wrong {
                answers += &format!("=%0%{value}:0{}\n", reply(feedback.as_deref()));
            }
            answers + &format!("~{}\n", reply(otherwise.as_deref()))
        }
        ItemForm::Pairs { pairs, others } => {
            let pairs = pairs.iter().map(|(left, right)| pair(left, right));
            pairs
                .chain(others.iter().map(|right| pair("", right)))
                .collect()
        }
    }
}

/// What stands before an option.
fn mark(option: &ItemOption, all: &[ItemOption]) -> String {
    match weight(option, all) {
        Some(weight) => format!("~%{weight}%"),
        None if option.right => "=".to_owned(),
        None => "~".to_owned(),
    }
}

/// `#` and what is said to an answer; nothing where nothing is.
fn reply(feedback: Option<&str>) -> String {
    feedback.map_or_else(String::new, |text| format!("#{}", escaped(text)))
}

/// A pair; nothing on the left, and the right side belongs to nothing. An arrow in a side would part it.
fn pair(left: &str, right: &str) -> String {
    format!("={} -> {}\n", side(left), side(right))
}

fn side(text: &str) -> String {
    escaped(&text.trim().replace("->", "→"))
}

/// A text without what means something in GIFT.
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
