//! What the chosen module is about, and where it goes on.

use ratatui::layout::Rect;

use crate::app::{App, Click, Command, Instrument};
use crate::course::{Lesson, Target};
use crate::ui::{Pen, Role, Rows};

/// How an instrument that can be used says so.
const AVAILABLE: &str = "available";

/// Draws it. This machine stands below where there is room, or where the pane has nothing else beside it.
pub fn draw(pen: &mut Pen, app: &App, index: usize, room: Rect, alone: bool) {
    let lesson = &app.material.lessons[index];
    let mut rows = Rows::new(room.width);
    rows.line(vec![
        (format!("{}  ", lesson.number), Role::Dim),
        (lesson.title.clone(), Role::Strong),
    ]);
    rows.blank(1);
    rows.text("After this you can", Role::Dim);
    let reached = app.progress.objectives_reached(lesson);
    for objective in &lesson.objectives {
        let mark = match reached.iter().any(|done| done.id == objective.id) {
            true => ("✓", Role::Strong),
            false => ("·", Role::Dim),
        };
        rows.hanging(mark, 3, &objective.text, Role::Text);
    }
    rows.blank(1);
    rows.text(&counts(lesson), Role::Dim);
    rows.blank(1);
    next(&mut rows, app, index);
    for all in [true, false] {
        let mut below = Rows::new(room.width);
        below.blank(1);
        machine(&mut below, app, all);
        if alone || rows.len() + below.len() <= usize::from(room.height) {
            rows.append(below);
            break;
        }
    }
    rows.show(pen, room, app.display.scroll);
}

/// What cannot be used here, each with why in short; then, if `all` is to be said, what can. `zclab doctor` has the whole sentences.
fn machine(rows: &mut Rows, app: &App, all: bool) {
    rows.group("This machine", "");
    if app.machine.is_empty() {
        rows.text("looking", Role::Dim);
        return;
    }
    let (has, lacks): (Vec<&Instrument>, Vec<&Instrument>) =
        app.machine.iter().partition(|one| one.state == AVAILABLE);
    for instrument in lacks {
        let name = (&*instrument.name, Role::Text);
        let why = instrument.state.split([',', ';', ':']).next();
        rows.hanging(name, 14, why.unwrap_or_default(), Role::Dim);
    }
    if all && !has.is_empty() {
        let names: Vec<&str> = has.iter().map(|one| one.name.as_str()).collect();
        let label = (AVAILABLE, Role::Text);
        rows.hanging(label, 14, &names.join(", "), Role::Dim);
    }
}

fn next(rows: &mut Rows, app: &App, index: usize) {
    let lesson = &app.material.lessons[index];
    let page = app.next_page(index);
    let Some(shown) = lesson.pages.get(page) else {
        return;
    };
    let first = rows.len();
    let again = app.is_finished(index);
    let title = if again { "Again" } else { "Next" };
    rows.ends(vec![Role::Dim.of(title)], vec![Role::Strong.of("Enter")]);
    rows.rule();
    let label = format!("page {}", page + 1);
    let indent = label.len() as u16 + 2;
    rows.hanging((&label, Role::Answer), indent, &shown.title, Role::Text);
    let what = match &shown.target {
        None => "a page to read",
        Some(Target::Figure(_)) => "a figure, step by step",
        Some(Target::Lab(_) | Target::Trial(_)) if shown.predict().is_some() => {
            "an experiment: predict first"
        }
        Some(Target::Lab(_) | Target::Trial(_)) => "an experiment",
        Some(Target::Question(_)) => "a question",
    };
    rows.hanging(("", Role::Dim), indent, what, Role::Dim);
    rows.clickable(first, Click::Do(Command::Confirm));
}

/// `9 pages · 2 experiments · 8 questions`
fn counts(lesson: &Lesson) -> String {
    let experiments = lesson.pages.iter().filter(|page| page.has_experiment());
    let said = [
        (lesson.pages.len(), "page"),
        (experiments.count(), "experiment"),
        (lesson.questions().count(), "question"),
    ];
    // A number never parts from its unit.
    let said = said.map(|(count, one)| match count {
        1 => format!("1\u{a0}{one}"),
        count => format!("{count}\u{a0}{one}s"),
    });
    let mut said = said.join(" · ");
    if lesson.short {
        said += " · in\u{a0}the\u{a0}short\u{a0}course\u{a0}(*)";
    }
    said
}
