//! Foreign text: names of files, programs, sockets and arguments are bytes that anybody may have chosen.
//!
//! [`text_of`] takes them in, so that two names stay two; [`visible`] is applied where text is shown, so that none of
//! them moves the cursor, changes the title or turns a line round. Between the two they are what they are.

use std::{borrow::Cow, ffi::OsStr, fmt::Write};

/// Bytes as text, no two alike: a byte that is no UTF-8 is `\xff`, and a backslash that would begin such a sequence is
/// `\x5c`.
pub fn text_of(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        for (at, c) in valid.char_indices() {
            match c == '\\' && is_sequence(&valid.as_bytes()[at..]) {
                true => out.push_str("\\x5c"),
                false => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Whether this begins as `\xff`.
fn is_sequence(bytes: &[u8]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    matches!(bytes, [b'\\', b'x', digits @ ..] if digits.len() >= 2 && digits[..2].iter().all(is_hex))
}

/// Text that a terminal shows and does not obey: a control character is `\n`, `\x1b` or `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_obeyed)
}

/// A path or an argument, to be shown.
pub fn visible_name(name: impl AsRef<OsStr>) -> String {
    visible(&text_of(name.as_ref().as_encoded_bytes())).into_owned()
}

/// The same of text of several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_obeyed(c) && c != '\n')
}

/// A JSON document as a terminal may show it: such characters stand in strings alone, where JSON has its own escapes.
pub fn visible_json(document: &str) -> Cow<'_, str> {
    let foreign = |c: char| is_obeyed(c) && c != '\n';
    if !document.contains(foreign) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        let _ = match foreign(c) {
            true => write!(out, "\\u{:04x}", u32::from(c)),
            false => out.write_char(c),
        };
    }
    Cow::Owned(out)
}

/// C0, DEL and C1; what changes the direction of text (UAX #9) or ends a line (UAX #14).
pub(crate) fn is_obeyed(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, is_foreign: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_foreign) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            _ if !is_foreign(c) => out.push(c),
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            '\0'..='\x7f' => drop(write!(out, "\\x{:02x}", u32::from(c))),
            _ => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_a_byte_are_two() {
        let names: [&[u8]; 6] = [
            b"bad\xff",
            b"bad\xfe",
            b"bad\\xff",
            b"bad\\x5cxff",
            "bad\u{fffd}".as_bytes(),
            b"bad\\",
        ];
        let texts = names.map(text_of);
        assert_eq!(texts[0], "bad\\xff");
        assert_eq!(texts[2], "bad\\x5cxff");
        for (place, text) in texts.iter().enumerate() {
            assert!(!texts[..place].contains(text), "{texts:?}");
        }
        assert_eq!(text_of("/tmp/größe \\n".as_bytes()), "/tmp/größe \\n");
    }

    #[test]
    fn no_control_character_is_left() {
        let text = "a\x1b[2J\r\n\tb\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}é→";
        assert_eq!(
            visible(text),
            "a\\x1b[2J\\r\\n\\tb\\x7f\\u{9b}\\u{202e}\\u{2066}\\u{2028}é→"
        );
        assert_eq!(visible_lines("one\n\x1btwo\n"), "one\n\\x1btwo\n");
        let json = "{\n  \"name\": \"\u{9b}\u{202e}é\"\n}";
        assert_eq!(visible_json(json), "{\n  \"name\": \"\\u009b\\u202eé\"\n}");
    }
}
