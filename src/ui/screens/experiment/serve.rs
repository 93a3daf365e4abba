//! A request's way through the server: its calls in the order of time, each with what it is for, and the recording played
//! beside them. List, stage, source line and call are at the same place.

use ratatui::layout::Rect;

use super::parts::{self, answer, cell, refused, stacked, state};
use crate::app::{App, Click, ExperimentPage, Pane};
use crate::figure::serving;
use crate::model::{ExperimentOutcome, ServePlan, ServedRequest, Size, grouped};
use crate::ui::{
    Pen, Role, Rooms, Rows, screens::predict::stage_before, screens::results::still_to_come,
    screens::run::show_player,
};

/// Columns of a call's number, and of its name.
const NUMBER: usize = 4;
const NAME: usize = 12;
/// Columns of a figure in the table of methods.
const FIGURE: usize = 7;

pub fn plan(rows: &mut Rows, plan: &ServePlan) {
    rows.text(
        "The project's own file server is started under the tracer. A client asks it for one file, over loopback: GET /file. The server's calls for that request are recorded, from accept() to close().",
        Role::Text,
    );
    rows.blank(1);
    for (name, value) in [
        ("method", plan.method.to_string()),
        ("the body", format!("a warm file of {}", plan.size)),
    ] {
        rows.hanging((name, Role::Dim), 10, &value, Role::Strong);
    }
}

/// Before it has run, and while it runs.
pub fn before(app: &App, serve: &ServePlan, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    rows.group("The experiment", "");
    plan(&mut rows, serve);
    rows.blank(1);
    state(&mut rows, app);
    if app.job_here().is_none() {
        parts::not_run(&mut rows, app);
    }
    rows
}

/// Draws the stage before the run, where there is room beside the text; gives the text's room.
pub fn beside_stage(pen: &mut Pen, plan: &ServePlan, rooms: &Rooms) -> Rect {
    let Some(panes) = rooms.page() else {
        return rooms.pane();
    };
    pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
    stage_before(pen, &plan.spec(), panes.right);
    panes.left
}

/// The calls and the playback, side by side or one pane at a time.
pub fn draw(pen: &mut Pen, app: &App, page: &ExperimentPage, rooms: &Rooms) {
    let Some(ExperimentOutcome::Serve(way)) = &page.found else {
        return;
    };
    match rooms.page() {
        Some(panes) => {
            calls(pen, app, page, way, panes.left);
            pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
            show_player(pen, app, panes.right);
        }
        None if app.display.pane == Pane::Text => calls(pen, app, page, way, rooms.pane()),
        None => show_player(pen, app, rooms.body),
    }
}

fn calls(pen: &mut Pen, app: &App, page: &ExperimentPage, way: &ServedRequest, area: Rect) {
    let list = list(page, way, area.width);
    let about = about(app, page, way, area.width);
    stacked(pen, &list, &about, area);
}

fn list(page: &ExperimentPage, way: &ServedRequest, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    let Some(playback) = page.player.as_ref().and_then(|player| player.playback()) else {
        return rows;
    };
    let words = usize::from(width).saturating_sub(NUMBER + NAME + 1);
    for number in 0..playback.len() {
        let Some(call) = playback.call(number) else {
            continue;
        };
        let current = number == page.at();
        let name = way.recording.trace.as_ref().map_or("", |it| it.name(call));
        let phrase = serving::phrase(playback, number).unwrap_or_default();
        let role = match playback.first_hop(number) {
            Some(hop) if !current => Role::Hot(hop.how),
            _ => Role::of_name(current),
        };
        let left = vec![
            (format!("{:>3} ", number + 1), Role::Dim),
            cell(name, NAME, Role::of_name(current)),
            Role::Text.of(" "),
            cell(&phrase, words, role),
        ];
        rows.choice(current, left, Vec::new(), Click::Row(number));
    }
    rows
}

/// Guess and answer, and the methods that were tried, side by side.
fn about(app: &App, page: &ExperimentPage, way: &ServedRequest, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    if let Some((predict, state)) = app.guessing() {
        if page.is_concealing() {
            let guess = state.guess.iter();
            guess.for_each(|guess| still_to_come(&mut rows, predict, guess));
            return rows;
        }
        answer(&mut rows, page, predict);
    }
    rows.blank(1);
    let heads = ["calls", "body", "copies"].map(|title| format!("{title:>FIGURE$}"));
    rows.line(vec![
        (format!("{:12}", "method"), Role::Dim),
        (heads.concat(), Role::Dim),
    ]);
    for method in ServePlan::METHODS {
        let Some(tried) = page.ways.get(&method) else {
            continue;
        };
        let number = |value: Option<u64>| value.map_or_else(|| "·".to_owned(), grouped);
        let copies = tried.summary.cpu_copies_per_byte;
        let figures = [
            number(tried.summary.syscalls),
            grouped(tried.body_calls),
            copies.map_or_else(|| "·".to_owned(), |copies| format!("{copies:.1}")),
        ];
        let figures = figures.map(|it| format!("{it:>FIGURE$}")).concat();
        let here = method == way.recording.spec.method;
        rows.line(vec![
            (
                format!("{:12}", method.name()),
                if here { Role::Strong } else { Role::Text },
            ),
            (figures, if here { Role::Strong } else { Role::Text }),
        ]);
    }
    if let Some(served) = way.recording.outcome.served {
        let besides = format!(
            "Besides the body: a request of {} and a head of {}, one copy each.",
            Size(served.request_bytes),
            Size(served.head_bytes)
        );
        rows.text(&besides, Role::Dim);
    }
    if let Some(found) = &page.found {
        refused(&mut rows, found);
    }
    rows
}
