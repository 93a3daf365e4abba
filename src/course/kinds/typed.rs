//! Answers as people type them: `b`, `a c`, `66`, `1 048 576`, `1MiB`, `3 1 2`.

use crate::model::{Given, Size, grouped};

/// Which place in the alphabet a letter has, from 0; of another character a large number.
pub(super) fn place(letter: char) -> usize {
    (letter.to_ascii_lowercase() as usize).wrapping_sub('a' as usize)
}

/// The options that an answer names, by letter or by number from 1, each once.
pub(crate) fn letters(count: usize, given: &str) -> Result<Vec<usize>, String> {
    let last = Given::letter(count.saturating_sub(1));
    let mut picked = Vec::new();
    for word in words(given) {
        let indices = match word.parse::<usize>() {
            Ok(number) => vec![number.wrapping_sub(1)],
            // `ac` is `a c`.
            Err(_) => word.chars().map(place).collect(),
        };
        if indices.iter().any(|index| *index >= count) {
            return Err(format!(
                "'{word}' is not an option: write a letter from a to {last}"
            ));
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
pub(super) fn words(given: &str) -> impl Iterator<Item = &str> {
    let words = given.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let words = words.map(|word| word.trim_matches(|c| "().".contains(c)));
    words.filter(|word| !word.is_empty())
}

/// Within the tolerance, and within what a decimal fraction loses in binary.
pub(super) fn is_near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance + 1e-9 * a.abs().max(b.abs())
}

/// `1 048 576 bytes`, `2 copies a byte`; a no-break space before the unit.
pub(crate) fn with_unit(number: f64, unit: &str) -> String {
    let shown = shown(number);
    match unit {
        "" => shown,
        "%" => format!("{shown}\u{a0}%"),
        unit => format!("{shown}\u{a0}{unit}"),
    }
}

/// A number for people: in groups of three, at most three decimals.
pub(super) fn shown(number: f64) -> String {
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
pub(crate) fn number(given: &str, unit: &str) -> Result<f64, String> {
    let given = given.trim();
    if given.is_empty() {
        return Err("nothing is answered: write a number".to_owned());
    }
    let not_a_number = || format!("'{given}' is not a number: write it as 66, 1 048 576 or 2.5");
    let is_digit = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.,_".contains(c);
    let end = given.find(|c| !is_digit(c)).unwrap_or(given.len());
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
    let whole = match is_comma_group(whole) {
        true => ungrouped(&whole.replace(',', " "))?,
        false => ungrouped(whole)?,
    };
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

/// The lines that an answer names by their numbers, each once.
pub(crate) fn positions(count: usize, given: &str) -> Result<Vec<usize>, String> {
    let mut picked = Vec::new();
    for word in words(given) {
        let number = word.parse().ok();
        let Some(number) = number.filter(|number| (1..=count).contains(number)) else {
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

/// Pairs of a number on the left and a letter on the right, each left once: `1c 2a`; `1 c`, `1-c` and `1=c` are `1c`.
pub(crate) fn pairs(
    lefts: usize,
    rights: usize,
    typed: &str,
) -> Result<Vec<(usize, usize)>, String> {
    let last = Given::letter(rights.saturating_sub(1));
    let how =
        format!("write a number from 1 to {lefts} and a letter from a to {last}, as in 1c 2a");
    let mut chosen = vec![None; lefts];
    let is_between = |c: char| c.is_whitespace() || ",;-=:().".contains(c);
    let packed: String = typed.chars().filter(|c| !is_between(*c)).collect();
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let digits = digits.unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let side = after.chars().next();
        let left = number.parse::<usize>().ok();
        let left = left.filter(|left| (1..=lefts).contains(left));
        let right = side.map(place).filter(|right| *right < rights);
        let (Some(left), Some(right)) = (left, right) else {
            let shown: String = rest.chars().take(digits + 1).collect();
            return Err(format!("'{shown}' is not a pair: {how}"));
        };
        if chosen[left - 1].replace(right).is_some() {
            return Err(format!("{left} stands there twice: write each number once"));
        }
        rest = &after[side.map_or(0, char::len_utf8)..];
    }
    let pairs = (0..).zip(chosen);
    let pairs: Vec<_> = pairs
        .filter_map(|(left, right)| Some((left, right?)))
        .collect();
    match pairs.is_empty() {
        true => Err(format!("nothing is answered: {how}")),
        false => Ok(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("66", 66.0),
            (" 1 048 576 ", 1_048_576.0),
            ("1\u{a0}048\u{a0}576", 1_048_576.0),
            ("1,048,576", 1_048_576.0),
            ("1_048_576", 1_048_576.0),
            ("2.0", 2.0),
            ("2,0", 2.0),
            ("0,125", 0.125),
            (".5", 0.5),
            ("-3", -3.0),
            ("1MiB", 1_048_576.0),
            ("64 KiB", 65536.0),
            ("1,5 KiB", 1536.0),
            ("12 bytes", 12.0),
            ("1 byte", 1.0),
        ] {
            assert_eq!(number(text, "bytes"), Ok(value), "{text}");
        }
        for text in [
            "", "x", "1.2.3", "1 2", "12 34", "--1", "1e5", "inf", "nan", ".", "1MB", "5 calls",
        ] {
            assert!(number(text, "bytes").is_err(), "{text}");
        }
        assert!(number("1MiB", "calls").is_err());
        assert_eq!(number("66 calls", "calls"), Ok(66.0));
    }

    #[test]
    fn numbers_are_shown_in_groups_with_their_unit() {
        assert_eq!(with_unit(66.0, "calls"), "66\u{a0}calls");
        assert_eq!(with_unit(1_048_576.5, "x"), "1\u{a0}048\u{a0}576.5\u{a0}x");
        assert_eq!(with_unit(2.0, ""), "2");
    }
}
