//! A round of questions: each as on its page; at the end how it went, and what comes back when.

use super::{
    page,
    view::{Header, Right, View},
};
use crate::app::{
    App, Click, Command,
    screens::round::{RoundKind, RoundScreen},
};
use crate::course::{
    Lesson,
    concept::{self, Sitting},
    review::until,
};
use crate::ui::{Pen, Role, Rooms, Rows, bar, widgets::week};

impl View for RoundScreen {
    fn header(&self, app: &App) -> Header {
        let count = match self.is_over() || self.is_introduced() {
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
        let room = rooms.pane();
        let mut rows = Rows::new(room.width);
        match self.kind {
            RoundKind::Test(sitting) if self.is_introduced() => {
                introduced(&mut rows, app, self, sitting)
            }
            _ if !self.is_over() => return page::draw(pen, app, rooms),
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
            "Questions come back here once they have been asked: missed ones at once, the others after 1, 3, 7 and 21 days.",
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

/// What a test is, and how it is answered, before its first question.
fn introduced(rows: &mut Rows, app: &App, round: &RoundScreen, sitting: Sitting) {
    rows.title(&format!("Concept test, {} the course", sitting.name()));
    let Some(test) = &app.material.concept_test else {
        return;
    };
    let (open, all) = (round.items.len(), test.questions().count());
    let count = match all - open {
        0 => format!("{all} questions, about {} minutes.", test.minutes),
        answered => format!("{open} of {all} questions are left; {answered} are answered."),
    };
    rows.text(&count, Role::Strong);
    rows.blank(1);
    let says = match sitting {
        Sitting::Before => {
            "The same questions are asked before the course and after it: the difference is what the course taught. Nobody is expected to know the answers yet."
        }
        Sitting::After => {
            "The questions that were asked before the course, once more: the difference is what the course taught."
        }
    };
    rows.text(says, Role::Text);
    rows.blank(1);
    for says in [
        "A digit or an arrow selects an answer, and Enter gives it.",
        "No answer is marked until both tests are done, and none can be changed.",
        "n leaves a question open; Esc leaves the test. Your answers are kept, and C asks the rest.",
    ] {
        rows.hanging(("▸", Role::Accent), 2, says, Role::Text);
    }
    rows.blank(1);
    rows.hanging(("Enter", Role::Strong), 6, "begins", Role::Text);
    rows.clickable(rows.len() - 1, Click::Do(Command::Confirm));
}

/// Each question of both tests: what was right, once nothing can be given away any more.
fn by_question(rows: &mut Rows, app: &App, test: &Lesson) {
    rows.blank(1);
    let heads = vec![Role::Dim.of("before   after ")];
    rows.ends(vec![Role::Dim.of("question by question")], heads);
    rows.rule();
    for (number, page) in (1..).zip(&test.pages) {
        let Some(question) = page.question() else {
            continue;
        };
        let [before, after] = Sitting::ALL.map(|sitting| {
            let last = app.progress.answered(sitting.id(), &question.id);
            last.map_or("·", |last| if last.right { "✓" } else { "✗" })
        });
        let title = vec![
            (format!("{number:>2}  "), Role::Dim),
            Role::Text.of(page.title.as_str()),
        ];
        let marks = format!("{before}       {after}   ");
        rows.ends(title, vec![(marks, Role::Strong)]);
    }
}

/// The counts alone: what was right is said when the course has said why.
fn tested(rows: &mut Rows, app: &App, sitting: Sitting) {
    rows.title(&format!("Concept test, {} the course", sitting.name()));
    let Some(test) = &app.material.concept_test else {
        return;
    };
    for score in app.progress.scores(test).into_iter().flatten() {
        let cells = bar(score.right as f64, score.of as f64, 36);
        rows.line(vec![
            (cells, Role::Accent),
            (format!("  {} of {}", score.right, score.of), Role::Strong),
        ]);
    }
    rows.blank(1);
    for line in concept::report(app.progress.scores(test)) {
        rows.text(&line, Role::Text);
    }
    if app.test_is_done() {
        by_question(rows, app, test);
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
