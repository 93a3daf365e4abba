//! Tables: columns as wide as they need where they fit, narrowed where they do not.

use pulldown_cmark::Alignment;

use super::{Line, Span, Style, wrap, wrap::Word};

/// Cells between columns.
const GAP: usize = 2;

pub(super) struct Table {
    pub alignments: Vec<Alignment>,
    /// The first row is the head.
    pub rows: Vec<TableRow>,
}

pub(super) struct TableRow {
    pub cells: Vec<Vec<Word>>,
    /// The line of the Markdown.
    pub source: usize,
}

impl Table {
    /// Rows of at most `room` cells.
    pub(super) fn lay_out(self, room: usize) -> Vec<Line> {
        match self.columns(room) {
            Some(columns) => self.in_columns(&columns),
            None => self.stacked(room),
        }
    }

    /// The width of each column; none where there are too many for the room.
    fn columns(&self, room: usize) -> Option<Vec<usize>> {
        let count = self.rows.iter().map(|row| row.cells.len()).max()?;
        let gaps = GAP * count.saturating_sub(1);
        let room = room.checked_sub(gaps).filter(|room| *room >= 2 * count)?;
        let mut natural = vec![0; count];
        let mut widest = vec![2; count];
        for row in &self.rows {
            for (column, words) in row.cells.iter().enumerate() {
                let (whole, word) = wrap::widths(words);
                natural[column] = natural[column].max(whole);
                widest[column] = widest[column].max(word);
            }
        }
        // No column gets more than there is.
        for column in natural.iter_mut().chain(&mut widest) {
            *column = (*column).min(room);
        }
        // Narrow the widest column first; down to its widest word while there is another that still can give.
        while natural.iter().sum::<usize>() > room {
            let giving = (0..count)
                .filter(|column| natural[*column] > widest[*column])
                .max_by_key(|column| natural[*column])
                .or_else(|| (0..count).max_by_key(|column| natural[*column]))?;
            natural[giving] -= 1;
        }
        Some(natural.into_iter().map(|width| width.max(1)).collect())
    }

    fn in_columns(self, columns: &[usize]) -> Vec<Line> {
        let mut lines = Vec::new();
        for (index, row) in self.rows.into_iter().enumerate() {
            let source = row.source;
            let mut cells: Vec<Vec<Line>> = row
                .cells
                .into_iter()
                .zip(columns)
                // A column can be one cell wide only if all that is in it is; a break there never comes.
                .map(|(words, width)| wrap::wrap(words, (*width).max(1)))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
            for at in 0..height {
                let mut line = Line {
                    spans: Vec::new(),
                    source,
                };
                for (column, cell) in cells.iter_mut().enumerate() {
                    let text = cell.get_mut(at).map(std::mem::take).unwrap_or_default();
                    let alignment = self.alignments.get(column);
                    place(&mut line, text, columns[column], alignment, column > 0);
                }
                lines.push(line);
            }
            if index == 0 {
                let width = columns.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1);
                lines.push(Line {
                    spans: vec![Span::new("─".repeat(width), Style::Dim)],
                    source,
                });
            }
        }
        lines
    }

    /// Too narrow for columns: every cell on rows of its own.
    fn stacked(self, room: usize) -> Vec<Line> {
        let cells = self.rows.into_iter().flat_map(|row| row.cells);
        cells.flat_map(|words| wrap::wrap(words, room)).collect()
    }
}

/// Puts a cell's row into the line, filled up to the column's width.
fn place(
    line: &mut Line,
    text: Line,
    width: usize,
    alignment: Option<&Alignment>,
    is_further: bool,
) {
    let free = width.saturating_sub(text.width());
    let left = match alignment {
        Some(Alignment::Right) => free,
        Some(Alignment::Center) => free / 2,
        _ => 0,
    };
    let gap = if is_further { GAP } else { 0 };
    line.push(Span::new(" ".repeat(gap + left), Style::Plain));
    for span in text.spans {
        line.push(span);
    }
    line.push(Span::new(" ".repeat(free - left), Style::Plain));
}
