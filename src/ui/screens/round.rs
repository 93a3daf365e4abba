//! A round of questions: each as on its page; at the end how it went, and what comes back when.

use super::{
    page,
    view::{Header, Right, View},
};
use crate::app::{
    App,
    screens::round::{RoundKind, RoundScreen},
};
use crate::course::{
    concept::{self, Sitting},
    review::until,
};
use crate::ui::{Pen, Role, Rooms, Rows, widgets::week};

impl View for RoundScreen {
    fn header(&self, app: &App) -> Header {
        let count = match self.is_over() {
            true => Right::Nothing,
            false => Right::Count("question", self.place, self.items.len()),
        };
        match (self.kind, app.open_lesson()) {
            (RoundKind::Test(sitting), _) => {
                let test = app.material.concept_test.as_ref();
                Header {
                    after: format!("{} the course", sitting.name()),
                    ..Header::of(test.map_or("", |test| &test.title), count)
                }
            }
            (RoundKind::Review, Some(lesson)) => Header {
                after: format!("from {} {}", lesson.number, lesson.title),
                ..Header::of("Review", count)
            },
            (RoundKind::Review, None) => Header::of("Review", count),
        }
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if !self.is_over() {
            return page::draw(pen, app, rooms);
        }
        let room = rooms.pane();
        let mut rows = Rows::new(room.width);
        match self.kind {
            RoundKind::Review if self.items.is_empty() => nothing_due(&mut rows, app),
            RoundKind::Review => reviewed(&mut rows, app, self),
            RoundKind::Test(sitting) => tested(&mut rows, app, sitting),
        }
        if self.kind == RoundKind::Review {
            rows.blank(2);
            rows.group("What comes back when", "");
            rows.blank(1);
            week::show(&mut rows, app, room.width);
        }
        rows.show(pen, room, app.display.scroll);
    }
}

fn nothing_due(rows: &mut Rows, app: &App) {
    rows.title("Nothing is due");
    match app.next_due() {
        Some(due) => {
            let when = until(due, app.clock.now);
            rows.text(&format!("The next question comes back {when}."), Role::Text);
        }
        None => rows.text(
            "Questions come back here once they were asked: missed ones at once, the others after 1, 3, 7 and 21 days.",
            Role::Text,
        ),
    }
}

fn reviewed(rows: &mut Rows, app: &App, round: &RoundScreen) {
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
    let Some(test) = &app.material.concept_test else {
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
