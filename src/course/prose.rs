//! CommonMark to rows of a given width, for a screen or for plain text.
//!
//! Widths are display widths, a grapheme at a time, as terminals and ratatui count them. A number is never
//! parted from its unit: a no-break space keeps words together, and so does an ordinary space between a number
//! and a known unit or a further group of three digits.

mod table;
mod wrap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use table::Table;
use wrap::Word;

use crate::model::is_obeyed;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Style {
    #[default]
    Plain,
    /// `**strong**`
    Strong,
    /// `*emphasis*`
    Emphasis,
    /// Code, in a line of text or in a block.
    Code,
    /// Captions, rules, the bar beside a quote.
    Dim,
    /// A heading inside a page.
    Heading,
    Link,
}

/// A piece of a row, in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub text: String,
    pub style: Style,
}

impl Span {
    fn new(text: impl Into<String>, style: Style) -> Span {
        Span {
            text: text.into(),
            style,
        }
    }
}

/// A row of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its pieces, from left to right; none in an empty row.
    pub spans: Vec<Span>,
    /// The line of the Markdown text that it begins with, from 1.
    pub source: usize,
}

impl Line {
    pub(crate) fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    pub(crate) fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }

    fn push(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if last.style == span.style => last.text.push_str(&span.text),
            _ if span.text.is_empty() => {}
            _ => self.spans.push(span),
        }
    }
}

/// The display width of a text in cells, a grapheme at a time.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Lays Markdown out in rows of at most `width` cells (taken as 2 where it is less: the widest character).
pub(crate) fn lay_out(markdown: &str, width: usize) -> Vec<Line> {
    let newlines = markdown.match_indices('\n').map(|(at, _)| at + 1);
    let line_starts: Vec<usize> = std::iter::once(0).chain(newlines).collect();
    let mut layout = Layout {
        width: width.max(2),
        ..Layout::default()
    };
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        layout.source = line_starts.partition_point(|at| *at <= range.start);
        layout.event(event);
    }
    layout.flush();
    layout.rows
}

/// What stands left of the rows of a list item or quote.
#[derive(Default)]
struct Margin {
    /// Before its first row (`• `), until that is written.
    first: Option<Span>,
    /// Before the others.
    rest: Span,
    /// The cells of all margins up to this one.
    cells: usize,
}

#[derive(Default)]
struct Layout {
    width: usize,
    /// The line of the Markdown that the current event starts on.
    source: usize,
    rows: Vec<Line>,
    margins: Vec<Margin>,
    /// For each list, the number of the next item; none in a list of points.
    lists: Vec<Option<u64>>,
    /// The words of the paragraph, item or cell that is being read.
    words: Words,
    styles: Vec<Style>,
    /// An empty row is due before the next block.
    gap: bool,
    code: Option<String>,
    table: Option<Table>,
    /// Where links go, innermost last, with the text that stood there before.
    links: Vec<(String, usize)>,
}

/// Words as they are read, piece by piece.
#[derive(Default)]
struct Words {
    done: Vec<Word>,
    open: Option<Word>,
    /// Every character so far: tells a link's text.
    seen: String,
}

impl Words {
    fn text(&mut self, text: &str, style: Style, source: usize) {
        self.seen.push_str(text);
        for (at, part) in text.split(is_space).enumerate() {
            if at > 0 {
                self.close();
            }
            if !part.is_empty() {
                let word = self.open.get_or_insert_with(|| Word::at(source));
                word.push(&shown(part), style);
            }
        }
    }

    /// A space, as Markdown sees one at the end of a line.
    fn close(&mut self) {
        self.done.extend(self.open.take());
    }

    fn line_break(&mut self) {
        self.close();
        if let Some(last) = self.done.last_mut() {
            last.ends_row = true;
        }
    }

    fn take(&mut self) -> Vec<Word> {
        self.close();
        self.seen.clear();
        wrap::join_numbers(std::mem::take(&mut self.done))
    }
}

/// Whether a row may break here: not at no-break spaces.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

/// Text without characters that would move a terminal's cursor or turn a line round.
fn shown(text: &str) -> String {
    text.replace(is_obeyed, "\u{fffd}")
}

impl Layout {
    fn event(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.words.text(&text, self.style(), self.source),
            },
            Event::Code(text) => self.words.text(&text, Style::Code, self.source),
            // Tags are shown as they stand: a page has no other way to say <stdin>.
            Event::Html(text)
            | Event::InlineHtml(text)
            | Event::FootnoteReference(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.words.text(&text, self.style(), self.source),
            Event::SoftBreak => self.words.close(),
            Event::HardBreak => self.words.line_break(),
            Event::Rule => {
                self.flush();
                let rule = "─".repeat(self.room());
                self.block_row(vec![Span::new(rule, Style::Dim)], self.source);
                self.gap = true;
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Heading { .. } => {
                self.flush();
                self.styles.push(Style::Heading);
            }
            Tag::Strong => self.styles.push(Style::Strong),
            Tag::Emphasis => self.styles.push(Style::Emphasis),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.styles.push(Style::Link);
                self.links
                    .push((dest_url.into_string(), self.words.seen.len()));
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.begin_block();
                self.margin(None, Span::new("▏ ", Style::Dim));
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.code = Some(String::new());
            }
            Tag::List(number) => {
                self.flush();
                if self.lists.is_empty() {
                    self.begin_block();
                }
                self.lists.push(number);
            }
            Tag::Item => self.start_item(),
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table {
                    alignments,
                    rows: Vec::new(),
                });
            }
            Tag::TableHead => {
                self.styles.push(Style::Strong);
                self.table_row();
            }
            Tag::TableRow => self.table_row(),
            Tag::Paragraph => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
                self.gap = true;
            }
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::TableHead => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::Item => {
                self.flush();
                // An item without any text still shows its marker.
                let margin = self.margins.last();
                if margin.is_some_and(|margin| margin.first.is_some()) {
                    self.row(Vec::new(), self.source);
                }
                self.margins.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            TagEnd::TableCell => {
                let words = self.words.take();
                let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
                if let Some(row) = row {
                    row.cells.push(words);
                }
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn start_item(&mut self) {
        self.flush();
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        let rest = " ".repeat(width(&marker));
        self.margin(
            Some(Span::new(marker, Style::Plain)),
            Span::new(rest, Style::Plain),
        );
    }

    /// Adds a margin; an empty one where too little room would be left beside it.
    fn margin(&mut self, first: Option<Span>, rest: Span) {
        let least = 10.min(self.width / 2).max(2);
        let cells = self.width - self.room();
        let more = width(&rest.text);
        self.margins.push(match self.room() < more + least {
            true => Margin {
                cells,
                ..Margin::default()
            },
            false => Margin {
                first,
                rest,
                cells: cells + more,
            },
        });
    }

    /// Where a link goes stands behind its text, unless the text says it.
    fn end_link(&mut self) {
        self.styles.pop();
        let Some((url, from)) = self.links.pop() else {
            return;
        };
        let text = self.words.seen.get(from..).unwrap_or_default();
        if !url.is_empty() && text != url && url.strip_prefix("mailto:") != Some(text) {
            self.words.close();
            self.words
                .text(&format!("({url})"), Style::Dim, self.source);
        }
    }

    fn end_code(&mut self) {
        let code = self.code.take().unwrap_or_default();
        let first = self.source + 1;
        for (index, line) in code.lines().enumerate() {
            let mut word = Word::at(first + index);
            word.push(&shown(&line.replace('\t', "    ")), Style::Code);
            let mut pieces = wrap::wrap(vec![word], self.room());
            if pieces.is_empty() {
                pieces.push(Line::default());
            }
            for piece in pieces {
                self.block_row(piece.spans, first + index);
            }
        }
        self.gap = true;
    }

    fn table_row(&mut self) {
        if let Some(table) = &mut self.table {
            table.rows.push(table::TableRow {
                cells: Vec::new(),
                source: self.source,
            });
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        for line in table.lay_out(self.room()) {
            self.block_row(line.spans, line.source);
        }
        self.gap = true;
    }

    /// The cells that margins leave.
    fn room(&self) -> usize {
        self.width - self.margins.last().map_or(0, |margin| margin.cells)
    }

    /// Writes the words that were read, as one paragraph.
    fn flush(&mut self) {
        let words = self.words.take();
        if words.is_empty() {
            return;
        }
        for line in wrap::wrap(words, self.room()) {
            self.block_row(line.spans, line.source);
        }
    }

    /// A row of a block; if it is the first, an empty row parts it from what is above.
    fn block_row(&mut self, spans: Vec<Span>, source: usize) {
        self.begin_block();
        self.row(spans, source);
    }

    fn begin_block(&mut self) {
        if std::mem::take(&mut self.gap) && !self.rows.is_empty() {
            // Inside a quote the bar goes on; a marker that is still to be written stays for its text.
            let bars = self.margins.iter().filter(|margin| margin.first.is_none());
            let bars = bars.map(|margin| margin.rest.clone()).collect();
            self.compose(bars, Vec::new(), self.source);
        }
    }

    fn row(&mut self, spans: Vec<Span>, source: usize) {
        let take = |margin: &mut Margin| margin.first.take().unwrap_or(margin.rest.clone());
        let margins = self.margins.iter_mut().map(take).collect();
        self.compose(margins, spans, source);
    }

    /// One row, without spaces at its end.
    fn compose(&mut self, margins: Vec<Span>, spans: Vec<Span>, source: usize) {
        let mut line = Line {
            spans: Vec::new(),
            source,
        };
        for span in margins.into_iter().chain(spans) {
            line.push(span);
        }
        while let Some(last) = line.spans.last_mut() {
            let kept = last.text.trim_end_matches(' ').len();
            last.text.truncate(kept);
            if kept > 0 {
                break;
            }
            line.spans.pop();
        }
        self.rows.push(line);
    }
}

#[cfg(test)]
mod tests;
