//! The pen: writes into the frame, never outside its room, and notes what can be clicked.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};
use unicode_width::UnicodeWidthStr;

use super::theme::{Palette, Role, Theme};
use crate::app::Click;

/// What the last frame left to point at, and how much of it did not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spots {
    /// What a click on an area means; the last one that contains it counts.
    pub clicks: Vec<(Rect, Click)>,
    /// Where the playback is drawn.
    pub player: Option<Rect>,
    /// Rows that did not fit and can be scrolled to.
    pub overflow: usize,
}

/// A frame that is being drawn.
pub struct Pen<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// How things look.
    pub theme: Theme,
    /// What can be clicked.
    pub spots: Spots,
}

impl Pen<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The styles of several roles.
    pub fn styles<const N: usize>(&self, roles: [Role; N]) -> [Style; N] {
        self.theme.styles(roles)
    }

    /// Writes text at a cell of `room` (counted from its corner), cut at its end. Gives the column after it.
    pub fn text(&mut self, room: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let room = room.intersection(self.buf.area);
        if x >= room.width || y >= room.height {
            return x;
        }
        let (end, _) = self.buf.set_stringn(
            room.x + x,
            room.y + y,
            text,
            usize::from(room.width - x),
            style,
        );
        end - room.x
    }

    /// Writes text so that it ends at the right edge of `room`.
    pub fn right(&mut self, room: Rect, y: u16, text: &str, style: Style) -> u16 {
        let width = text.width().min(usize::from(room.width)) as u16;
        self.text(room, room.width - width, y, text, style);
        room.width - width
    }

    /// A hairline across a room's row.
    pub fn rule(&mut self, room: Rect, y: u16) {
        let style = self.style(Role::Hairline);
        self.text(room, 0, y, &"─".repeat(usize::from(room.width)), style);
    }

    /// A hairline down a column.
    pub fn line(&mut self, x: u16, top: u16, bottom: u16) {
        let style = self.style(Role::Hairline);
        for y in top..bottom {
            self.text(Rect::new(x, y, 1, 1), 0, 0, "│", style);
        }
    }

    /// A style over a room, what is written there kept.
    pub fn paint(&mut self, room: Rect, style: Style) {
        self.buf.set_style(room.intersection(self.buf.area), style);
    }

    /// A marked row that is written: where the marker is a reversal, it is the only colour there.
    pub fn settle(&mut self, room: Rect, marked: bool) {
        if marked && self.theme.palette == Palette::Sixteen {
            let alone = Style::new().fg(Color::Reset).remove_modifier(Modifier::DIM);
            self.paint(room, alone);
        }
    }

    /// Empties a room.
    pub fn clear(&mut self, room: Rect) {
        let room = room.intersection(self.buf.area);
        for y in room.top()..room.bottom() {
            for x in room.left()..room.right() {
                self.buf[(x, y)].reset();
            }
        }
    }

    /// A click on `room` means this.
    pub fn spot(&mut self, room: Rect, click: Click) {
        self.spots.clicks.push((room, click));
    }
}
