//! `Range: bytes=...`, a single one (RFC 9110, section 14).

use std::ops::Range;

/// What a Range header asks for, of a file of known size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// The whole file: the header is not understood, or asks for several ranges, and is passed over.
    Whole,
    /// These bytes: at least one.
    Part(Range<u64>),
    /// Nothing that the file has.
    Unsatisfiable,
}

/// Reads `bytes=first-last`, `bytes=first-` and `bytes=-count` for a file of `size` bytes.
pub(crate) fn select(header: &str, size: u64) -> Selected {
    let Some((first, last)) = specifier(header) else {
        return Selected::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Selected::Whole,
    };
    match part.is_empty() {
        true => Selected::Unsatisfiable,
        false => Selected::Part(part),
    }
}

fn specifier(header: &str) -> Option<(&str, &str)> {
    let (unit, set) = header.split_once('=')?;
    // A list may have empty elements (RFC 9110, section 5.6.1).
    let mut specifiers = set.split(',').map(str::trim).filter(|one| !one.is_empty());
    let (first, last) = specifiers.next()?.split_once('-')?;
    if specifiers.next().is_some() {
        return None;
    }
    (unit.trim().eq_ignore_ascii_case("bytes")).then_some((first, last))
}

/// A number of digits alone; one that is larger than any file stays larger than any file.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Selected::*, select};

    /// Those that no client of the server's own tests sends.
    #[test]
    fn odd_ranges() {
        for (header, of, selected) in [
            ("Bytes = 2-", 10, Part(2..10)),
            ("bytes=-30", 10, Part(0..10)),
            ("bytes=9-99999999999999999999999", 10, Part(9..10)),
            ("bytes=0-18446744073709551615", 10, Part(0..10)),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=99999999999999999999999-", 10, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=-5", 0, Unsatisfiable),
            ("bytes=,2-3,", 10, Part(2..4)),
            ("bytes=2-3,5-6", 10, Whole),
            ("bytes=,", 10, Whole),
            ("bytes", 10, Whole),
            ("bytes=-", 10, Whole),
            ("bytes=5-2", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("lines=1-2", 10, Whole),
            ("bytes=1 - 2", 10, Whole),
            ("bytes=--1", 10, Whole),
        ] {
            assert_eq!(select(header, of), selected, "{header}");
        }
    }
}
