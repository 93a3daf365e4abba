//! Rows of text for one pane: built first, then shown as far as they fit; the rest scrolls, and says so.

use std::ops::Range;

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};
use unicode_width::UnicodeWidthStr;

use crate::app::Click;
use crate::course::{Reaction, glossary, prose};
use crate::model::Word;
use crate::ui::{Pen, Role, Theme};

pub type Span = (String, Style);

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
    pub theme: Theme,
    pub width: u16,
    rows: Vec<Row>,
    /// The row that must be on the screen.
    pub focus: Option<usize>,
}

impl Rows {
    pub fn new(theme: Theme, width: u16) -> Rows {
        Rows {
            theme,
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

    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    pub fn styles<const N: usize>(&self, roles: [Role; N]) -> [Style; N] {
        self.theme.styles(roles)
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
    pub fn cursor(&self, chosen: bool) -> Span {
        let cursor = if chosen { "▸ " } else { "  " };
        (cursor.to_owned(), self.style(Role::Accent))
    }

    pub fn name_style(&self, chosen: bool) -> Style {
        self.style(if chosen { Role::Strong } else { Role::Text })
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
        let dim = self.style(Role::Dim);
        self.ends(vec![(title.to_owned(), dim)], vec![(right.to_owned(), dim)]);
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
            let text = (line.into_owned(), self.style(role));
            self.line(vec![(before, self.style(mark.1)), text]);
        }
    }

    /// A count and what is counted: ` 4  right at once`. Nothing where it is none.
    pub fn counted(&mut self, name: &str, count: usize) {
        if count > 0 {
            let left = vec![
                (format!("{count:4}"), self.style(Role::Strong)),
                (format!("  {name}"), self.style(Role::Text)),
            ];
            self.line(left);
        }
    }

    /// A name at left and what it comes to at right.
    pub fn pair(&mut self, name: &str, value: &str, role: Role) {
        let left = vec![(name.to_owned(), self.style(Role::Text))];
        self.ends(left, vec![(value.to_owned(), self.style(role))]);
    }

    /// CommonMark, laid out; `before` stands at the start of each row.
    pub fn prose(&mut self, markdown: &str, before: &[Span]) {
        let taken: usize = before.iter().map(|(text, _)| text.width()).sum();
        let width = usize::from(self.width).saturating_sub(taken).max(1);
        for line in prose::lay_out(markdown, width) {
            let mut left = before.to_vec();
            for span in &line.spans {
                left.push((span.text.clone(), prose_style(&self.theme, span.style)));
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
        self.prose(markdown, &[(" ".repeat(indent), Style::new())]);
        let dim = self.style(Role::Dim);
        if let Some(row) = self.rows.get_mut(first) {
            row.left[0] = (format!("{label:indent$}"), dim);
        }
    }

    /// CommonMark in bold: what is asked.
    pub fn strong_prose(&mut self, markdown: &str) {
        let strong = self.style(Role::Strong);
        for line in prose::lay_out(markdown, usize::from(self.width).max(1)) {
            self.line(vec![(line.text(), strong)]);
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
            pen.text(room, 0, room.height - 1, &said, pen.style(Role::Dim));
        }
    }

    fn show_row(&self, pen: &mut Pen, room: Rect, y: u16, row: &Row) {
        let line = Rect::new(room.x, room.y + y, room.width, 1);
        if row.rule {
            pen.rule(line, 0);
            return;
        }
        if row.marked {
            pen.paint(line, pen.style(Role::Marker));
        }
        let style_of = |style: &Style| match row.marked {
            true => on_marker(pen.theme, *style),
            false => *style,
        };
        let styled = |spans: &[Span]| -> Vec<Span> {
            let spans = spans.iter();
            spans
                .map(|(text, style)| (text.clone(), style_of(style)))
                .collect()
        };
        let (left, right) = (styled(&row.left), styled(&row.right));
        let width: usize = right.iter().map(|(text, _)| text.width()).sum();
        let mut end = 0;
        for (text, style) in left {
            end = pen.text(line, end, 0, &text, style);
        }
        let mut x = room.width.saturating_sub(width as u16);
        // It gives way to what stands at left, rather than stick to it.
        if width > 0 && (x > end || end == 0) {
            for (text, style) in right {
                x = pen.text(line, x, 0, &text, style);
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
                pen.paint(part, Style::new().add_modifier(Modifier::UNDERLINED));
            }
            pen.spot(part.intersection(line), *click);
        }
    }
}

/// On the marker, dim text turns to plain foreground; without colours the marker is all there is.
fn on_marker(theme: Theme, style: Style) -> Style {
    if style == theme.style(Role::Dim) || style == theme.style(Role::Ghost) {
        Style::new()
    } else {
        style
    }
}

fn prose_style(theme: &Theme, style: prose::Style) -> Style {
    match style {
        prose::Style::Plain => theme.style(Role::Text),
        prose::Style::Strong | prose::Style::Heading | prose::Style::Code => {
            theme.style(Role::Strong)
        }
        prose::Style::Emphasis => Style::new().add_modifier(Modifier::ITALIC),
        prose::Style::Link => Style::new().add_modifier(Modifier::UNDERLINED),
        prose::Style::Dim => theme.style(Role::Dim),
    }
}
