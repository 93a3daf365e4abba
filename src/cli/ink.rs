//! Colours of text that goes to a terminal, by role; and plain ASCII where the locale knows no more.

use std::{borrow::Cow, env, fmt::Display};

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use anstyle::{AnsiColor, Style};

use crate::model::How;
use crate::ui;

/// Whether colours are wanted: not where text is piped, nor with `NO_COLOR`, `CLICOLOR=0` or `TERM=dumb`.
#[derive(Clone, Copy)]
pub(crate) struct Ink(bool);

/// For text that goes out by [`super::print`], which takes the colours away where they are not wanted.
pub(crate) const INK: Ink = Ink(true);

impl Ink {
    pub(crate) const NONE: Ink = Ink(false);

    pub(crate) fn of(stream: &impl RawStream) -> Ink {
        Ink(AutoStream::choice(stream) != ColorChoice::Never)
    }

    /// A title, a name, the figure that matters.
    pub(crate) fn strong(self, text: impl Display) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// A caption, a label, a note.
    pub(crate) fn dim(self, text: impl Display) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// What could be saved.
    pub(crate) fn copied(self, text: impl Display) -> String {
        self.how(How::CpuCopy, text)
    }

    /// What is not copied.
    pub(crate) fn shared(self, text: impl Display) -> String {
        self.how(How::Reference, text)
    }

    /// A transfer, in the colour that it has on the screens. Bold: the plain colours are pale on many pages.
    pub(crate) fn how(self, how: How, text: impl Display) -> String {
        let colour = match how {
            How::CpuCopy | How::Cipher | How::Unknown => AnsiColor::Red,
            How::Dma => AnsiColor::Blue,
            How::Reference => AnsiColor::Green,
            How::Mapping => AnsiColor::Magenta,
        };
        self.paint(colour.on_default().bold(), text)
    }

    fn paint(self, style: Style, text: impl Display) -> String {
        let text = text.to_string();
        match self.0 && !text.is_empty() {
            true => format!("{style}{text}{style:#}"),
            false => text,
        }
    }
}

/// Whether the locale is UTF-8. Without any locale nothing is known: most terminals are.
pub(crate) fn is_utf8() -> bool {
    let set = |name: &&str| env::var(name).is_ok_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name));
    let locale = locale.and_then(|name| env::var(name).ok());
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The text as the locale can show it.
pub(crate) fn for_locale(text: &str) -> Cow<'_, str> {
    match is_utf8() || text.is_ascii() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(ui::in_ascii(text)),
    }
}
