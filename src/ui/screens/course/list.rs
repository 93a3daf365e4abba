//! The modules: pages as cells, questions, and how often the CPU copies each byte in what a module is about.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::page_marks;
use crate::app::{App, Click, Glance};
use crate::course::Lesson;
use crate::model::How;
use crate::ui::{Pen, Role, cut, row_at, screens::results::shown};

const HEADS: u16 = 2;
/// Columns before a module's title: cursor and number.
const TITLE: u16 = 5;
/// Beside the number of a lesson of the short course, as `zclab lessons` has it.
const SHORT: &str = "*";
/// Columns of `10 of 10 ✓`.
const QUESTIONS: u16 = 10;
/// Fewer cells than this say nothing.
const CELLS: u16 = 4;

struct Columns {
    title: u16,
    /// The cells of the pages: where they begin, and how many the longest module has. None where there is no room.
    pages: Option<(u16, usize)>,
    questions: u16,
    copies: u16,
    block: usize,
    head: &'static str,
}

impl Columns {
    fn of(app: &App, width: u16) -> Columns {
        let (copies, block, gap, head) = match width {
            ..70 => (13, 4, 1, "CPU copies"),
            70..100 => (17, 5, 2, "copies per byte"),
            _ => (21, 8, 4, "CPU copies per byte"),
        };
        let copies = width - copies;
        let questions = copies - gap - QUESTIONS;
        let lessons = app.material.lessons.iter();
        let pages = lessons.clone().map(|lesson| lesson.pages.len());
        let titles = lessons.map(|lesson| lesson.title.width());
        let title = titles.max().unwrap_or(0) as u16;
        let after = TITLE + title + gap.max(2) - 1;
        let cells = questions.saturating_sub(after + gap.max(2) - 1);
        let longest = pages.max().unwrap_or(0);
        let (title, pages) = match cells >= CELLS {
            true => (title, Some((after, usize::from(cells).min(longest)))),
            false => (questions - TITLE - 1, None),
        };
        Columns {
            title,
            pages,
            questions,
            copies,
            block,
            head,
        }
    }
}

/// Rows that all modules take, `step` a module.
pub fn height(app: &App, step: u16) -> u16 {
    HEADS + app.material.lessons.len() as u16 * step - (step - 1)
}

/// Draws as many as fit, the chosen one among them. Gives the rows that it took.
pub fn draw(pen: &mut Pen, app: &App, selected: usize, room: Rect, step: u16) -> u16 {
    let columns = Columns::of(app, room.width);
    heads(pen, room, &columns);
    let fitting = usize::from(room.height.saturating_sub(HEADS).div_ceil(step)).max(1);
    let first = (selected + 1).saturating_sub(fitting);
    let mut used = HEADS;
    let all = app.material.lessons.len();
    let above = if first > 0 {
        format!("{first} above  ")
    } else {
        String::new()
    };
    if let below @ 1.. = all.saturating_sub(first + fitting) {
        pen.text(
            room,
            "Modules  ".len() as u16,
            0,
            &format!("{above}↓ {below} more"),
            Role::Dim,
        );
    } else if first > 0 {
        pen.text(
            room,
            "Modules  ".len() as u16,
            0,
            &format!("↑ {first} more"),
            Role::Dim,
        );
    }
    let shown = (first..all).take(fitting);
    for (line, index) in shown.enumerate() {
        let y = HEADS + line as u16 * step;
        let row = row_at(room, y);
        module(pen, app, row, (index, index == selected), &columns);
        pen.spot(row, Click::Row(index));
        used = y + 1;
    }
    used
}

fn heads(pen: &mut Pen, room: Rect, columns: &Columns) {
    pen.text(room, 0, 0, "Modules", Role::Strong);
    if let Some((x, _)) = columns.pages {
        pen.text(room, x, 0, "pages", Role::Dim);
    }
    pen.text(room, columns.questions, 0, "questions", Role::Dim);
    pen.text(room, columns.copies, 0, columns.head, Role::Dim);
}

fn module(pen: &mut Pen, app: &App, row: Rect, (index, chosen): (usize, bool), columns: &Columns) {
    let lesson = &app.material.lessons[index];
    // On the marker, dim text turns to plain foreground.
    let (number, title, quiet, cell) = if chosen {
        pen.paint(row, Role::Marker);
        pen.text(row, 0, 0, "▸", Role::Accent);
        (Role::Answer, Role::Strong, Role::Text, Role::Accent)
    } else {
        (Role::Dim, Role::Text, Role::Dim, Role::Dim)
    };
    pen.text(row, 2, 0, &format!("{:>2}", lesson.number), number);
    if lesson.short {
        pen.text(row, 4, 0, SHORT, quiet);
    }
    let (name, more) = cut(&lesson.title, usize::from(columns.title));
    pen.text(row, TITLE, 0, &[name, more].concat(), title);
    if let Some((x, most)) = columns.pages {
        cells(pen, app, row, x, lesson, most, cell);
    }
    questions(pen, app, row, columns.questions, index, quiet);
    if let Some(glance) = app.copies_of(lesson) {
        copies(pen, row, columns, glance, quiet);
    }
    pen.settle(row, chosen);
}

/// `3 of 8`; the number alone where nothing was answered yet. A tick where every page was seen and all are right.
fn questions(pen: &mut Pen, app: &App, row: Rect, x: u16, index: usize, quiet: Role) {
    let totals = app.progress.totals_of(&app.material.lessons[index]);
    let said = match totals.right + totals.wrong {
        0 => totals.questions.to_string(),
        _ => format!("{} of {}", totals.right, totals.questions),
    };
    pen.text(row, x, 0, &said, quiet);
    if app.is_finished(index) && totals.right == totals.questions {
        pen.text(row, x + QUESTIONS - 1, 0, "✓", Role::Strong);
    }
}

/// The pages of a module as cells, `most` for the longest one: all seen, some, none.
fn cells(pen: &mut Pen, app: &App, row: Rect, x: u16, lesson: &Lesson, most: usize, role: Role) {
    let lessons = app.material.lessons.iter();
    let longest = lessons.map(|lesson| lesson.pages.len()).max();
    let pages = lesson.pages.len();
    let count = (pages * most).div_ceil(longest.unwrap_or(1).max(1));
    for at in 0..count {
        let of_cell = at * pages / count..(at + 1) * pages / count;
        let mark = page_marks::mark(app, lesson, of_cell);
        pen.text(row, x + at as u16, 0, mark, role);
    }
}

/// A block a copy, hollow where it is made in some cases alone; a dotted line for none. Then the figure.
fn copies(pen: &mut Pen, row: Rect, columns: &Columns, glance: Glance, quiet: Role) {
    let (x, block) = (columns.copies, columns.block);
    let wide = block * 2 + 1;
    if glance.most < 0.5 {
        pen.text(row, x, 0, &"┄".repeat(wide), Role::Hot(How::Reference));
    }
    for copy in 0..2 {
        let mark = match f64::from(copy) + 0.5 {
            always if always < glance.least => "■",
            some if some < glance.most => "□",
            _ => continue,
        };
        let at = x + copy as u16 * (block as u16 + 1);
        pen.text(row, at, 0, &mark.repeat(block), Role::Hot(How::CpuCopy));
    }
    let (least, most) = (shown(glance.least), shown(glance.most));
    let said = match glance.reported {
        true => format!("{least}+c"),
        false if glance.least == glance.most => least,
        false => format!("{least}-{most}"),
    };
    pen.text(row, x + wide as u16 + 1, 0, &said, quiet);
}
