//! The reference cards: their list, and beside it or alone the chosen one; the table of one that compares systems.

use std::ops::Range;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::view::{Header, Right, View};
use crate::app::{App, Click, Pane, screens::cards::CardsScreen};
use crate::course::card::differences;
use crate::model::{Arrow, Card, CardRow, CardTable, How, Place};
use crate::ui::{MARKS, Pen, Role, Rooms, Row, Rows, Span, cut, narrowed, top_of};

/// Columns of the labels beside a card's lines.
const LABEL: u16 = 12;
/// A card's lines are at most this wide.
const CARD: u16 = 78;
/// From here on the eye would lose the row of a table.
const TABLE: u16 = 96;
/// Columns before a cell's text: whether it differs.
const MARK: usize = 2;

impl View for CardsScreen {
    fn header(&self, app: &App) -> Header {
        let count = app.material.cards.len();
        let right = Right::Count("card", self.selected, count);
        Header::of("Reference cards", right)
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let Some(card) = self.card(app) else {
            return;
        };
        if let Some(table) = self.table(app) {
            return compared(pen, app, self, card, table, rooms);
        }
        let text = rooms.text();
        match rooms.names() {
            Some(panes) => {
                list(pen, app, self.selected, panes.left);
                pen.line(panes.hairline, panes.left.y, panes.left.bottom());
                alone(pen, app, card, panes.right);
            }
            None if self.open => alone(pen, app, card, text),
            None => list(pen, app, self.selected, text),
        }
    }
}

/// The names, each with its path in small: a mark a hop.
fn list(pen: &mut Pen, app: &App, selected: usize, room: Rect) {
    let mut rows = Rows::new(room.width);
    let roomy = room.width > 50;
    let names = app.material.cards.iter().map(|card| card.name.width());
    let widest = names.max().unwrap_or(0) + 2;
    for (index, card) in app.material.cards.iter().enumerate() {
        let chosen = index == selected;
        let mut left = vec![
            Rows::cursor(chosen),
            (format!("{:widest$}", card.name), Role::of_name(chosen)),
        ];
        let right = path_marks(&card.path);
        if roomy && card.title != card.name {
            let marks: usize = right.iter().map(|(mark, _)| mark.width()).sum();
            let free = usize::from(room.width).saturating_sub(widest + 2 + marks);
            let (title, more) = cut(&card.title, free);
            left.push((format!("{title}{more}"), Role::Dim));
        }
        rows.choice(chosen, left, right, Click::Row(index));
    }
    rows.show(pen, room, 0);
    // The list keeps the arrows: what scrolls is the card beside it.
    pen.spots.overflow = 0;
}

/// `═ ┄ ═`: each hop as the line that it is drawn with.
fn path_marks(path: &[Arrow]) -> Vec<Span> {
    let line = |how: How| {
        let (mark, role, ..) = MARKS[how.drawn() as usize];
        (mark.chars().take(1).collect::<String>() + " ", role)
    };
    path.iter().map(|hop| line(hop.how)).collect()
}

fn alone(pen: &mut Pen, app: &App, card: &Card, room: Rect) {
    let room = narrowed(room, CARD);
    let mut rows = above(card, None, room.width);
    if let Some(table) = &card.table {
        let at = Grid::new(table, None, room.width);
        at.head(&mut rows);
        at.body(&mut rows);
        rows.blank(1);
    }
    rows.append(below(card, room.width));
    rows.show(pen, room, app.display.scroll);
}

/// Title, signature, path. Of a card that compares systems the signature of one is strong.
fn above(card: &Card, system: Option<&str>, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    rows.title(&card.title);
    let mut of_system = system.is_none();
    for line in &card.signature {
        if let Some(system) = system {
            of_system = line.starts_with(system) || of_system && line.starts_with(' ');
        }
        let role = if of_system { Role::Strong } else { Role::Text };
        rows.line(vec![(line.clone(), role)]);
    }
    rows.blank(1);
    if !card.path.is_empty() {
        path(&mut rows, &card.path, usize::from(width));
        rows.blank(1);
    }
    rows
}

/// Counts, conditions, pitfalls, since when, where it is written.
fn below(card: &Card, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    for (label, lines) in [
        ("counts", &card.counts),
        ("conditions", &card.conditions),
        ("pitfalls", &card.pitfalls),
    ] {
        if !lines.is_empty() {
            rows.prose_beside(label, LABEL, &format!("- {}", lines.join("\n- ")));
            rows.blank(1);
        }
    }
    if !card.body.is_empty() {
        rows.prose_beside("besides", LABEL, &card.body);
        rows.blank(1);
    }
    if !card.since.is_empty() {
        rows.prose_beside("since", LABEL, &card.since.join("; "));
    }
    rows.prose_beside("sources", LABEL, &card.sources.join("; "));
    rows
}

/// `disk ═■═▶ page cache ┄◆┄▶ socket queue`; a hop from an earlier place stands below that place. Then what the marks
/// say that were used.
fn path(rows: &mut Rows, path: &[Arrow], width: usize) {
    let mark = |how: How| {
        let (mark, role, ..) = MARKS[how.drawn() as usize];
        (mark, role)
    };
    let mut line = Line::default();
    let mut seats: Vec<(Place, usize)> = Vec::new();
    let mut last = None;
    for hop in path {
        let (arrow, role) = mark(hop.how);
        let room = arrow.width() + 2 + hop.to.title().width();
        if last != Some(hop.from) {
            let seat = seats.iter().rev().find(|(place, _)| *place == hop.from);
            let column = seat.map_or(0, |(_, column)| *column);
            let whole = column + hop.from.title().width() + room + 1;
            line.end(rows);
            line.blank(if whole > width { 0 } else { column });
            seats.push((hop.from, line.width));
            line.push(hop.from.title(), Role::Text);
        } else if line.width + room + 1 > width {
            line.end(rows);
            line.blank(1);
        }
        line.push(format!(" {arrow} "), role);
        seats.push((hop.to, line.width));
        line.push(hop.to.title(), Role::Text);
        last = Some(hop.to);
    }
    line.end(rows);
    let mut legend = Line::default();
    for how in How::ALL {
        if path.iter().any(|hop| hop.how == how) {
            let (glyphs, role) = mark(how);
            legend.push(glyphs.to_owned(), role);
            legend.push(format!(" {}   ", how.title()), Role::Dim);
        }
    }
    rows.blank(1);
    legend.end(rows);
}

#[derive(Default)]
struct Line {
    spans: Vec<Span>,
    width: usize,
}

impl Line {
    fn push(&mut self, text: String, role: Role) {
        self.width += text.width();
        self.spans.push((text, role));
    }

    fn blank(&mut self, columns: usize) {
        if columns > 0 {
            self.push(" ".repeat(columns), Role::Text);
        }
    }

    fn end(&mut self, rows: &mut Rows) {
        let line = std::mem::take(self);
        if !line.spans.is_empty() {
            rows.line(line.spans);
        }
    }
}

/// The open card of several systems: its table, and the chosen row's cells in full.
fn compared(
    pen: &mut Pen,
    app: &App,
    on: &CardsScreen,
    card: &Card,
    table: &CardTable,
    rooms: &Rooms,
) {
    let text = rooms.text();
    let room = narrowed(text, TABLE);
    let here = (on.row, on.column);
    let at = Grid::new(table, Some(here), room.width);
    let system = table.columns.get(here.1).map(String::as_str);
    if rooms.tier.is_folded() {
        match app.display.pane {
            Pane::Target => folded_table(pen, &at, room),
            Pane::Text => {
                let mut rows = above(card, system, room.width);
                rows.append(below(card, room.width));
                rows.show(pen, room, app.display.scroll);
            }
        }
        return;
    }
    let mut rows = above(card, system, room.width);
    at.head(&mut rows);
    at.body(&mut rows);
    rows.blank(1);
    at.in_full(&mut rows);
    rows.blank(1);
    rows.append(below(card, room.width.min(CARD)));
    rows.show(pen, room, app.display.scroll);
}

/// Where there is little room the head and the cells in full stay, and the rows between them follow the cursor.
fn folded_table(pen: &mut Pen, at: &Grid, room: Rect) {
    let mut head = Rows::new(room.width);
    at.head(&mut head);
    let mut rows = Rows::new(room.width);
    at.body(&mut rows);
    rows.focus = at.here.map(|(row, _)| row);
    let mut full = Rows::new(room.width);
    at.in_full(&mut full);
    let (above, below) = (head.len() as u16, full.len() as u16);
    let between = room.height.saturating_sub(above + below);
    let part = |y: u16, height: u16| Rect {
        y: room.y + y,
        height,
        ..room
    };
    head.show(pen, top_of(room, above), 0);
    rows.show(pen, part(above, between), 0);
    full.show(pen, part(above + between, below.min(room.height)), 0);
    pen.spots.overflow = 0;
}

/// A table, where one is in it, and how wide its columns are.
struct Grid<'a> {
    table: &'a CardTable,
    /// Row and column of the cursor, where there is one.
    here: Option<(usize, usize)>,
    /// Columns of what is compared.
    label: usize,
    /// Columns of a cell, with its mark.
    cell: usize,
}

impl Grid<'_> {
    fn new(table: &CardTable, here: Option<(usize, usize)>, width: u16) -> Grid<'_> {
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| text.width()).max().unwrap_or(0)
        };
        let label = widest(&mut table.rows.iter().map(|row| &row.what)) + 3;
        let cells = &mut table.rows.iter().flat_map(|row| &row.cells);
        let wanted = MARK + widest(cells) + 2;
        // The last cell needs no gap behind it.
        let room = (usize::from(width) + 1).saturating_sub(label) / table.columns.len().max(1);
        Grid {
            table,
            here,
            label,
            cell: wanted.min(room),
        }
    }

    /// The column that the others are compared with.
    fn reference(&self) -> usize {
        self.here.map_or(0, |(_, column)| column)
    }

    /// The names of the systems, and a hairline.
    fn head(&self, rows: &mut Rows) {
        let mut left = vec![(" ".repeat(self.label), Role::Dim)];
        let width = self.cell - MARK;
        for (column, name) in self.table.columns.iter().enumerate() {
            left.push(match self.here.is_some() && column == self.reference() {
                true => (format!("▸ {name:width$}"), Role::Answer),
                false => (format!("  {name:width$}"), Role::Dim),
            });
        }
        rows.push(Row {
            left,
            spots: self.spots(0),
            ..Row::default()
        });
        rows.rule();
    }

    fn body(&self, rows: &mut Rows) {
        for (row, CardRow { what, cells }) in self.table.rows.iter().enumerate() {
            let here = self.here.is_some_and(|(chosen, _)| chosen == row);
            let role = if here { Role::Strong } else { Role::Dim };
            let what = format!("{what:width$}", width = self.label - 2);
            let mut left = vec![Rows::cursor(here), (what, role)];
            for column in 0..self.table.columns.len() {
                let cell = cells.get(column).map_or("", String::as_str);
                let room = self.cell - MARK - 1;
                let (kept, more) = cut(cell, room);
                left.extend(self.cell(cells, column, kept.len()));
                left.push(Role::Dim.of(more));
                let free = room + 1 - kept.width() - more.width();
                left.push((" ".repeat(free), Role::Text));
            }
            rows.push(Row {
                left,
                marked: here,
                spots: self.spots(row),
                ..Row::default()
            });
        }
    }

    /// A cell's mark and its first `kept` bytes; what differs from the reference is underlined.
    fn cell(&self, cells: &[String], column: usize, kept: usize) -> Vec<Span> {
        let text = |column: usize| cells.get(column).map_or("", String::as_str);
        let (cell, reference) = (text(column), text(self.reference()));
        if column == self.reference() {
            return vec![Role::Dim.of("  "), Role::Text.of(&cell[..kept])];
        }
        let differs = differences(reference, cell);
        let mark = if differs.is_empty() { "= " } else { "≠ " };
        let mut spans = vec![Role::Dim.of(mark)];
        spans.extend(underlined(&cell[..kept], &differs));
        spans
    }

    fn spots(&self, row: usize) -> Vec<(Range<u16>, Click)> {
        if self.here.is_none() {
            return Vec::new();
        }
        (0..self.table.columns.len())
            .map(|column| {
                let start = (self.label + column * self.cell) as u16;
                (start..start + self.cell as u16, Click::Cell(row, column))
            })
            .collect()
    }

    /// The chosen row's cells, none of them cut.
    fn in_full(&self, rows: &mut Rows) {
        let Some((row, column)) = self.here else {
            return;
        };
        let Some(CardRow { what, cells }) = self.table.rows.get(row) else {
            return;
        };
        let system = self.table.columns.get(column).map_or("", String::as_str);
        rows.ends(
            vec![(what.clone(), Role::Strong)],
            vec![(
                format!("beside {system}: = the same   ≠ differs"),
                Role::Dim,
            )],
        );
        for (column, name) in self.table.columns.iter().enumerate() {
            let cell = cells.get(column).map_or("", String::as_str);
            let role = Role::of_name(column == self.reference());
            let mut left = vec![(format!("  {name:width$}", width = self.label - 2), role)];
            left.extend(self.cell(cells, column, cell.len()));
            rows.line(left);
        }
    }
}

/// A text in pieces, those in the ranges underlined.
fn underlined(text: &str, ranges: &[Range<usize>]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    for range in ranges {
        let (start, end) = (range.start.min(text.len()), range.end.min(text.len()));
        spans.push(Role::Text.of(&text[at..start]));
        spans.push(Role::Underlined.of(&text[start..end]));
        at = end;
    }
    spans.push(Role::Text.of(&text[at..]));
    spans
}
