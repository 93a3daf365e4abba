//! A QR code: black on white in every theme, so that every camera reads it.

use qrcodegen::{QrCode, QrCodeEcc};
use ratatui::{
    layout::Rect,
    style::{Color, Style},
};

use crate::ui::Pen;

/// Modules that stay white around it: four by the standard.
const QUIET: i32 = 4;
/// Black and white by number, which no palette of a terminal changes.
const BLACK: Color = Color::Indexed(16);
const WHITE: Color = Color::Indexed(231);

/// Draws the code of a text in the upper left of a room, as large as fits: two columns and a row a module, or else a
/// column and half a row. Gives its columns and rows; nothing is drawn where it does not fit.
pub fn draw(pen: &mut Pen, room: Rect, text: &str) -> (u16, u16) {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Low) else {
        return (0, 0);
    };
    let side = (code.size() + 2 * QUIET) as u16;
    let is_black = |x: u16, y: u16| code.get_module(i32::from(x) - QUIET, i32::from(y) - QUIET);
    let colour = |black: bool| if black { BLACK } else { WHITE };
    if room.width >= 2 * side && room.height >= side {
        for y in 0..side {
            for x in 0..side {
                let style = Style::reset().bg(colour(is_black(x, y)));
                pen.styled(room, 2 * x, y, "  ", style);
            }
        }
        return (2 * side, side);
    }
    let rows = side.div_ceil(2);
    // Half a row needs a glyph that plain ASCII has not.
    if pen.theme.ascii || room.width < side || room.height < rows {
        return (0, 0);
    }
    for row in 0..rows {
        for x in 0..side {
            let (upper, lower) = (is_black(x, 2 * row), is_black(x, 2 * row + 1));
            let style = Style::reset().fg(colour(upper)).bg(colour(lower));
            pen.styled(room, x, row, "▀", style);
        }
    }
    (side, rows)
}
