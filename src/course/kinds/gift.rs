//! GIFT, the text format that Moodle imports.
//!
//! Written after Moodle's own reader (question/format/gift/format.php) and its manual: `~ = # { } :` and the backslash
//! are escaped by a backslash, an empty line ends a question, `####` begins what is said in the end. A weight is one
//! or two digits, so that `%100%` is none: a whole point is written by `=`.

use super::{kind::feedback, verdict::Reaction};

/// `#` and what is said to an answer; nothing where nothing is.
pub(super) fn reply(reaction: &Reaction) -> String {
    feedback(reaction).map_or_else(String::new, |text| format!("#{}", escaped(&text)))
}

/// A pair; nothing on the left, and the right side belongs to nothing. An arrow in a side would part it.
pub(super) fn pair(left: &str, right: &str) -> String {
    format!("={} -> {}\n", side(left), side(right))
}

fn side(text: &str) -> String {
    escaped(&text.trim().replace("->", "→"))
}

/// A text without what means something in GIFT.
pub fn escaped(text: &str) -> String {
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
