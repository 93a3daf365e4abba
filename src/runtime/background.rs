//! What the terminal's background is: asked by OSC 11 (xterm, Operating System Commands), told again by mode 2031 where a
//! terminal changes between light and dark.

use std::{
    io::{self, Write},
    os::fd::AsFd,
    sync::Mutex,
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::read,
};

/// The question, and one that every terminal answers (DA1): when that answer comes first, the other never will.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";
/// How an answer begins.
pub(super) const ANSWER: &[u8] = b"\x1b]11;";
/// The first frame waits so long. A later answer is drawn by the next one.
const PATIENCE: Duration = Duration::from_millis(20);
/// An answer that has not come by then is not on its way.
const LATEST: Duration = Duration::from_millis(500);

/// When the terminal was asked, as long as it has not answered.
static ASKED: Mutex<Option<Instant>> = Mutex::new(None);

/// A terminal's background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light letters on it.
    Dark,
    /// Dark letters on it.
    Light,
}

/// Asks a terminal that is in raw mode. When that was; none: it could not be asked.
pub(super) fn ask() -> Option<Instant> {
    let mut out = io::stdout();
    out.write_all(QUESTION).and_then(|()| out.flush()).ok()?;
    let asked = Instant::now();
    set_asked(Some(asked));
    Some(asked)
}

/// What it answered, for which a moment is waited from when it was asked. What else came meanwhile was typed.
pub(super) fn answered(asked: Instant) -> (Option<Background>, Vec<u8>) {
    let mut came = Vec::new();
    let input = io::stdin();
    loop {
        let left = PATIENCE.saturating_sub(asked.elapsed());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut fds = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        let mut bytes = [0; 256];
        match poll(&mut fds, timeout) {
            Ok(1) => match read(input.as_fd(), &mut bytes) {
                Ok(count) if count > 0 => came.extend_from_slice(&bytes[..count]),
                _ => return (None, came),
            },
            _ => return (None, came),
        }
        if let Some(background) = take_answer(&mut came) {
            return (background, came);
        }
        if left.is_zero() {
            return (None, came);
        }
    }
}

/// Takes the answers out of what came. None: there is none so far.
fn take_answer(came: &mut Vec<u8>) -> Option<Option<Background>> {
    let start = came.windows(ANSWER.len()).position(|here| here == ANSWER)?;
    let (answer, length) = answer(&came[start..])?;
    came.drain(start..start + length);
    Some(answer)
}

/// The answer that bytes begin with, and its length. None: it is not whole.
pub(super) fn answer(bytes: &[u8]) -> Option<(Option<Background>, usize)> {
    let text = bytes.strip_prefix(ANSWER)?;
    let end = text.iter().position(|byte| [0x07, 0x1b].contains(byte))?;
    let length = match text[end..] {
        [0x07, ..] => 1,
        [0x1b, b'\\', ..] => 2,
        [0x1b] => return None,
        _ => 0, // another sequence: this one is broken off
    };
    set_asked(None);
    Some((colour(&text[..end]), ANSWER.len() + end + length))
}

/// `rgb:ffff/ffff/ffff`, with one to four digits a part (XParseColor(3)).
fn colour(text: &[u8]) -> Option<Background> {
    let text = std::str::from_utf8(text).ok()?;
    let (kind, parts) = text.split_once(':')?;
    (kind == "rgb" || kind == "rgba").then_some(())?;
    let mut parts = parts.split('/').map(|part| {
        let most = 16f64.powi(i32::try_from(part.len()).ok()?) - 1.0;
        let is_part = (1..=4).contains(&part.len());
        let value = u16::from_str_radix(part, 16).ok().filter(|_| is_part)?;
        Some(f64::from(value) / most)
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    // How bright it is to the eye (ITU-R BT.709).
    let is_light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5;
    Some(match is_light {
        true => Background::Light,
        false => Background::Dark,
    })
}

/// `ESC [ ? 997 ; 1 n` and `2`: the terminal has become dark, or light.
pub(super) fn change(parameters: &str) -> Option<Background> {
    match parameters {
        "?997;1" => Some(Background::Dark),
        "?997;2" => Some(Background::Light),
        _ => None,
    }
}

/// Whether an answer may be on its way: it must not come to the shell.
pub(super) fn is_awaited() -> bool {
    let asked = ASKED.lock().map_or(None, |asked| *asked);
    asked.is_some_and(|asked| asked.elapsed() < LATEST)
}

/// It is not waited for any longer.
pub(super) fn give_up() {
    set_asked(None);
}

fn set_asked(asked: Option<Instant>) {
    if let Ok(mut state) = ASKED.lock() {
        *state = asked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_every_form_and_none_in_others() {
        let of = |text: &str| {
            let whole = [ANSWER, text.as_bytes()].concat();
            answer(&whole).map(|(background, length)| (background, whole.len() - length))
        };
        assert_eq!(
            of("rgb:ffff/ffff/ffff\x07"),
            Some((Some(Background::Light), 0))
        );
        assert_eq!(of("rgb:1c/1c/1c\x1b\\x"), Some((Some(Background::Dark), 1)));
        assert_eq!(
            of("rgba:fdfd/f6f6/e3e3/ffff\x07"),
            Some((Some(Background::Light), 0))
        );
        assert_eq!(of("rgb:0/0/f\x07"), Some((Some(Background::Dark), 0)));
        for not_whole in ["", "rgb:ff", "rgb:ffff/ffff/ffff", "rgb:ffff/ffff/ffff\x1b"] {
            assert_eq!(of(not_whole), None, "{not_whole:?}");
        }
        for wrong in [
            "white\x07",
            "rgb:fffff/0/0\x07",
            "rgb:ff/ff\x07",
            "rgb:gg/gg/gg\x07",
            "\x07",
        ] {
            assert_eq!(of(wrong), Some((None, 0)), "{wrong:?}");
        }
        // Broken off by a key: the key is left.
        assert_eq!(of("rgb:ff\x1b[A"), Some((None, 3)));
    }
}
