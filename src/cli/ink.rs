//! Colours of text that goes to a terminal, by role.

use std::fmt::Display;

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use anstyle::{AnsiColor, Style};

/// Whether colours are wanted: not where text is piped, nor with `NO_COLOR`, `CLICOLOR=0` or `TERM=dumb`.
#[derive(Clone, Copy)]
pub(crate) struct Ink(bool);

impl Ink {
    pub(crate) const NONE: Ink = Ink(false);

    pub(crate) fn of(stream: &impl RawStream) -> Ink {
        Ink(AutoStream::choice(stream) != ColorChoice::Never)
    }

    pub(crate) fn strong(self, text: impl Display) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: impl Display) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// What could be saved.
    pub(crate) fn copied(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// What is not copied.
    pub(crate) fn shared(self, text: impl Display) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    fn paint(self, style: Style, text: impl Display) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_string(),
        }
    }
}
