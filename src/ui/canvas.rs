//! A piece of the screen to draw on, in roles.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::{Palette, Role, Theme};

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

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        (self.area.width, self.area.height)
    }

    /// Writes text from a cell on; what does not fit is cut.
    pub(super) fn put(&mut self, (x, y): (u16, u16), text: &str, style: Style) {
        if x >= self.area.width || y >= self.area.height {
            return;
        }
        // A no-break space only matters where lines are broken.
        let text = text.replace('\u{a0}', " ");
        let room = usize::from(self.area.width - x);
        // What was drawn there before leaves no colour behind.
        let style = Style::reset().patch(style);
        self.buf
            .set_stringn(self.area.x + x, self.area.y + y, text, room, style);
    }

    /// Writes text that ends at the right edge; nothing if it is wider than the area.
    pub(super) fn put_right(&mut self, y: u16, text: &str, style: Style) {
        let width = text.chars().count() as u16;
        if let Some(x) = self.area.width.checked_sub(width) {
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
