//! One recording, full size.

use crate::app::App;
use crate::model::Origin;
use crate::ui::{layout::Rooms, pen::Pen, player, theme::Role};

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    show_player(pen, app, rooms.body);
    if let Some(run) = app.shown_run() {
        let recording = &run.recording;
        let origin = match recording.origin {
            Origin::Live => "made just now".to_owned(),
            Origin::Shipped | Origin::Loaded => format!("recorded on {}", recording.machine.kernel),
        };
        let dim = pen.style(Role::Dim);
        pen.right(rooms.header, 0, &origin, dim);
    }
}

/// The playback on the screen, in an area; pointing at it seeks.
pub fn show_player(pen: &mut Pen, app: &App, area: ratatui::layout::Rect) {
    if let Some(shown) = app.player() {
        player::render(area, pen.buf, &pen.theme, shown, app.guess_in_score());
        pen.spots.player = Some(area);
    }
}
