//! The search: what is typed, and what it finds, each with the line that has it.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click};
use crate::course::search::{Hit, Marked, Place};
use crate::ui::{Pen, Role, Row, Rows, Span, from_row, prompt, window};

/// Rows of what was found: its title, the line.
const ROWS: usize = 2;

/// Draws it; the chosen one is always on the screen.
pub fn draw(pen: &mut Pen, app: &App, room: Rect, at: usize) {
    let search = &app.search;
    pen.text(room, 0, 0, &prompt(&search.input, true), Role::Strong);
    let count = search.hits.len();
    if count > 0 {
        pen.right(room, 0, &format!("{} of {count}", at + 1), Role::Dim);
    }
    pen.rule(room, 1);
    let below = from_row(room, 2);
    let mut rows = Rows::new(room.width);
    if search.input.text.trim().is_empty() {
        rows.text(
            "Words in any order. Pages, cards and the glossary are searched as you type.",
            Role::Dim,
        );
    } else if count == 0 {
        rows.text("Nothing has all of this.", Role::Dim);
    }
    let fitting = (usize::from(below.height) / ROWS).max(1);
    for index in window(at, count, fitting) {
        for row in found(app, &search.hits[index], room.width, index == at) {
            rows.push(Row {
                click: Some(Click::Hit(index)),
                ..row
            });
        }
    }
    rows.show(pen, below, 0);
    pen.spots.overflow = 0;
}

/// The title with the place at right; the line below it.
fn found(app: &App, hit: &Hit, width: u16, chosen: bool) -> [Row; ROWS] {
    let place = place(app, hit.place);
    let room = usize::from(width).saturating_sub(2);
    // The title is whole, wherever the place has to go for it.
    let fits = |width: usize| hit.title.text.width() + width <= room;
    let (beside, below) = match fits(place.width() + 2) {
        true => (place, String::new()),
        false => (String::new(), place),
    };
    let title = hit
        .title
        .excerpt(room.saturating_sub(match beside.is_empty() {
            true => 0,
            false => beside.width() + 2,
        }));
    let mark = if chosen { "▸ " } else { "  " };
    let head = if chosen { Role::Strong } else { Role::Text };
    let mut left = vec![Role::Accent.of(mark)];
    left.extend(spans(&title, head));
    let mut line = vec![Role::Dim.of("  ")];
    let rest = room.saturating_sub(match below.is_empty() {
        true => 0,
        false => below.width() + 2,
    });
    line.extend(spans(&hit.line.excerpt(rest), Role::Dim));
    [
        Row {
            left,
            right: vec![(beside, Role::Dim)],
            marked: chosen,
            ..Row::default()
        },
        Row {
            left: line,
            right: vec![(below, Role::Dim)],
            marked: chosen,
            ..Row::default()
        },
    ]
}

/// `7 sendfile, page 2`, `card`, `word`.
fn place(app: &App, place: Place) -> String {
    match place {
        Place::Word(_) => "word".to_owned(),
        Place::Card(_) => "card".to_owned(),
        Place::Page { lesson, page } => app
            .material
            .lessons
            .get(lesson)
            .map_or_else(String::new, |of| {
                format!("{} {}, page {}", of.number, of.title, page + 1)
            }),
    }
}

/// A text in pieces: what was looked for stands out by more than its colour.
fn spans(marked: &Marked, role: Role) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    for mark in &marked.marks {
        spans.push(role.of(&marked.text[at..mark.start]));
        spans.push(Role::Found.of(&marked.text[mark.clone()]));
        at = mark.end;
    }
    spans.push(role.of(&marked.text[at..]));
    spans
}
