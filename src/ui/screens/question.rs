//! A question: its options, what a chosen one shows right under it, and the learner's own figures beside it.

use ratatui::layout::Rect;

use crate::app::{App, Click, Command, Pane, QuestionState, Run};
use crate::course::{Page, Question};
use crate::model::{Origin, Summary, TransferSpec, grouped};
use crate::ui::{
    PROSE, Pen, Role, Rooms, Rows, bar, narrowed, screens::predict, screens::results,
    widgets::view::show,
};

pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    match rooms.list() {
        Some(panes) => {
            let room = narrowed(panes.left, PROSE);
            asked(pen, app, room, page, true);
            if beside(pen, app, panes.right) {
                pen.line(panes.hairline, panes.left.y, panes.left.bottom());
            }
        }
        None if app.display.pane == Pane::Text || !app.has_two_panes() => {
            asked(pen, app, rooms.pane(), page, false);
        }
        None => evidence(pen, app, rooms.pane()),
    }
}

/// What stands beside a question: the lines as they are arranged, the figures of a run, or nothing.
fn beside(pen: &mut Pen, app: &App, room: Rect) -> bool {
    let question = app.question();
    match question.and_then(|(question, state)| question.kind.beside(&state.draft)) {
        Some(view) => {
            let mut rows = Rows::new(room.width);
            show(&mut rows, &view);
            rows.show(pen, room, 0);
        }
        None if app.evidence().is_some() => evidence(pen, app, room),
        None => return false,
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

/// The figures of the last run that bears on the question.
fn evidence(pen: &mut Pen, app: &App, room: Rect) {
    let mut rows = Rows::new(room.width);
    if let Some(run) = app.evidence() {
        kernel_says(&mut rows, run);
    }
    rows.show(pen, room, 0);
}

fn kernel_says(rows: &mut Rows, run: &Run) {
    let (recording, summary) = (&run.recording, &run.summary);
    let shipped = recording.origin == Origin::Shipped;
    rows.title(match shipped {
        true => "A recorded kernel says",
        false => "Your kernel says",
    });
    let TransferSpec {
        method,
        size,
        chunk,
        to,
        ..
    } = &recording.spec;
    rows.text(
        &format!("{method}, {size}, {chunk} chunks, to {to}"),
        Role::Dim,
    );
    if shipped {
        results::recorded_elsewhere(rows, recording);
    }
    rows.blank(1);
    counts(rows, summary);
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("CPU copies per byte", &format!("{copies:.1}"), Role::Strong);
        let copied = results::bytes(summary.cpu_copied_bytes.unwrap_or(0));
        rows.pair("copied by the CPU", &copied, Role::Strong);
    }
}

/// Calls and switches, each as a bar beside the others.
fn counts(rows: &mut Rows, summary: &Summary) {
    let switches = summary.measured.as_ref().map(|measured| {
        measured.voluntary_context_switches + measured.involuntary_context_switches
    });
    let figures = [
        ("system calls", "traced", summary.syscalls),
        ("mode switches", "traced", summary.mode_switches),
        ("context switches", "untraced", switches),
    ];
    let values = figures.iter().filter_map(|(.., value)| *value);
    let most = values.max().unwrap_or(0) as f64;
    let cells = usize::from(rows.width.saturating_sub(10)).min(32);
    for (name, run, value) in figures {
        let Some(value) = value else {
            continue;
        };
        rows.pair(name, run, Role::Dim);
        let traced = run == "traced";
        let role = if traced { Role::Dim } else { Role::Accent };
        let value_said = (format!(" {}", grouped(value)), Role::Strong);
        rows.line(vec![(bar(value as f64, most, cells), role), value_said]);
        rows.blank(1);
    }
}
