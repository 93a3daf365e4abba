//! A question: its options, what a chosen one shows right under it, and the learner's own figures beside it.

use ratatui::layout::Rect;

use super::{beside, contents, predict};
use crate::app::{App, Click, Command, Pane, QuestionState};
use crate::course::{Page, Question};
use crate::ui::{PROSE, Pen, Role, Rooms, Rows, narrowed, widgets::view::show};

pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    match rooms.list() {
        Some(panes) => {
            let room = narrowed(panes.left, PROSE);
            asked(pen, app, room, page, true);
            if at_right(pen, app, panes.right) {
                pen.line(panes.hairline, panes.left.y, panes.left.bottom());
            }
        }
        None if app.display.pane == Pane::Text || !app.has_two_panes() => {
            asked(pen, app, rooms.pane(), page, false);
        }
        None => drop(beside::draw(pen, app, rooms.pane())),
    }
}

/// What stands beside a question: the lines as they are arranged, the figures of a run, a figure, or the pages of the
/// lesson.
fn at_right(pen: &mut Pen, app: &App, room: Rect) -> bool {
    let question = app.question();
    match question.and_then(|(question, state)| question.kind.beside(&state.draft)) {
        Some(view) => {
            let mut rows = Rows::new(room.width);
            show(&mut rows, &view);
            rows.show(pen, room, 0);
        }
        None if beside::draw(pen, app, room) => {}
        None => match app.open_lesson().filter(|_| !app.in_test()) {
            Some(lesson) => contents::draw(pen, app, lesson, room),
            None => return false,
        },
    }
    true
}

fn asked(pen: &mut Pen, app: &App, room: Rect, page: &Page, roomy: bool) {
    let Some((question, state)) = app.question() else {
        return;
    };
    let mut rows = Rows::new(room.width);
    if !page.prose.trim().is_empty() {
        rows.prose_with_words(&page.prose, &app.material.words);
        rows.blank(1);
    }
    rows.strong_prose(&question.text);
    rows.blank(if roomy { 2 } else { 1 });
    show(&mut rows, &question.kind.view(&state.shown(roomy)));
    if let Some(refused) = &state.refused {
        rows.blank(1);
        rows.text(refused, Role::Accent);
    }
    after(&mut rows, question, state);
    rows.show(pen, room, app.display.scroll);
}

/// Hints, explanation, and what can be done now.
fn after(rows: &mut Rows, question: &Question, state: &QuestionState) {
    if state.hints > 0 {
        rows.blank(1);
        let shown = state.hints.min(question.hints.len());
        predict::hints(rows, &question.hints[..shown]);
        rows.focus = Some(rows.len() - 1);
    }
    let right = state.is_right();
    if state.explained || right {
        rows.blank(1);
        if let (Some(solution), false) = (question.kind.solution(), right) {
            rows.text(&solution, Role::Strong);
        }
        rows.prose(&question.explain, &[]);
        rows.focus = Some(rows.len() - 1);
    } else if state.verdict.is_some() {
        rows.blank(1);
        let again = if state.types() { "Type" } else { "Choose" };
        rows.text(&format!("{again} again, or x explains."), Role::Dim);
        rows.focus = Some(rows.len() - 1);
    }
    if right {
        rows.text("Enter goes on.", Role::Dim);
        rows.focus = Some(rows.len() - 1);
        rows.clickable(rows.len() - 1, Click::Do(Command::Next));
    }
}
