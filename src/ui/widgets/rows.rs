//! Rows of text for one pane: built first, then shown as far as they fit; the rest scrolls, and says so.

use std::ops::Range;

use ratatui::{layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use crate::app::Click;
use crate::course::{Reaction, glossary, prose};
use crate::model::Word;
use crate::ui::{Pen, Role, Theme};

pub type Span = (String, Role);

#[derive(Clone, Debug, Default)]
pub struct Row {
    pub left: Vec<Span>,
    pub right: Vec<Span>,
    pub rule: bool,
    /// A marker over the whole row.
    pub marked: bool,
    pub click: Option<Click>,
    /// Between two columns, what a click means instead.
    pub spots: Vec<(Range<u16>, Click)>,
}

pub struct Rows {
    pub width: u16,
    rows: Vec<Row>,
    /// The row that must be on the screen.
    pub focus: Option<usize>,
}

impl Rows {
    pub fn new(width: u16) -> Rows {
        Rows {
            width,
            rows: Vec::new(),
            focus: None,
        }
    }

    pub fn append(&mut self, other: Rows) {
        self.rows.extend(other.rows);
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn line(&mut self, left: Vec<Span>) {
        self.ends(left, Vec::new());
    }

    /// A row with something at its right end.
    pub fn ends(&mut self, left: Vec<Span>, right: Vec<Span>) {
        self.push(Row {
            left,
            right,
            ..Row::default()
        });
    }

    /// A row that can be chosen by a click; the chosen one is marked, and on the screen.
    pub fn choice(&mut self, chosen: bool, left: Vec<Span>, right: Vec<Span>, click: Click) {
        if chosen {
            self.focus = Some(self.len());
        }
        self.push(Row {
            left,
            right,
            marked: chosen,
            click: Some(click),
            ..Row::default()
        });
    }

    /// What stands before a row of a list: the cursor, if it is the chosen one.
    pub fn cursor(chosen: bool) -> Span {
        let cursor = if chosen { "▸ " } else { "  " };
        Role::Accent.of(cursor)
    }

    pub fn blank(&mut self, count: usize) {
        self.rows.extend(vec![Row::default(); count]);
    }

    pub fn rule(&mut self) {
        self.push(Row {
            rule: true,
            ..Row::default()
        });
    }

    pub fn title(&mut self, text: &str) {
        self.text(text, Role::Strong);
        self.blank(1);
    }

    /// A group's dim title, with something at right, and its hairline.
    pub fn group(&mut self, title: &str, right: &str) {
        self.ends(vec![Role::Dim.of(title)], vec![Role::Dim.of(right)]);
        self.rule();
    }

    /// A click on any row from `first` on means this.
    pub fn clickable(&mut self, first: usize, click: Click) {
        for row in self.rows.iter_mut().skip(first) {
            row.click = Some(click);
        }
    }

    pub fn text(&mut self, text: &str, role: Role) {
        self.hanging(("", Role::Text), 0, text, role);
    }

    /// Text behind a mark: the following rows are indented by `indent`.
    pub fn hanging(&mut self, mark: (&str, Role), indent: u16, text: &str, role: Role) {
        let width = usize::from(self.width.saturating_sub(indent)).max(1);
        let mut first = Some(mark.0);
        for line in textwrap::wrap(text, width) {
            let before = first.take().unwrap_or_default();
            let free = usize::from(indent).saturating_sub(before.width());
            let before = before.to_owned() + &" ".repeat(free);
            let text = (line.into_owned(), role);
            self.line(vec![(before, mark.1), text]);
        }
    }

    /// A count and what is counted: ` 4  right at once`. Nothing where it is none.
    pub fn counted(&mut self, name: &str, count: usize) {
        if count > 0 {
            let left = vec![
                (format!("{count:4}"), Role::Strong),
                (format!("  {name}"), Role::Text),
            ];
            self.line(left);
        }
    }

    /// A name at left and what it comes to at right.
    pub fn pair(&mut self, name: &str, value: &str, role: Role) {
        let left = vec![Role::Text.of(name)];
        self.ends(left, vec![(value.to_owned(), role)]);
    }

    /// CommonMark, laid out; `before` stands at the start of each row.
    pub fn prose(&mut self, markdown: &str, before: &[Span]) {
        let taken: usize = before.iter().map(|(text, _)| text.width()).sum();
        let width = usize::from(self.width).saturating_sub(taken).max(1);
        for line in prose::lay_out(markdown, width) {
            let mut left = before.to_vec();
            for span in &line.spans {
                left.push((span.text.clone(), prose_role(span.style)));
            }
            self.line(left);
        }
    }

    /// CommonMark whose first uses of words can be clicked.
    pub fn prose_with_words(&mut self, markdown: &str, words: &[Word]) {
        let first = self.rows.len();
        self.prose(markdown, &[]);
        let lines = prose::lay_out(markdown, usize::from(self.width).max(1));
        for found in glossary::uses_in(words, &lines) {
            if let Some(row) = self.rows.get_mut(first + found.row) {
                let cells = found.cells.start as u16..found.cells.end as u16;
                row.spots.push((cells, Click::Word(found.word)));
            }
        }
    }

    /// A misconception by its name, and what answers it.
    pub fn reaction(&mut self, reaction: &Reaction) {
        self.text(&reaction.misconception, Role::Strong);
        self.prose(&reaction.feedback, &[]);
    }

    /// CommonMark beside a label, which stands before its first row.
    pub fn prose_beside(&mut self, label: &str, indent: u16, markdown: &str) {
        let first = self.rows.len();
        let indent = usize::from(indent);
        self.prose(markdown, &[(" ".repeat(indent), Role::Text)]);
        if let Some(row) = self.rows.get_mut(first) {
            row.left[0] = (format!("{label:indent$}"), Role::Dim);
        }
    }

    /// CommonMark in bold: what is asked.
    pub fn strong_prose(&mut self, markdown: &str) {
        for line in prose::lay_out(markdown, usize::from(self.width).max(1)) {
            self.line(vec![(line.text(), Role::Strong)]);
        }
    }

    /// Shows them in a room from row `scroll` on. What does not fit is counted at the lower edge, and noted in
    /// the pen as the room to scroll.
    pub fn show(&self, pen: &mut Pen, room: Rect, scroll: usize) {
        let height = usize::from(room.height);
        if height == 0 || room.width == 0 {
            return;
        }
        let overflows = self.rows.len() > height;
        let fitting = if overflows { height - 1 } else { height };
        let room_below = self.rows.len().saturating_sub(fitting);
        let mut top = scroll.min(room_below);
        if let Some(focus) = self.focus.filter(|focus| *focus >= top + fitting) {
            top = focus + 1 - fitting;
        }
        pen.spots.overflow = pen.spots.overflow.max(room_below);
        for (y, row) in self.rows.iter().skip(top).take(fitting).enumerate() {
            self.show_row(pen, room, y as u16, row);
        }
        if overflows {
            let below = room_below - top.min(room_below);
            let said = match below {
                0 => "↑ the end".to_owned(),
                1 => "↓ 1 more row".to_owned(),
                more => format!("↓ {more} more rows"),
            };
            pen.text(room, 0, room.height - 1, &said, Role::Dim);
        }
    }

    fn show_row(&self, pen: &mut Pen, room: Rect, y: u16, row: &Row) {
        let line = Rect::new(room.x, room.y + y, room.width, 1);
        if row.rule {
            pen.rule(line, 0);
            return;
        }
        let theme = pen.theme;
        if row.marked {
            pen.paint(line, Role::Marker);
        }
        let style_of = |role: Role| match row.marked {
            true => on_marker(theme, role),
            false => theme.style(role),
        };
        let width: usize = row.right.iter().map(|(text, _)| text.width()).sum();
        let mut end = 0;
        for (text, role) in &row.left {
            end = pen.styled(line, end, 0, text, style_of(*role));
        }
        let mut x = room.width.saturating_sub(width as u16);
        // It gives way to what stands at left, rather than stick to it.
        if width > 0 && (x > end || end == 0) {
            for (text, role) in &row.right {
                x = pen.styled(line, x, 0, text, style_of(*role));
            }
        }
        pen.settle(line, row.marked);
        if let Some(click) = row.click {
            pen.spot(line, click);
        }
        for (columns, click) in &row.spots {
            let part = Rect {
                x: line.x + columns.start,
                width: columns.end.saturating_sub(columns.start),
                ..line
            };
            if matches!(click, Click::Word(_)) {
                pen.paint(part, Role::Underlined);
            }
            pen.spot(part.intersection(line), *click);
        }
    }
}

/// On the marker, dim text turns to plain foreground; without colours the marker is all there is.
fn on_marker(theme: Theme, role: Role) -> Style {
    let style = theme.style(role);
    let dim = [Role::Dim, Role::Ghost].map(|role| theme.style(role));
    if dim.contains(&style) {
        Style::new()
    } else {
        style
    }
}

fn prose_role(style: prose::Style) -> Role {
    match style {
        prose::Style::Plain => Role::Text,
        prose::Style::Strong | prose::Style::Heading | prose::Style::Code => Role::Strong,
        prose::Style::Emphasis => Role::Emphasis,
        prose::Style::Link => Role::Underlined,
        prose::Style::Dim => Role::Dim,
    }
}
