//! The pen: writes into the frame, never outside its room, and notes what can be clicked.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};
use unicode_width::UnicodeWidthStr;

use crate::app::Click;
use crate::model::visible;
use crate::ui::{Palette, Role, Theme};

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

pub struct Pen<'a> {
    pub buf: &'a mut Buffer,
    pub theme: Theme,
    pub spots: Spots,
}

impl Pen<'_> {
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Writes text at a cell of `room` (counted from its corner), cut at its end. Gives the column after it.
    pub fn text(&mut self, room: Rect, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.styled(room, x, y, text, self.style(role))
    }

    /// The same in a style that has no role.
    pub fn styled(&mut self, room: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let room = room.intersection(self.buf.area);
        if x >= room.width || y >= room.height {
            return x;
        }
        let (column, row) = (room.x + x, room.y + y);
        let (text, width) = (visible(text), usize::from(room.width - x));
        let (end, _) = self.buf.set_stringn(column, row, text, width, style);
        end - room.x
    }

    /// Writes text so that it ends at the right edge of `room`.
    pub fn right(&mut self, room: Rect, y: u16, text: &str, role: Role) -> u16 {
        let text = &*visible(text);
        let width = text.width().min(usize::from(room.width)) as u16;
        self.text(room, room.width - width, y, text, role);
        room.width - width
    }

    pub fn rule(&mut self, room: Rect, y: u16) {
        let line = "─".repeat(usize::from(room.width));
        self.text(room, 0, y, &line, Role::Hairline);
    }

    pub fn line(&mut self, x: u16, top: u16, bottom: u16) {
        for y in top..bottom {
            self.text(Rect::new(x, y, 1, 1), 0, 0, "│", Role::Hairline);
        }
    }

    /// A role over a room, what is written there kept.
    pub fn paint(&mut self, room: Rect, role: Role) {
        self.tint(room, self.style(role));
    }

    /// The same of a style that has no role.
    pub fn tint(&mut self, room: Rect, style: Style) {
        self.buf.set_style(room.intersection(self.buf.area), style);
    }

    /// A marked row that is written: where the marker is a reversal, it is the only colour there.
    pub fn settle(&mut self, room: Rect, marked: bool) {
        if marked && self.theme.palette == Palette::Sixteen {
            let alone = Style::new().fg(Color::Reset).remove_modifier(Modifier::DIM);
            let own = self.theme.page();
            self.tint(room, own.fg.map_or(alone, |letters| alone.fg(letters)));
        }
    }

    pub fn clear(&mut self, room: Rect) {
        let room = room.intersection(self.buf.area);
        for y in room.top()..room.bottom() {
            for x in room.left()..room.right() {
                self.buf[(x, y)].reset();
            }
        }
        self.tint(room, self.theme.page());
    }

    /// A click on `room` means this.
    pub fn spot(&mut self, room: Rect, click: Click) {
        self.spots.clicks.push((room, click));
    }
}

/// A piece of the screen that clips what is drawn into it, and speaks in roles.
pub(super) struct Canvas<'a> {
    area: Rect,
    buf: &'a mut Buffer,
    pub(super) theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(area: Rect, buf: &'a mut Buffer, theme: &'a Theme) -> Canvas<'a> {
        let area = area.intersection(buf.area);
        Canvas { area, buf, theme }
    }

    pub(super) fn size(&self) -> (u16, u16) {
        (self.area.width, self.area.height)
    }

    /// Its first rows.
    pub(super) fn top(&mut self, rows: u16) -> Canvas<'_> {
        let area = Rect {
            height: self.area.height.min(rows),
            ..self.area
        };
        Canvas::new(area, self.buf, self.theme)
    }

    /// Writes text from a cell on; what does not fit is cut.
    pub(super) fn put(&mut self, (x, y): (u16, u16), text: &str, style: Style) {
        if x >= self.area.width || y >= self.area.height {
            return;
        }
        // A no-break space only matters where lines are broken.
        let text = visible(text).replace('\u{a0}', " ");
        let room = usize::from(self.area.width - x);
        // What was drawn there before leaves no colour behind.
        let style = Style::reset().patch(self.theme.page()).patch(style);
        self.buf
            .set_stringn(self.area.x + x, self.area.y + y, text, room, style);
    }

    pub(super) fn write(&mut self, cell: (u16, u16), text: &str, role: Role) {
        self.put(cell, text, self.role(role));
    }

    /// Writes text that ends at the right edge, where nothing stands yet; nothing if it is wider than the area.
    pub(super) fn put_right(&mut self, y: u16, text: &str, style: Style) {
        let width = text.chars().count() as u16;
        let x = self.area.width.saturating_sub(width);
        if self.is_free((x.saturating_sub(1), y), width + 1) {
            self.put((x, y), text, style);
        }
    }

    pub(super) fn role(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A role on the marker's background. Where that is reverse video, it takes no other colour.
    pub(super) fn marked(&self, role: Role) -> Style {
        match self.theme.palette {
            Palette::Sixteen | Palette::None => self.role(Role::Marker),
            _ => self.role(role).patch(self.role(Role::Marker)),
        }
    }

    /// The glyph of a theme: Unicode, or an ASCII one that is not the same everywhere (see [`super::ascii`]).
    pub(super) fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.theme.ascii { ascii } else { unicode }
    }

    /// Whether a stretch of a row holds nothing yet.
    pub(super) fn is_free(&self, (x, y): (u16, u16), width: u16) -> bool {
        x + width <= self.area.width
            && y < self.area.height
            && (x..x + width).all(|x| {
                let cell = self.buf.cell((self.area.x + x, self.area.y + y));
                cell.is_some_and(|cell| cell.symbol() == " ")
            })
    }

    /// Lays a style over a row, over what is written there.
    pub(super) fn lay_over(&mut self, y: u16, style: Style) {
        if y < self.area.height {
            let row = Rect::new(self.area.x, self.area.y + y, self.area.width, 1);
            self.buf.set_style(row, style);
        }
    }
}
