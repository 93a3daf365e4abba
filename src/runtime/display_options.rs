//! How the screen is shown: what the command line asks for, else what the environment says.

use crate::ui::theme::{Palette, Theme};

/// How the screen is shown.
#[derive(Clone, Copy, Debug)]
pub struct DisplayOptions {
    /// Colours and glyphs.
    pub theme: Theme,
    /// No travelling tokens: whole hops light up, call by call.
    pub reduced_motion: bool,
    /// Mouse reports.
    pub mouse: bool,
}

/// The theme that was asked for, or the one that suits the terminal.
pub fn theme(asked: Option<Palette>, ascii: bool, env: impl Fn(&str) -> Option<String>) -> Theme {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let palette = asked.unwrap_or_else(|| {
        let term = set("TERM").unwrap_or_default();
        if set("NO_COLOR").is_some() || term == "dumb" {
            Palette::None
        } else if !has_true_colour(&term, set("COLORTERM").as_deref()) {
            Palette::Sixteen
        } else if is_light(set("COLORFGBG").as_deref()) {
            Palette::Light
        } else {
            Palette::Dark
        }
    });
    Theme { palette, ascii }
}

/// Whether 24-bit colours will be shown as they are meant.
fn has_true_colour(term: &str, colorterm: Option<&str>) -> bool {
    let by_name = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm"];
    matches!(colorterm, Some("truecolor" | "24bit"))
        || by_name.iter().any(|name| term.contains(name))
}

/// `15;0` is white on black, `0;15` and `0;7` are light.
fn is_light(colorfgbg: Option<&str>) -> bool {
    let background = colorfgbg.and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
    matches!(background, Some(7 | 9..=15))
}

pub fn next(theme: Theme) -> Theme {
    let palette = Palette::ALL[(theme.palette as usize + 1) % Palette::ALL.len()];
    Theme { palette, ..theme }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_then_no_color_then_the_terminal() {
        let palette = |asked: Option<Palette>, env: &[(&str, &str)]| {
            let env = |name: &str| {
                env.iter()
                    .find(|(set, _)| *set == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            theme(asked, false, env).palette
        };
        let colours = ("COLORTERM", "truecolor");
        assert_eq!(
            palette(Some(Palette::Light), &[("NO_COLOR", "1")]),
            Palette::Light
        );
        assert_eq!(palette(None, &[("NO_COLOR", "1"), colours]), Palette::None);
        assert_eq!(palette(None, &[("NO_COLOR", ""), colours]), Palette::Dark);
        assert_eq!(palette(None, &[("TERM", "xterm")]), Palette::Sixteen);
        assert_eq!(
            palette(None, &[colours, ("COLORFGBG", "0;15")]),
            Palette::Light
        );
        assert_eq!(
            palette(None, &[colours, ("COLORFGBG", "15;default;0")]),
            Palette::Dark
        );
    }
}
