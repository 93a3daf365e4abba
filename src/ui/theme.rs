//! Colours by role, and glyphs. Body text keeps the terminal's own foreground; every difference in colour
//! is a difference in glyph too, so that nothing is lost without colour.

use ratatui::style::{Color, Modifier, Style};

use crate::model::{How, named};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Prose, names, figures.
    Text,
    /// Titles, the figure that matters, keys.
    Strong,
    /// Captions, labels, line numbers.
    Dim,
    /// What does not happen here; empty cells.
    Ghost,
    /// Rules, lane borders, the page behind an overlay.
    Hairline,
    /// You are here; here is the answer.
    Accent,
    /// The same, strong.
    Answer,
    /// The current row or tag: a background.
    Marker,
    /// A transfer that is happening.
    Hot(How),
    /// A transfer that is done.
    Quiet(How),
    /// What a transfer was found to be.
    Verdict(How),
    /// What does not happen here, by its name.
    GhostName,
    /// The name of a lane of the stage.
    Lane,
    /// `*emphasis*`.
    Emphasis,
    /// A link; what differs from what stands beside it.
    Underlined,
    /// What was looked for.
    Found,
    /// What is typed into a field.
    Input,
    /// Where typing goes on.
    Caret,
}

impl Role {
    /// Of a name in a list.
    pub(super) fn of_name(chosen: bool) -> Role {
        if chosen { Role::Strong } else { Role::Text }
    }

    /// A text in it, as a piece of a row.
    pub(super) fn of(self, text: impl Into<String>) -> (String, Role) {
        (text.into(), self)
    }
}

named! {
    /// The palettes.
    #[derive(Default)]
    pub enum Palette {
        /// For dark backgrounds.
        #[default]
        Dark = "dark",
        /// For light backgrounds.
        Light = "light",
        /// High contrast, on black.
        Contrast = "contrast",
        /// The sixteen colours of the terminal itself.
        Sixteen = "16",
        /// `NO_COLOR`: bold, dim and reverse only.
        None = "none",
    }
}

impl Palette {
    /// Its letters and its page, where it does not have the terminal's own.
    pub(crate) fn page(self) -> (u32, u32) {
        match self {
            Palette::Dark | Palette::Sixteen => (0xd6d9de, 0x191919),
            Palette::Contrast => (0xffffff, 0x000000),
            Palette::Light | Palette::None => (0x1c1e21, 0xffffff),
        }
    }

    fn colours(self) -> Option<&'static Colours> {
        match self {
            Palette::Dark => Some(&DARK),
            Palette::Light => Some(&LIGHT),
            Palette::Contrast => Some(&CONTRAST),
            Palette::Sixteen | Palette::None => None,
        }
    }
}

/// How things look: a palette, and whether glyphs are plain ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// ASCII instead of box drawing.
    pub ascii: bool,
    /// The page has the palette's own colours: the terminal's are not known, or not those that it is made for.
    pub own_page: bool,
    /// The terminal's own page is light: of its sixteen colours, those are used that can be read there.
    pub on_light: bool,
}

/// A background that sets an area off from the terminal's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The memory of programs.
    User,
    /// The kernel.
    Kernel,
    /// What is known of the chosen thing.
    Detail,
}

impl Theme {
    pub(crate) fn style(&self, role: Role) -> Style {
        let both = |role, over| self.style(role).patch(self.style(over));
        match role {
            Role::Verdict(how) => return both(Role::Hot(how), Role::Strong),
            Role::GhostName => return both(Role::Ghost, Role::Strong),
            Role::Lane => return both(Role::Dim, Role::Strong),
            Role::Found => return both(Role::Accent, Role::Underlined),
            Role::Input => return both(Role::Caret, Role::Strong),
            Role::Caret => return both(Role::Marker, Role::Accent),
            _ => {}
        }
        match (self.palette.colours(), self.palette) {
            (Some(colours), _) => coloured(role, colours),
            (None, Palette::Sixteen) => sixteen(role, self.on_light),
            (None, _) => plain(role),
        }
    }

    /// What all cells have before anything is drawn on them.
    pub(crate) fn page(&self) -> Style {
        let (text, page) = self.palette.page();
        match self.own_page {
            true if self.palette == Palette::Sixteen => {
                Style::new().fg(Color::White).bg(Color::Black)
            }
            true => fg(text).patch(bg(page)),
            false => Style::new(),
        }
    }

    /// The tint of a ground; none where the palette has no tints. Dim text is still read on it (4.5:1).
    pub(crate) fn ground(&self, ground: Ground) -> Style {
        let tint = |colours: &Colours| bg(colours.grounds[ground as usize]);
        self.palette.colours().map_or_else(Style::new, tint)
    }

    /// A flow's band in a picture: its tint, and what is read on it (4.5:1). No tint where the palette has none.
    pub fn band(&self, copied: bool, selected: bool) -> Style {
        let Some(colours) = self.palette.colours() else {
            return Style::new();
        };
        let (tint, ink) = colours.bands[usize::from(copied) + 2 * usize::from(selected)];
        bg(tint).fg(Color::from_u32(ink))
    }
}

struct Colours {
    dim: u32,
    ghost: u32,
    hairline: u32,
    accent: u32,
    marker: u32,
    /// CPU copy, DMA, reference, mapping.
    hot: [u32; 4],
    quiet: [u32; 4],
    /// In the order of [`Ground`].
    grounds: [u32; 3],
    /// Flows: shared, copied, the same selected. Each a tint and what is read on it.
    bands: [(u32, u32); 4],
}

const DARK: Colours = Colours {
    dim: 0x8b919b,
    ghost: 0x7e858f,
    hairline: 0x41464e,
    accent: 0xe9c46a,
    marker: 0x3a3420,
    hot: [0xff7b66, 0x6fb1f5, 0x66cc8d, 0xbd9ff2],
    quiet: [0x94564d, 0x4a6f96, 0x47785a, 0x75659a],
    grounds: [0x282420, 0x1e242c, 0x212429],
    bands: [
        (0x1d4a36, 0xe4e7ea),
        (0x6b3a28, 0xf0e6e2),
        (0x35a577, 0x0c1a13),
        (0xd9704a, 0x1c0d07),
    ],
};

const LIGHT: Colours = Colours {
    dim: 0x636a74,
    ghost: 0x6f7680,
    hairline: 0xbec5cd,
    accent: 0x8f5d00,
    marker: 0xfdf0bd,
    hot: [0xc7351c, 0x0a62b8, 0x12783d, 0x7040c0],
    quiet: [0xd08072, 0x709fce, 0x6fa886, 0xa284d6],
    grounds: [0xfaf4e6, 0xecf1f7, 0xf2f3f5],
    bands: [
        (0xa5d4b5, 0x0d2a18),
        (0xe8a898, 0x38130a),
        (0x12783d, 0xffffff),
        (0xb93a20, 0xffffff),
    ],
};

const CONTRAST: Colours = Colours {
    dim: 0xc8c8c8,
    ghost: 0xa8a8a8,
    hairline: 0x808080,
    accent: 0xffd800,
    marker: 0x4a4000,
    hot: [0xff8f7a, 0x8cc8ff, 0x7dff9f, 0xd8b8ff],
    quiet: [0xc87060, 0x6898c8, 0x60b878, 0xa088c0],
    grounds: [0x201c14, 0x10181f, 0x181818],
    bands: [
        (0x1a5a33, 0xffffff),
        (0x7a2f1c, 0xffffff),
        (0x7dff9f, 0x000000),
        (0xff8f7a, 0x000000),
    ],
};

fn fg(rgb: u32) -> Style {
    Style::new().fg(Color::from_u32(rgb))
}

fn bg(rgb: u32) -> Style {
    Style::new().bg(Color::from_u32(rgb))
}

fn coloured(role: Role, colours: &Colours) -> Style {
    match role {
        Role::Dim => fg(colours.dim),
        Role::Ghost => fg(colours.ghost),
        Role::Hairline => fg(colours.hairline),
        Role::Accent => fg(colours.accent),
        Role::Answer => plain(role).fg(Color::from_u32(colours.accent)),
        Role::Marker => bg(colours.marker),
        Role::Hot(how) => fg(colours.hot[how.drawn() as usize]),
        Role::Quiet(how) => fg(colours.quiet[how.drawn() as usize]),
        _ => plain(role),
    }
}

/// On white, yellow and green are not legible in any of the usual sets of sixteen: bold, and the glyphs, say it alone.
fn sixteen(role: Role, on_light: bool) -> Style {
    let colour = |how| match (how, on_light) {
        (How::CpuCopy | How::Cipher | How::Unknown, true) => Color::Red,
        (How::CpuCopy | How::Cipher | How::Unknown, false) => Color::LightRed,
        (How::Dma, true) => Color::Blue,
        (How::Dma, false) => Color::LightBlue,
        (How::Reference, true) => Color::Reset,
        (How::Reference, false) => Color::LightGreen,
        (How::Mapping, true) => Color::Magenta,
        (How::Mapping, false) => Color::LightMagenta,
    };
    match role {
        Role::Accent | Role::Answer if on_light => plain(role),
        Role::Accent => Style::new().fg(Color::LightYellow),
        Role::Answer => plain(role).fg(Color::LightYellow),
        Role::Hot(How::Reference) if on_light => plain(role),
        Role::Quiet(How::Reference) if on_light => plain(role),
        Role::Marker => plain(role).add_modifier(Modifier::BOLD),
        Role::Hot(how) => Style::new().fg(colour(how)),
        Role::Quiet(how) => plain(role).fg(colour(how)),
        _ => plain(role),
    }
}

fn plain(role: Role) -> Style {
    Style::new().add_modifier(match role {
        Role::Strong | Role::Accent | Role::Answer | Role::Hot(_) => Modifier::BOLD,
        Role::Dim | Role::Ghost | Role::Hairline | Role::Quiet(_) => Modifier::DIM,
        Role::Marker => Modifier::REVERSED,
        Role::Emphasis => Modifier::ITALIC,
        Role::Underlined => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    })
}
