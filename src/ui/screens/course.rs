//! The course: modules as a list, and beside it what the chosen one is about and where it goes on.

use ratatui::{layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::results::shown;
use crate::app::{App, Click, Instrument, Leaf};
use crate::model::{How, Lesson, Target};
use crate::ui::{
    layout::Rooms,
    pen::Pen,
    theme::Role,
    widgets::rows::{Row, Rows},
};

/// How an instrument that can be used says so.
const AVAILABLE: &str = "available";

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    if app.lessons.is_empty() {
        let style = pen.style(Role::Text);
        pen.text(
            rooms.text(),
            0,
            0,
            "There are no lessons here. m opens the lab.",
            style,
        );
        return;
    }
    match rooms.list() {
        Some(panes) => {
            modules(pen, app, panes.left);
            pen.line(panes.hairline, panes.left.y, panes.left.bottom());
            details(pen, app, panes.right);
        }
        None if app.leaf == Leaf::Text => modules(pen, app, rooms.text()),
        None => details(pen, app, rooms.leaf()),
    }
}

/// At most so many cells stand for a module's pages where a module has one row.
const CELLS: usize = 14;
/// Columns before a module's title.
const TITLE: u16 = 6;
/// Columns of a CPU copy in the list.
const COPY: usize = 6;
/// Columns of "CPU copies a byte": two copies, a gap, the figure.
const COPIES: u16 = 18;

/// The list: three rows a module where there is room, so that its pages, questions and copies can be seen;
/// else a row a module, the chosen one always among them.
fn modules(pen: &mut Pen, app: &App, room: Rect) {
    let strong = pen.style(Role::Strong);
    pen.text(room, 0, 0, "Modules", strong);
    let count = app.lessons.len() as u16;
    let below = room.height.saturating_sub(2);
    let (step, tall) = match () {
        () if count * 3 <= below + 1 => (3, true),
        () if count * 2 <= below => (2, false),
        () => (1, false),
    };
    heads(pen, app, room, tall);
    let fitting = usize::from((below + 1) / step).max(1);
    let first = (app.course.selected + 1).saturating_sub(fitting);
    for (line, index) in (first..app.lessons.len()).take(fitting).enumerate() {
        let y = room.y + 2 + line as u16 * step;
        let row = Rect::new(room.x, y, room.width, 1 + u16::from(tall));
        module(pen, app, row, index, tall);
        pen.spot(row, Click::Module(index));
    }
}

/// The names of the columns at right.
fn heads(pen: &mut Pen, app: &App, room: Rect, tall: bool) {
    let dim = pen.style(Role::Dim);
    if tall {
        pen.right(room, 0, "CPU copies a byte ", dim);
    } else {
        pen.text(room, pages_at(app, room), 0, "pages", dim);
        pen.right(room, 0, "minutes", dim);
    }
}

/// Where a module has one row: the column of its pages.
fn pages_at(app: &App, room: Rect) -> u16 {
    let longest = app.lessons.iter().map(|lesson| lesson.pages.len()).max();
    let cells = longest.unwrap_or(0).min(CELLS) as u16;
    room.width.saturating_sub(cells + 8)
}

fn module(pen: &mut Pen, app: &App, row: Rect, index: usize, tall: bool) {
    let lesson = &app.lessons[index];
    let (dim, strong, plain) = (
        pen.style(Role::Dim),
        pen.style(Role::Strong),
        pen.style(Role::Text),
    );
    let accent = pen.style(Role::Accent);
    // On the marker, dim text turns to plain foreground.
    let (number, title, quiet) = if app.course.selected == index {
        pen.paint(row, pen.style(Role::Marker));
        pen.text(row, 0, 0, "▸", accent);
        (accent.patch(strong), strong, plain)
    } else {
        (dim, plain, dim)
    };
    let label = lesson.number.to_string();
    let at = 4u16.saturating_sub(label.width() as u16);
    pen.text(row, at, 0, &label, number);
    let pages = pages_at(app, row);
    let taken = if tall { COPIES } else { row.width - pages };
    let title_room = Rect {
        width: row.width.saturating_sub(taken + 1),
        ..row
    };
    pen.text(title_room, TITLE, 0, &lesson.title, title);
    let cell = if number == dim { dim } else { accent };
    if tall {
        copies(pen, app, row, lesson, quiet);
        second_row(pen, app, row, index, cell, quiet);
        pen.settle(row, app.course.selected == index);
        return;
    }
    cells(pen, app, row, (pages, 0), lesson, CELLS, cell);
    if app.is_finished(index) {
        pen.text(row, row.width.saturating_sub(6), 0, "✓", strong);
    }
    pen.right(row, 0, &lesson.minutes.to_string(), quiet);
    pen.settle(row, app.course.selected == index);
}

/// `■■■····  3 of 10 questions  25 min`, under the title.
fn second_row(pen: &mut Pen, app: &App, row: Rect, index: usize, cell: Style, quiet: Style) {
    let lesson = &app.lessons[index];
    let totals = app.progress.totals_of(lesson);
    let questions = format!("{} of {} questions", totals.right, totals.questions);
    let minutes = format!("{} min", lesson.minutes);
    let most = usize::from(row.width.saturating_sub(TITLE + 34));
    cells(pen, app, row, (TITLE, 1), lesson, most, cell);
    let longest = app.lessons.iter().map(|lesson| lesson.pages.len()).max();
    let x = TITLE + longest.unwrap_or(0).min(most) as u16 + 2;
    if app.is_finished(index) {
        pen.text(row, x, 1, "✓", pen.style(Role::Strong));
    }
    pen.text(row, x + 2, 1, &questions, quiet);
    pen.text(row, x + 2 + 19, 1, &minutes, quiet);
}

/// A cell a page, or several pages a cell where there are more than `most`.
fn cells(
    pen: &mut Pen,
    app: &App,
    row: Rect,
    (x, y): (u16, u16),
    lesson: &Lesson,
    most: usize,
    style: Style,
) {
    let pages = lesson.pages.len();
    let cells = pages.min(most);
    for at in 0..cells {
        let (from, to) = (at * pages / cells, (at + 1) * pages / cells);
        let there = (from..to).all(|page| app.progress.has_seen(&lesson.id, page as u32 + 1));
        let glyph = if there { "■" } else { "·" };
        pen.text(row, x + at as u16, y, glyph, style);
    }
}

/// How often the CPU copies each byte in a module's experiments: a block a copy, and a dotted line for none.
fn copies(pen: &mut Pen, app: &App, row: Rect, lesson: &Lesson, quiet: Style) {
    let all = app.copies_of(lesson);
    let Some(first) = all.first() else {
        return;
    };
    let x = row.width.saturating_sub(COPIES);
    let wide = COPY * 2 + 1;
    if *first < 0.5 {
        let style = pen.style(Role::Hot(How::Reference));
        pen.text(row, x, 0, &"┄".repeat(wide), style);
    } else {
        let blocks = vec!["■".repeat(COPY); first.round() as usize].join(" ");
        let style = pen.style(Role::Hot(How::CpuCopy));
        let part = Rect {
            width: x + wide as u16,
            ..row
        };
        pen.text(part, x, 0, &blocks, style);
    }
    let said: Vec<String> = all.iter().map(|copies| shown(*copies)).collect();
    pen.text(row, x + wide as u16 + 1, 0, &said.join("-"), quiet);
}

fn details(pen: &mut Pen, app: &App, room: Rect) {
    let index = app.course.selected;
    let lesson = &app.lessons[index];
    let mut rows = Rows::new(pen.theme, room.width);
    let (dim, strong) = (rows.style(Role::Dim), rows.style(Role::Strong));
    rows.push(Row {
        left: vec![
            (format!("{}  ", lesson.number), dim),
            (lesson.title.clone(), strong),
        ],
        ..Row::default()
    });
    rows.blank(1);
    rows.text("After this you can", Role::Dim);
    let reached = app.progress.objectives_reached(lesson);
    for objective in &lesson.objectives {
        let mark = if reached.iter().any(|done| done.id == objective.id) {
            ("✓".to_owned(), strong)
        } else {
            ("·".to_owned(), dim)
        };
        rows.hanging(vec![mark], 3, &objective.text, rows.style(Role::Text));
    }
    rows.blank(1);
    rows.text(&counts(lesson), Role::Dim);
    rows.blank(1);
    next(&mut rows, app, index);
    rows.blank(1);
    machine(&mut rows, app);
    rows.show(pen, room, app.scroll);
}

/// What cannot be used here, each with why in short; then what can. `zclab doctor` has the whole sentences.
fn machine(rows: &mut Rows, app: &App) {
    rows.group("This machine", "");
    if app.machine.is_empty() {
        rows.text("looking", Role::Dim);
        return;
    }
    let (has, lacks): (Vec<&Instrument>, Vec<&Instrument>) =
        app.machine.iter().partition(|one| one.state == AVAILABLE);
    let dim = rows.style(Role::Dim);
    for instrument in lacks {
        let name = (instrument.name.clone(), rows.style(Role::Text));
        let why = instrument.state.split([',', ';', ':']).next();
        rows.hanging(vec![name], 14, why.unwrap_or_default(), dim);
    }
    if !has.is_empty() {
        let names: Vec<&str> = has.iter().map(|one| one.name.as_str()).collect();
        let label = (AVAILABLE.to_owned(), rows.style(Role::Text));
        rows.hanging(vec![label], 14, &names.join(", "), dim);
    }
}

fn next(rows: &mut Rows, app: &App, index: usize) {
    let lesson = &app.lessons[index];
    let page = app.next_page(index);
    rows.group(
        if app.is_finished(index) {
            "Again"
        } else {
            "Next"
        },
        "",
    );
    let Some(shown) = lesson.pages.get(page) else {
        return;
    };
    let strong = rows.style(Role::Strong);
    let accent = rows.style(Role::Accent).patch(strong);
    let label = format!("page {}", page + 1);
    rows.push(Row {
        left: vec![
            (format!("{label:8}"), accent),
            (shown.title.clone(), rows.style(Role::Text)),
        ],
        right: vec![("Enter".to_owned(), strong)],
        click: Some(Click::Do(crate::app::Command::Confirm)),
        ..Row::default()
    });
    let what = match &shown.target {
        None => "a page to read".to_owned(),
        Some(Target::Figure(_)) => "a figure, step by step".to_owned(),
        Some(Target::Lab(_) | Target::Trial(_)) if shown.predict().is_some() => {
            "an experiment: predict first".to_owned()
        }
        Some(Target::Lab(_) | Target::Trial(_)) => "an experiment".to_owned(),
        Some(Target::Question(_)) => "a question".to_owned(),
    };
    rows.hanging(Vec::new(), 8, &what, rows.style(Role::Dim));
}

/// `9 pages · 2 experiments · 8 questions`
fn counts(lesson: &Lesson) -> String {
    let count = |wanted: fn(&Target) -> bool| {
        lesson
            .pages
            .iter()
            .filter_map(|page| page.target.as_ref())
            .filter(|target| wanted(target))
            .count()
    };
    let said = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    format!(
        "{} · {} · {}",
        said(lesson.pages.len(), "page"),
        said(
            count(|target| matches!(target, Target::Lab(_) | Target::Trial(_))),
            "experiment"
        ),
        said(
            count(|target| matches!(target, Target::Question(_))),
            "question"
        ),
    )
}
