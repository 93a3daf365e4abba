//! The course: modules as a list, and beside it what the chosen one is about and where it goes on.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click, Leaf};
use crate::model::{Lesson, Target};
use crate::ui::{
    layout::Rooms,
    pen::Pen,
    theme::Role,
    widgets::rows::{Row, Rows},
};

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

/// At most so many cells stand for a module's pages.
const CELLS: usize = 14;

/// The columns of the list, counted from its left edge.
struct Columns {
    title: u16,
    pages: u16,
    /// Cells of the longest module: a cell is a page, or several where there are too many.
    cells: u16,
    done: u16,
}

fn modules(pen: &mut Pen, app: &App, room: Rect) {
    let longest = app
        .lessons
        .iter()
        .map(|lesson| lesson.pages.len())
        .max()
        .unwrap_or(0);
    let cells = longest.min(CELLS) as u16;
    let columns = Columns {
        title: 6,
        pages: room.width.saturating_sub(cells + 8),
        cells,
        done: room.width.saturating_sub(6),
    };
    let (strong, dim) = (pen.style(Role::Strong), pen.style(Role::Dim));
    pen.text(room, 0, 0, "Modules", strong);
    pen.text(room, columns.pages, 0, "pages", dim);
    pen.right(room, 0, "minutes", dim);
    let below = room.height.saturating_sub(2);
    let step = if app.lessons.len() as u16 * 2 <= below {
        2
    } else {
        1
    };
    let fitting = usize::from(below / step).max(1);
    let first = app
        .course
        .selected
        .saturating_sub(fitting.saturating_sub(1));
    for (line, index) in (first..app.lessons.len()).take(fitting).enumerate() {
        let y = 2 + line as u16 * step;
        let row = Rect::new(room.x, room.y + y, room.width, 1);
        module(pen, app, row, index, &columns);
        pen.spot(row, Click::Module(index));
    }
}

fn module(pen: &mut Pen, app: &App, row: Rect, index: usize, columns: &Columns) {
    let lesson = &app.lessons[index];
    let chosen = app.course.selected == index;
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let accent = pen.style(Role::Accent);
    let (number, title, cell) = if chosen {
        pen.paint(row, pen.style(Role::Marker));
        pen.text(row, 0, 0, "▸", accent);
        (accent.patch(strong), strong, accent)
    } else {
        (dim, pen.style(Role::Text), dim)
    };
    let label = lesson.number.to_string();
    pen.text(
        row,
        4u16.saturating_sub(label.width() as u16),
        0,
        &label,
        number,
    );
    let title_room = Rect {
        width: columns.pages.saturating_sub(2),
        ..row
    };
    pen.text(title_room, columns.title, 0, &lesson.title, title);
    let pages = lesson.pages.len();
    let cells = pages.min(usize::from(columns.cells));
    for at in 0..cells {
        let (from, to) = (at * pages / cells, (at + 1) * pages / cells);
        let there = (from..to).all(|page| app.progress.has_seen(&lesson.id, page as u32 + 1));
        let glyph = if there { "■" } else { "·" };
        pen.text(row, columns.pages + at as u16, 0, glyph, cell);
    }
    if app.is_finished(index) {
        pen.text(row, columns.done, 0, "✓", strong);
    }
    let plain = if chosen { pen.style(Role::Text) } else { dim };
    pen.right(row, 0, &lesson.minutes.to_string(), plain);
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
    rows.group("This machine", "");
    if app.machine.is_empty() {
        rows.text("looking", Role::Dim);
    }
    for instrument in &app.machine {
        let name = (format!("{:14}", instrument.name), rows.style(Role::Text));
        rows.hanging(vec![name], 14, &instrument.state, dim);
    }
    rows.show(pen, room, app.scroll);
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
        Some(Target::Lab(lab)) if lab.predict.is_some() => {
            "an experiment: predict first".to_owned()
        }
        Some(Target::Lab(_)) => "an experiment".to_owned(),
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
            count(|target| matches!(target, Target::Lab(_))),
            "experiment"
        ),
        said(
            count(|target| matches!(target, Target::Question(_))),
            "question"
        ),
    )
}
