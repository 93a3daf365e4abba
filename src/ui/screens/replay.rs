//! One recording, full size.

use super::{lab, page, results};
use crate::app::{App, Run};
use crate::model::{Measured, Origin, Served, Size, grouped};
use crate::ui::{layout::Rooms, pen::Pen, player, theme::Role, widgets::rows::Rows};

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let Some(run) = app.shown_run() else {
        return show_player(pen, app, rooms.body);
    };
    let recording = &run.recording;
    let origin = match recording.origin {
        Origin::Live => "made just now".to_owned(),
        Origin::Shipped | Origin::Loaded => format!("recorded on {}", recording.machine.kernel),
    };
    let dim = pen.style(Role::Dim);
    pen.right(rooms.header, 0, &origin, dim);
    show_run(pen, app, rooms, run, run.summary.measured.as_ref());
}

/// A run's playback; where there is room, what the run is and what it comes to stand beside it. `measured` is of its
/// untraced twin on this machine.
pub fn show_run(pen: &mut Pen, app: &App, rooms: &Rooms, run: &Run, measured: Option<&Measured>) {
    let Some(panes) = rooms.page() else {
        return show_player(pen, app, rooms.body);
    };
    let spec = &run.recording.spec;
    let room = panes.left;
    let mut rows = Rows::new(pen.theme, room.width);
    match run.recording.outcome.served {
        Some(served) => answered(&mut rows, run, served),
        None => {
            rows.title("The transfer");
            page::described(&mut rows, spec);
        }
    }
    rows.blank(1);
    lab::road(
        &mut rows,
        &run.summary.copy_path,
        spec.method.side(),
        room.width,
    );
    if run.recording.outcome.verified == Some(true) {
        rows.text("Verified: what arrived is what was sent.", Role::Dim);
    }
    rows.blank(2);
    results::counted(&mut rows, app, measured, room);
    page::legend(&mut rows, rooms.tier, room);
    rows.show(pen, room, 0);
    pen.line(panes.hairline, room.y - 1, room.bottom());
    show_player(pen, app, panes.right);
}

/// What a server sent, and what it received and sent besides.
fn answered(rows: &mut Rows, run: &Run, served: Served) {
    rows.title("A server at work");
    let spec = &run.recording.spec;
    for (name, value) in [
        ("method", spec.method.to_string()),
        ("answers", grouped(served.answers)),
        ("bodies", spec.size.to_string()),
        ("heads", Size(served.head_bytes).to_string()),
        ("requests", Size(served.request_bytes).to_string()),
    ] {
        let (dim, plain) = (rows.style(Role::Dim), rows.style(Role::Text));
        rows.hanging(vec![(name.to_owned(), dim)], 10, &value, plain);
    }
    rows.blank(1);
    rows.text(
        "The bodies alone are played and counted. Heads and requests are copied once each.",
        Role::Dim,
    );
}

/// The playback on the screen, in an area; pointing at it seeks.
pub fn show_player(pen: &mut Pen, app: &App, area: ratatui::layout::Rect) {
    if let Some(shown) = app.player() {
        player::render(area, pen.buf, &pen.theme, shown, app.guess_in_score());
        pen.spots.player = Some(area);
    }
}
