//! A round of questions: each as on its page; at the end how it went, and what comes back when.

use crate::app::{App, Round, RoundKind};
use crate::course::{
    concept::{self, Sitting},
    review::until,
};
use crate::ui::{
    layout::Rooms,
    pen::Pen,
    theme::Role,
    widgets::{rows::Rows, week},
};

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let Some(round) = &app.round else {
        return;
    };
    if !round.is_over() {
        return super::page::draw(pen, app, rooms);
    }
    let room = rooms.pane();
    let mut rows = Rows::new(pen.theme, room.width);
    match round.kind {
        RoundKind::Review if round.items.is_empty() => nothing_due(&mut rows, app),
        RoundKind::Review => reviewed(&mut rows, app, round),
        RoundKind::Test(sitting) => tested(&mut rows, app, sitting),
    }
    if round.kind == RoundKind::Review {
        rows.blank(2);
        rows.group("What comes back when", "");
        rows.blank(1);
        week::show(&mut rows, app, room.width);
    }
    rows.show(pen, room, app.scroll);
}

fn nothing_due(rows: &mut Rows, app: &App) {
    rows.title("Nothing is due");
    match app.next_due() {
        Some(due) => {
            let when = until(due, app.clock().now);
            rows.text(&format!("The next question comes back {when}."), Role::Text);
        }
        None => rows.text(
            "Questions come back here once they were asked: missed ones at once, the others after 1, 3, 7 and 21 days.",
            Role::Text,
        ),
    }
}

fn reviewed(rows: &mut Rows, app: &App, round: &Round) {
    let left = app.due().len();
    rows.title(&match left {
        0 => "That was all that was due".to_owned(),
        1 => "1 question is still due".to_owned(),
        left => format!("{left} questions are still due"),
    });
    let counts = [
        ("right at once", Some(true)),
        ("missed at first", Some(false)),
        ("passed", None),
    ];
    for (name, first) in counts {
        rows.counted(name, round.count(first));
    }
    if left > 0 {
        rows.blank(1);
        rows.text("v asks them again; or leave them for later.", Role::Dim);
    }
}

/// The counts alone: what was right is said when the course has said why.
fn tested(rows: &mut Rows, app: &App, sitting: Sitting) {
    rows.title(&format!("Concept test, {} the course", sitting.name()));
    let Some(test) = &app.concept_test else {
        return;
    };
    for line in concept::report(app.progress.scores(test)) {
        rows.text(&line, Role::Text);
    }
    rows.blank(1);
    let said = match sitting {
        _ if app.sitting() == sitting && !app.test_is_done() => "C asks what was left open.",
        Sitting::Before => {
            "No answer is said now, so that the second time measures the course. C asks the same questions again: after it."
        }
        Sitting::After => {
            "The same questions twice, and the course in between. zclab quiz --concept after asks them once more."
        }
    };
    rows.text(said, Role::Dim);
}
