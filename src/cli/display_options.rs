//! How the screen is shown: the options of every command that draws one.

use std::env;

use clap::builder::TypedValueParser;

use super::{ink::is_utf8, options::one_of};
use crate::runtime::{self, DisplayOptions};
use crate::store;
use crate::ui::theme::{Palette, Theme};

/// How the screen is shown. What is asked for is remembered for the next start.
#[derive(Debug, clap::Args)]
#[group(skip)] // a group of this name is that of the command
pub(crate) struct Args {
    /// Colours; auto follows the terminal. Remembered, as the next three are
    #[arg(long, value_name = "THEME", value_parser = themes())]
    theme: Option<Asked>,
    /// Plain ASCII instead of box drawing; --ascii=false ends it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", hide_possible_values = true)]
    ascii: Option<bool>,
    /// No travelling bytes: whole hops light up call by call; =false ends it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", hide_possible_values = true)]
    reduced_motion: Option<bool>,
    /// Leave the mouse to the terminal, so that text can be selected; =false ends it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", hide_possible_values = true)]
    no_mouse: Option<bool>,
    /// Playbacks fill the screen, for a room to see; P turns it off and on
    #[arg(long)]
    present: bool,
}

/// A theme; none: the one that suits the terminal.
#[derive(Clone, Copy, Debug)]
struct Asked(Option<Palette>);

fn themes() -> impl TypedValueParser<Value = Asked> {
    let [a, b, c, d, e] = Palette::ALL.map(|palette| (palette.name(), "", Asked(Some(palette))));
    one_of([("auto", "", Asked(None)), a, b, c, d, e])
}

impl Args {
    /// The colours of a picture, which is seen elsewhere: those that were asked for, or the dark ones.
    pub(crate) fn of_picture(&self) -> Theme {
        Theme {
            palette: self
                .theme
                .and_then(|asked| asked.0)
                .unwrap_or(Palette::Dark),
            ascii: self.ascii.unwrap_or(false),
            ..Theme::default()
        }
    }

    /// What was asked for, now or earlier; the environment decides the rest.
    pub(crate) fn options(&self) -> DisplayOptions {
        let env = |name: &str| env::var(name).ok();
        let term = env("TERM").unwrap_or_default();
        self.remember();
        let kept = store::display::load();
        let no_colour = env("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb";
        let asked = match self.theme {
            Some(asked) => asked.0,
            // What was asked for long ago does not outdo what the environment says now.
            None if no_colour => None,
            None => Palette::ALL
                .into_iter()
                .find(|palette| kept.theme.as_deref() == Some(palette.name())),
        };
        // Where the locale is not UTF-8, signs of more than one byte would be noise.
        let ascii = kept.ascii || !is_utf8();
        DisplayOptions {
            follows_background: asked.is_none(),
            asks_background: !["", "dumb", "linux"].contains(&term.as_str()),
            background: runtime::background(&env),
            theme: runtime::theme(asked, self.ascii.unwrap_or(ascii), |name| {
                env::var(name).ok()
            }),
            reduced_motion: kept.reduced_motion,
            present: self.present,
            mouse: !kept.no_mouse,
        }
    }

    /// What is asked for holds for the next start, too.
    fn remember(&self) {
        let changed = store::display::change(|kept| {
            if let Some(Asked(palette)) = self.theme {
                kept.theme = palette.map(|palette| palette.name().to_owned());
            }
            kept.ascii = self.ascii.unwrap_or(kept.ascii);
            kept.reduced_motion = self.reduced_motion.unwrap_or(kept.reduced_motion);
            kept.no_mouse = self.no_mouse.unwrap_or(kept.no_mouse);
        });
        if let Err(why) = changed {
            super::warn(&format!("the display options are not remembered: {why:#}"));
        }
    }
}
