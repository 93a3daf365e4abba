//! How the screen is shown: what the command line asks for, else what the environment says.

use super::background::Background;
use crate::ui::theme::{Palette, Theme};

/// How the screen is shown.
#[derive(Clone, Copy, Debug)]
pub struct DisplayOptions {
    /// Colours and glyphs.
    pub theme: Theme,
    /// The colours suit the terminal's background, whatever it turns out to be: none were asked for.
    pub follows_background: bool,
    /// The terminal is asked for it: it is one that answers, or keeps silent, but shows nothing.
    pub asks_background: bool,
    /// What the environment says of it.
    pub background: Option<Background>,
    /// No travelling tokens: whole hops light up, call by call.
    pub reduced_motion: bool,
    /// Playbacks fill the screen.
    pub present: bool,
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
        } else {
            suited_to(background(&env).unwrap_or(Background::Dark))
        }
    });
    Theme {
        palette,
        ascii,
        ..Theme::default()
    }
}

/// The palette for a background.
fn suited_to(background: Background) -> Palette {
    match background {
        Background::Dark => Palette::Dark,
        Background::Light => Palette::Light,
    }
}

/// A theme on a terminal of this background, if it is known. One that would not be legible there has a page of its own.
pub fn on(theme: Theme, background: Option<Background>, follows: bool) -> Theme {
    let has_colours = !matches!(theme.palette, Palette::Sixteen | Palette::None);
    if theme.palette == Palette::Sixteen {
        return Theme {
            own_page: background.is_none(),
            on_light: background == Some(Background::Light),
            ..theme
        };
    }
    let palette = match background {
        Some(background) if follows && has_colours => suited_to(background),
        _ => theme.palette,
    };
    let is_meant_for = match palette {
        Palette::Light => Background::Light,
        _ => Background::Dark,
    };
    Theme {
        palette,
        own_page: has_colours && background != Some(is_meant_for),
        on_light: false,
        ..theme
    }
}

/// Whether 24-bit colours will be shown as they are meant.
fn has_true_colour(term: &str, colorterm: Option<&str>) -> bool {
    let by_name = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm"];
    matches!(colorterm, Some("truecolor" | "24bit"))
        || by_name.iter().any(|name| term.contains(name))
}

/// What the environment says of the terminal's background: COLORFGBG of `15;0` is white on black, `0;15` and `0;7` are
/// light.
pub fn background(env: &impl Fn(&str) -> Option<String>) -> Option<Background> {
    let colour = env("COLORFGBG")?;
    let background: u8 = colour.rsplit(';').next()?.parse().ok()?;
    Some(match background {
        7 | 9..=15 => Background::Light,
        _ => Background::Dark,
    })
}

pub fn next(theme: Theme) -> Theme {
    let palette = Palette::ALL[(theme.palette as usize + 1) % Palette::ALL.len()];
    Theme { palette, ..theme }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_that_would_not_be_legible_has_a_page_of_its_own() {
        use Background::{Dark, Light};
        let on = |palette, background, follows| {
            let theme = Theme {
                palette,
                ..Theme::default()
            };
            let theme = on(theme, background, follows);
            (theme.palette, theme.own_page)
        };
        assert_eq!(
            on(Palette::Dark, Some(Light), true),
            (Palette::Light, false)
        );
        assert_eq!(on(Palette::Light, Some(Dark), true), (Palette::Dark, false));
        assert_eq!(on(Palette::Dark, None, true), (Palette::Dark, true));
        assert_eq!(
            on(Palette::Light, Some(Dark), false),
            (Palette::Light, true)
        );
        assert_eq!(
            on(Palette::Contrast, Some(Light), false),
            (Palette::Contrast, true)
        );
        for palette in [Palette::Sixteen, Palette::None] {
            assert_eq!(on(palette, Some(Light), true), (palette, false));
            assert_eq!(on(palette, Some(Dark), true), (palette, false));
        }
        assert_eq!(on(Palette::Sixteen, None, true), (Palette::Sixteen, true));
        assert_eq!(on(Palette::None, None, true), (Palette::None, false));
    }

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
