//! A question: its options, what a chosen one shows right under it, and the learner's own figures beside it.

use ratatui::layout::Rect;

use crate::app::{App, Click, Command, Pane, QuestionState, Run};
use crate::course::{Page, Question};
use crate::model::Summary;
use crate::ui::{
    Pen, Role, Rooms, Row, Rows, bar, narrowed, screens::predict, screens::results,
    widgets::view::show,
};

pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    match rooms.list() {
        Some(panes) => {
            let room = narrowed(panes.left, crate::ui::layout::PROSE);
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
            let mut rows = Rows::new(pen.theme, room.width);
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
    let mut rows = Rows::new(pen.theme, room.width);
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
        predict::hints(
            rows,
            &question.hints[..state.hints.min(question.hints.len())],
        );
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
        rows.push(Row {
            left: vec![("Enter goes on.".into(), rows.style(Role::Dim))],
            click: Some(Click::Do(Command::Next)),
            ..Row::default()
        });
        rows.focus = Some(rows.len() - 1);
    }
}

/// The figures of the last run that bears on the question.
fn evidence(pen: &mut Pen, app: &App, room: Rect) {
    let mut rows = Rows::new(pen.theme, room.width);
    if let Some(run) = app.evidence() {
        kernel_says(&mut rows, run, room.width);
    }
    rows.show(pen, room, 0);
}

fn kernel_says(rows: &mut Rows, run: &Run, width: u16) {
    let (recording, summary) = (&run.recording, &run.summary);
    let shipped = recording.origin == crate::model::Origin::Shipped;
    rows.title(if shipped {
        "A recorded kernel says"
    } else {
        "Your kernel says"
    });
    let spec = &recording.spec;
    rows.text(
        &format!(
            "{}, {}, {} chunks, to {}",
            spec.method, spec.size, spec.chunk, spec.to
        ),
        Role::Dim,
    );
    if shipped {
        let said = format!(
            "Recorded on {}, not on this machine.",
            recording.machine.kernel
        );
        rows.text(&said, Role::Accent);
    }
    rows.blank(1);
    counts(rows, summary, width);
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("CPU copies a byte", &format!("{copies:.1}"), Role::Strong);
        rows.pair(
            "copied by the CPU",
            &results::bytes(summary.cpu_copied_bytes.unwrap_or(0)),
            Role::Strong,
        );
    }
}

/// Calls and switches, each as a bar beside the others.
fn counts(rows: &mut Rows, summary: &Summary, width: u16) {
    let switches = summary.measured.as_ref().map(|measured| {
        measured.voluntary_context_switches + measured.involuntary_context_switches
    });
    let figures = [
        ("system calls", "traced", summary.syscalls),
        ("mode switches", "traced", summary.mode_switches),
        ("context switches", "untraced", switches),
    ];
    let most = figures
        .iter()
        .filter_map(|(.., value)| *value)
        .max()
        .unwrap_or(0) as f64;
    let cells = usize::from(width.saturating_sub(10)).min(32);
    for (name, run, value) in figures {
        let Some(value) = value else {
            continue;
        };
        rows.pair(name, run, Role::Dim);
        let style = rows.style(if run == "traced" {
            Role::Dim
        } else {
            Role::Accent
        });
        rows.line(vec![
            (bar(value as f64, most, cells), style),
            (
                format!(" {}", crate::model::grouped(value)),
                rows.style(Role::Strong),
            ),
        ]);
        rows.blank(1);
    }
}
