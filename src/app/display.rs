//! The display: the room that there is, and which part of what is read stands in it.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Columns of the screen.
    pub(crate) width: u16,
    /// Rows of the screen.
    pub(crate) height: u16,
    /// Rows of text that did not fit the last frame.
    pub(crate) overflow: usize,
}

impl Room {
    /// Whether a page shows one pane at a time: text and target side by side need 120x36.
    pub(crate) fn is_folded(self) -> bool {
        self.width < 120 || self.height < 36
    }
}

/// Which half of a page is shown where only one fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pane {
    #[default]
    Text,
    /// What stands beside it.
    Target,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Display {
    pub(crate) room: Room,
    pub(crate) pane: Pane,
    /// First row of the text that is shown.
    pub(crate) scroll: usize,
    pub(crate) mouse: bool,
    /// No tokens: hops light up call by call.
    pub(crate) reduced_motion: bool,
    /// A playback fills the screen, for a room to see.
    pub(crate) presents: bool,
}

impl Display {
    /// The start of a pane.
    pub(crate) fn show(&mut self, pane: Pane) {
        (self.pane, self.scroll) = (pane, 0);
    }

    /// Text moves up or down.
    pub(crate) fn scroll_by(&mut self, rows: isize) {
        let moved = self.scroll.saturating_add_signed(rows);
        self.scroll = moved.min(self.room.overflow);
    }
}
