//! The player: where (stage), when (score), which line (source), what (call, sentence, basis).

use ratatui::{buffer::Buffer, layout::Rect};

use super::theme::{Role, Theme};
use crate::app::player::Player;
use crate::syscall::Style;

/// Draws a player into the area that it gets. `guess`: how many calls the learner expected, marked in the score.
pub fn render(area: Rect, buf: &mut Buffer, theme: &Theme, player: &Player, guess: Option<f64>) {
    let _ = guess;
    let rows = [
        (player.call_text(Style::Full), Role::Accent),
        (player.sentence(), Role::Text),
        (player.basis(), Role::Dim),
    ];
    for (y, (text, role)) in (area.y..area.bottom()).zip(rows) {
        buf.set_stringn(area.x, y, text, usize::from(area.width), theme.style(role));
    }
}

/// The call that a click on the score means.
pub fn hit(area: Rect, player: &Player, column: u16, row: u16) -> Option<usize> {
    let _ = (area, player, column, row);
    None
}
