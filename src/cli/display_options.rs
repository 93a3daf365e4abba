//! How the screen is shown: the options of every command that draws one.

use std::env;

use super::options::one_of;
use crate::runtime::{self, DisplayOptions};
use crate::ui::theme::{Palette, Theme};

/// How the screen is shown.
#[derive(Debug, clap::Args)]
#[group(skip)] // a group of this name is that of the command
pub(crate) struct Args {
    /// Colours
    #[arg(long, value_name = "THEME", value_parser = one_of(Palette::ALL.map(|palette| (palette.name(), "", palette))))]
    theme: Option<Palette>,
    /// Plain ASCII instead of box drawing
    #[arg(long)]
    ascii: bool,
    /// No travelling bytes: whole hops light up call by call
    #[arg(long)]
    reduced_motion: bool,
    /// Playbacks fill the screen, for a room to see; P turns it off and on
    #[arg(long)]
    present: bool,
    /// Leave the mouse to the terminal, so that text can be selected
    #[arg(long)]
    no_mouse: bool,
}

impl Args {
    /// The colours of a picture, which is seen elsewhere: those that were asked for, or the dark ones.
    pub(crate) fn of_picture(&self) -> Theme {
        Theme {
            palette: self.theme.unwrap_or(Palette::Dark),
            ascii: self.ascii,
            own_page: false,
        }
    }

    /// What was asked for; the environment decides the rest.
    pub(crate) fn options(&self) -> DisplayOptions {
        let env = |name: &str| env::var(name).ok();
        let term = env("TERM").unwrap_or_default();
        DisplayOptions {
            follows_background: self.theme.is_none(),
            asks_background: !["", "dumb", "linux"].contains(&term.as_str()),
            background: runtime::background(&env),
            theme: runtime::theme(self.theme, self.ascii, |name| env::var(name).ok()),
            reduced_motion: self.reduced_motion,
            present: self.present,
            mouse: !self.no_mouse,
        }
    }
}
