//! Keys and mouse, from the terminal to the channel. The bytes are read here, and not by crossterm: its reader
//! can miss a key that comes together with a change of size, and would then be asked for it without end.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::read,
};

use super::{
    background,
    message::{Message, Messages, spawn},
};
use crate::app::{Event, Key, Mouse};

/// A sequence that is longer than this is none that anybody types.
const LONGEST: usize = 64;

/// So long an escape waits for what makes it the beginning of an awaited answer, and not the key.
const SPLIT_MS: u8 = 50;

/// Reads the terminal in a thread of its own, until it is gone; first what was typed before.
///
/// # Errors
/// No thread can be had: no key would come.
pub fn listen(sender: Messages, typed: Vec<u8>) -> io::Result<()> {
    let read = move || {
        read_all(io::stdin().as_fd(), &sender, typed);
        let _ = sender.send(Message::Closed);
    };
    spawn(read).map(drop)
}

fn read_all(terminal: BorrowedFd, sender: &Messages, typed: Vec<u8>) {
    let mut bytes = [0; 4096];
    let mut waiting = typed;
    loop {
        let is_split = waiting.last() == Some(&0x1b) && background::is_awaited();
        if !is_split {
            for message in messages(&mut waiting) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        }
        let timeout = if is_split {
            SPLIT_MS.into()
        } else {
            PollTimeout::NONE
        };
        let mut fds = [PollFd::new(terminal, PollFlags::POLLIN)];
        let ready = poll(&mut fds, timeout).and_then(|ready| match ready {
            0 => Ok(None),
            _ => read(terminal, &mut bytes).map(Some),
        });
        match ready {
            // Nothing follows the escape: the key.
            Ok(None) => background::give_up(),
            Ok(Some(0)) => return,
            Ok(Some(count)) => waiting.extend_from_slice(&bytes[..count]),
            Err(Errno::EINTR | Errno::EAGAIN) => continue,
            Err(_) => return,
        }
    }
}

/// Takes the whole keys and mouse reports from the bytes; the beginning of one stays.
fn messages(bytes: &mut Vec<u8>) -> Vec<Message> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match one(&bytes[at..]) {
            Some((message, used)) => {
                found.extend(message);
                at += used;
            }
            None if bytes.len() - at > LONGEST => at = bytes.len(),
            None => break,
        }
    }
    bytes.drain(..at);
    found
}

/// The first key or report, if it means something here, and its length. None: it is not whole yet.
fn one(bytes: &[u8]) -> Option<(Option<Message>, usize)> {
    let key = |key| Some(pressed(key));
    match bytes {
        // An escape that nothing follows is the key itself.
        [0x1b] => Some((key(Key::Esc), 1)),
        [0x1b, b'[', rest @ ..] => {
            let end = rest.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
            Some((sequence(&rest[..end], rest[end]), end + 3))
        }
        [0x1b, b']', rest @ ..] if is_answer(rest) => {
            let (background, used) = background::answer(bytes)?;
            Some((background.map(Message::Background), used))
        }
        [0x1b, b'O', last, ..] => Some((sequence(&[], *last), 3)),
        [0x1b, b'O'] => None,
        // Escape and the next key, typed fast: Alt means nothing here.
        [0x1b, ..] => Some((key(Key::Esc), 1)),
        [b'\r' | b'\n', ..] => Some((key(Key::Enter), 1)),
        [b'\t', ..] => Some((key(Key::Tab), 1)),
        [0x7f | 0x08, ..] => Some((key(Key::Backspace), 1)),
        [control @ 1..=26, ..] => Some((key(Key::Ctrl(char::from(control + b'a' - 1))), 1)),
        [0..=31, ..] => Some((None, 1)),
        _ => character(bytes),
    }
}

/// Whether these may be the beginning of the terminal's answer, or all of it; else they were typed.
fn is_answer(rest: &[u8]) -> bool {
    let expected = &background::ANSWER[2..];
    let known = rest.len().min(expected.len());
    rest[..known] == expected[..known]
}

fn pressed(key: Key) -> Message {
    Message::Event(Event::Key(key))
}

/// A character in UTF-8.
fn character(bytes: &[u8]) -> Option<(Option<Message>, usize)> {
    let length = match bytes[0] {
        ..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => return Some((None, 1)),
    };
    let text = bytes.get(..length)?;
    let c = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.chars().next());
    Some((
        c.map(|c| pressed(Key::Char(c))),
        if c.is_some() { length } else { 1 },
    ))
}

/// What stands between `ESC [` and its last byte.
fn sequence(parameters: &[u8], last: u8) -> Option<Message> {
    let text = std::str::from_utf8(parameters).ok()?;
    if let Some(report) = text.strip_prefix('<') {
        return mouse(report, last).map(Message::Mouse);
    }
    if last == b'n' {
        return background::change(text).map(Message::Background);
    }
    let first = text.split(';').next().unwrap_or_default();
    let key = match (last, first) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', "1" | "7") => Key::Home,
        (b'F', _) | (b'~', "4" | "8") => Key::End,
        (b'Z', _) => Key::Tab,
        (b'~', "3") => Key::Backspace,
        (b'~', "5") => Key::PageUp,
        (b'~', "6") => Key::PageDown,
        _ => return None,
    };
    Some(pressed(key))
}

/// A report in the SGR form: `button;column;row`, both from 1; `M` pressed or moved, `m` let go.
fn mouse(report: &str, last: u8) -> Option<Mouse> {
    let mut numbers = report.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let (x, y) = (column.checked_sub(1)?, row.checked_sub(1)?);
    match (button, last) {
        (0, b'M') => Some(Mouse::Press(x, y)),
        (32, b'M') => Some(Mouse::Drag(x, y)),
        (64, b'M') => Some(Mouse::Wheel(-1)),
        (65, b'M') => Some(Mouse::Wheel(1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
        let mut bytes = bytes.to_vec();
        let said = messages(&mut bytes)
            .into_iter()
            .map(|message| match message {
                Message::Event(Event::Key(key)) => format!("{key:?}"),
                Message::Mouse(mouse) => format!("{mouse:?}"),
                Message::Background(background) => format!("{background:?}"),
                _ => "?".to_owned(),
            });
        (said.collect(), bytes)
    }

    #[test]
    fn keys_and_reports_are_told_apart() {
        let (said, left) =
            read(b"a\x1b[A\x1bOD\x1b[5~\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<65;1;1M\r\x1a\x1b");
        let expected = [
            "Char('a')",
            "Up",
            "Left",
            "PageUp",
            "Press(2, 3)",
            "Wheel(1)",
            "Enter",
            "Ctrl('z')",
            "Esc",
        ];
        assert_eq!(said, expected);
        assert!(left.is_empty());
    }

    #[test]
    fn the_background_is_told_among_keys() {
        let (said, left) = read(b"a\x1b]11;rgb:ffff/ffff/ffff\x1b\\b\x1b[?997;1n\x1b[?62;4c");
        assert_eq!(said, ["Char('a')", "Light", "Char('b')", "Dark"]);
        assert!(left.is_empty());
        assert_eq!(read(b"\x1b]11;rgb:ff").1, b"\x1b]11;rgb:ff");
        // Alt and a bracket, and what is typed then.
        assert_eq!(read(b"\x1b]j").0, ["Esc", "Char(']')", "Char('j')"]);
    }

    #[test]
    fn a_sequence_that_is_not_whole_waits_and_nonsense_is_dropped() {
        assert_eq!(read(b"\x1b[<0;3").1, b"\x1b[<0;3");
        assert_eq!(
            read("é\u{1b}x!".as_bytes()).0,
            ["Char('é')", "Esc", "Char('x')", "Char('!')"]
        );
        assert!(
            read(&[b"\x1b[".to_vec(), vec![b'0'; 100]].concat())
                .1
                .is_empty()
        );
    }
}
