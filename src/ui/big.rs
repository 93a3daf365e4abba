//! Letters of several cells, legible from the back row: the 8 by 8 pixels of each, two or four of them to a cell.

use super::{Canvas, Role};

/// Pixels of a letter, across and down.
const PIXELS: u16 = 8;
/// A cell's quadrants: upper left 1, upper right 2, lower left 4, lower right 8.
const QUADRANTS: [&str; 16] = [
    " ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
];

/// How large letters are, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Letters {
    /// 1 by 1.
    Plain,
    /// 4 by 4.
    Quarter,
    /// 8 by 4.
    Half,
    /// 16 by 8.
    Whole,
}

impl Letters {
    /// Columns and rows of one letter.
    pub(super) fn cells(self) -> (u16, u16) {
        match self {
            Letters::Plain => (1, 1),
            Letters::Quarter => (4, 4),
            Letters::Half => (8, 4),
            Letters::Whole => (16, 8),
        }
    }

    pub(super) fn width(self, text: &str) -> u16 {
        let letters = text.chars().count() as u16;
        letters.saturating_mul(self.cells().0)
    }

    /// The first of several sizes in which a text fits, else plain.
    pub(super) fn fitting(sizes: &[Letters], text: &str, (width, height): (u16, u16)) -> Letters {
        let mut sizes = sizes.iter().copied();
        let fits = |it: &Letters| it.width(text) <= width && it.cells().1 <= height;
        sizes.find(fits).unwrap_or(Letters::Plain)
    }
}

/// Writes text from a cell on, in large letters. ASCII has no quarters of a cell: such letters are plain there.
pub(super) fn write(canvas: &mut Canvas, at: (u16, u16), text: &str, size: Letters, role: Role) {
    let ascii = canvas.theme.ascii;
    if size == Letters::Plain || size == Letters::Quarter && ascii {
        let below = size.cells().1 / 2;
        return canvas.write((at.0, at.1 + below), text, role);
    }
    let (width, height) = size.cells();
    for (letter, x) in text.chars().zip((at.0..).step_by(usize::from(width))) {
        let rows = pixels(letter);
        for row in 0..height {
            let cells = (0..width).map(|column| cell(rows, size, column, row, ascii));
            let line: String = cells.collect();
            canvas.write((x, at.1 + row), &line, role);
        }
    }
}

/// The rows of a letter from above; the lowest bit of each is at the left.
fn pixels(letter: char) -> [u8; 8] {
    let letter = if letter.is_whitespace() { ' ' } else { letter };
    let known = font8x8::legacy::BASIC_LEGACY.get(letter as usize);
    *known.unwrap_or(&font8x8::legacy::BASIC_LEGACY['?' as usize])
}

fn cell(rows: [u8; 8], size: Letters, column: u16, row: u16, ascii: bool) -> &'static str {
    let (width, height) = size.cells();
    // Which pixel lies at so many halves of a cell.
    let is_set = |across: u16, down: u16| {
        let x = (2 * column + across) * PIXELS / (2 * width);
        let y = (2 * row + down) * PIXELS / (2 * height);
        rows[usize::from(y)] >> x & 1 == 1
    };
    let parts = [(0, 0), (1, 0), (0, 1), (1, 1)];
    let set = parts.map(|(across, down)| is_set(across, down));
    if ascii {
        return match (set[0] || set[1], set[2] || set[3]) {
            (true, true) => "#",
            (true, false) => "'",
            (false, true) => ".",
            (false, false) => " ",
        };
    }
    let bits = (0..4).filter(|part| set[*part]).map(|part| 1 << part);
    QUADRANTS[bits.sum::<usize>()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Theme;
    use ratatui::{buffer::Buffer, layout::Rect};

    fn drawn(text: &str, size: Letters, ascii: bool) -> Vec<String> {
        let area = Rect::new(0, 0, size.width(text), size.cells().1);
        let mut buf = Buffer::empty(area);
        let theme = Theme {
            ascii,
            ..Theme::default()
        };
        write(
            &mut Canvas::new(area, &mut buf, &theme),
            (0, 0),
            text,
            size,
            Role::Text,
        );
        let row = |y| {
            (0..area.width)
                .map(|x| buf[(x, y)].symbol())
                .collect::<String>()
        };
        (0..area.height)
            .map(|y| row(y).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn a_digit_keeps_its_shape_at_every_size() {
        assert_eq!(
            drawn("1", Letters::Quarter, false),
            ["▗█", " █", " █", "▀▀▀"]
        );
        assert_eq!(
            drawn("1", Letters::Half, false),
            [" ▄██", "  ██", "  ██", "▀▀▀▀▀▀"]
        );
        assert_eq!(drawn("1", Letters::Half, true).len(), 4);
        assert!(drawn("1", Letters::Half, true).concat().is_ascii());
        assert_eq!(drawn("1", Letters::Whole, false).len(), 8);
    }
}
