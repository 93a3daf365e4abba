//! Words to rows.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Line, Span, Style, width};

/// What is not parted: pieces of text without a breakable space between them.
#[derive(Clone, Debug)]
pub(super) struct Word {
    spans: Vec<Span>,
    width: usize,
    /// Its text behind the last space in it.
    tail: String,
    /// The line of the Markdown on which it starts.
    source: usize,
    /// A hard break follows.
    pub ends_row: bool,
}

impl Word {
    pub(super) fn at(source: usize) -> Word {
        Word {
            spans: Vec::new(),
            width: 0,
            tail: String::new(),
            source,
            ends_row: false,
        }
    }

    pub(super) fn push(&mut self, text: &str, style: Style) {
        self.width += width(text);
        match text.rfind([' ', '\u{a0}']) {
            Some(at) => text[at..]
                .trim_start_matches([' ', '\u{a0}'])
                .clone_into(&mut self.tail),
            None => self.tail.push_str(text),
        }
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.spans.push(Span::new(text, style)),
        }
    }

    fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// Joins numbers with their units and further digits (`64 KiB`, `65 536`), where an ordinary space parts them.
pub(super) fn join_numbers(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(number) if !number.ends_row && belongs(&number.tail, &word.text()) => {
                let style = word.spans.first().map_or(Style::Plain, |span| span.style);
                let same = number.spans.last().is_some_and(|last| last.style == style);
                number.push(" ", if same { style } else { Style::Plain });
                for span in &word.spans {
                    number.push(&span.text, span.style);
                }
                number.ends_row = word.ends_row;
            }
            _ => joined.push(word),
        }
    }
    joined
}

const UNITS: [&str; 19] = [
    "B", "KiB", "MiB", "GiB", "TiB", "KB", "kB", "MB", "GB", "ns", "µs", "us", "ms", "s", "%",
    "Gb/s", "GB/s", "MB/s", "Kqps",
];

/// Whether `next` is the unit, or a further group of three digits, of the number that is the end of a `word`.
fn belongs(word: &str, next: &str) -> bool {
    let number = word.trim_start_matches(['(', '"', '~']);
    if !number.starts_with(|c: char| c.is_ascii_digit())
        || !number.ends_with(|c: char| c.is_ascii_digit())
    {
        return false;
    }
    let next = next.trim_end_matches(['.', ',', ';', ':', ')', '?', '!', '"']);
    let group = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    UNITS.contains(&next) || (group(number, 1..=3) && group(next, 3..=3))
}

/// Rows of at most `room` cells; `room` is at least 2. Words wider than that are broken.
pub(super) fn wrap(words: Vec<Word>, room: usize) -> Vec<Line> {
    let mut rows: Vec<Line> = Vec::new();
    let mut row = Line::default();
    let mut used = 0;
    let mut finish = |row: &mut Line, used: &mut usize| {
        *used = 0;
        rows.push(std::mem::take(row));
    };
    for word in words {
        if used > 0 && used + 1 + word.width > room {
            finish(&mut row, &mut used);
        }
        if row.spans.is_empty() {
            row.source = word.source;
        }
        if used > 0 {
            let style = word.spans.first().map_or(Style::Plain, |span| span.style);
            let same = row.spans.last().is_some_and(|last| last.style == style);
            row.push(Span::new(" ", if same { style } else { Style::Plain }));
            used += 1;
        }
        for span in &word.spans {
            for grapheme in span.text.graphemes(true) {
                let cells = grapheme.width();
                if used + cells > room && used > 0 {
                    finish(&mut row, &mut used);
                    row.source = word.source;
                }
                row.push(Span::new(grapheme, span.style));
                used += cells;
            }
        }
        if word.ends_row {
            finish(&mut row, &mut used);
        }
    }
    if !row.spans.is_empty() {
        finish(&mut row, &mut used);
    }
    rows
}

/// The natural width of words in one row, and the width of the widest of them.
pub(super) fn widths(words: &[Word]) -> (usize, usize) {
    let whole: usize = words.iter().map(|word| word.width + 1).sum();
    let widest = words.iter().map(|word| word.width).max().unwrap_or(0);
    (whole.saturating_sub(1), widest)
}
