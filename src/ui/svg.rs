//! A frame as a picture: SVG with the frame's cells, colours and glyphs, its letters as text, so that it is sharp at any
//! size and can be searched.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};

use super::theme::{Palette, Theme};

/// A cell, in units of the picture.
const WIDTH: u32 = 10;
const HEIGHT: u32 = 20;
/// From a row's top to the line that its letters stand on.
const BASELINE: u32 = 15;

/// The sixteen colours, as xterm has them.
const SIXTEEN: [u32; 16] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
    0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];

/// A part of the frame as an SVG document. Where the theme leaves a colour to the terminal, the picture has that of a usual one:
/// light letters on a dark page, or dark ones on white.
pub(crate) fn svg(buf: &Buffer, part: Rect, theme: &Theme) -> String {
    let page = Page::of(theme.palette);
    let (width, height) = (u32::from(part.width), u32::from(part.height));
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"16.6\">\n\
         <rect width=\"{0}\" height=\"{1}\" fill=\"{2}\"/>\n",
        width * WIDTH,
        height * HEIGHT,
        hex(page.background),
    );
    for (y, line) in part.rows().enumerate() {
        let cells: Vec<&Cell> = line.positions().map(|position| &buf[position]).collect();
        row(&mut out, &cells, y as u32 * HEIGHT, &page);
    }
    out.push_str("</svg>\n");
    out
}

/// The colours that a terminal has by itself.
struct Page {
    text: u32,
    background: u32,
}

impl Page {
    fn of(palette: Palette) -> Page {
        let (text, background) = palette.page();
        Page { text, background }
    }

    /// A colour, where this one stands for the terminal's own.
    fn colour(&self, colour: Color, own: u32) -> u32 {
        let named = |index: usize| SIXTEEN[index];
        match colour {
            Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
            Color::Black => named(0),
            Color::Red => named(1),
            Color::Green => named(2),
            Color::Yellow => named(3),
            Color::Blue => named(4),
            Color::Magenta => named(5),
            Color::Cyan => named(6),
            Color::Gray => named(7),
            Color::DarkGray => named(8),
            Color::LightRed => named(9),
            Color::LightGreen => named(10),
            Color::LightYellow => named(11),
            Color::LightBlue => named(12),
            Color::LightMagenta => named(13),
            Color::LightCyan => named(14),
            Color::White => named(15),
            Color::Indexed(index) => SIXTEEN.get(usize::from(index)).copied().unwrap_or(own),
            Color::Reset => own,
        }
    }
}

/// How some cells side by side look.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    foreground: u32,
    background: u32,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell, page: &Page) -> Look {
        let mut foreground = page.colour(cell.fg, page.text);
        let mut background = page.colour(cell.bg, page.background);
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut foreground, &mut background);
        }
        let modifier = cell.modifier.difference(Modifier::REVERSED);
        Look {
            foreground,
            background,
            modifier,
        }
    }
}

fn row(out: &mut String, cells: &[&Cell], top: u32, page: &Page) {
    let looks: Vec<Look> = cells.iter().map(|cell| Look::of(cell, page)).collect();
    let mut start = 0;
    for group in looks.chunk_by(|a, b| a.background == b.background) {
        if group[0].background != page.background {
            rect(out, start, top, group.len() as u32, group[0].background);
        }
        start += group.len() as u32;
    }
    let mut first = 0;
    for group in looks.chunk_by(PartialEq::eq) {
        let run = &cells[first..first + group.len()];
        letters(out, run, first as u32, top, group[0]);
        first += group.len();
    }
}

/// Full cells of one colour.
fn rect(out: &mut String, column: u32, top: u32, cells: u32, colour: u32) {
    let (x, width) = (column * WIDTH, cells * WIDTH);
    let fill = hex(colour);
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{fill}\"/>"
    );
}

/// Cells of one look: blocks as shapes without gaps, the rest as text, word by word, each at its own column.
fn letters(out: &mut String, cells: &[&Cell], column: u32, top: u32, look: Look) {
    let symbol = |at: usize| cells.get(at).map_or("", |cell| cell.symbol());
    let mut at = 0;
    while at < cells.len() {
        if symbol(at).trim().is_empty() {
            at += 1;
            continue;
        }
        let x = (column + at as u32) * WIDTH;
        if let Some(shape) = block(symbol(at)) {
            let same = (at..cells.len()).take_while(|other| symbol(*other) == symbol(at));
            let count = if shape.fills_width() { same.count() } else { 1 };
            shape.draw(out, x, top, count as u32, look.foreground);
            at += count;
            continue;
        }
        let mut word = String::new();
        let first = at;
        // A single space inside a run stays in its word: what is looked for is found.
        while at < cells.len() && block(symbol(at)).is_none() {
            let ends = symbol(at).trim().is_empty()
                && (symbol(at + 1).trim().is_empty() || block(symbol(at + 1)).is_some());
            if ends {
                break;
            }
            word.push_str(symbol(at));
            at += 1;
        }
        text(out, &word, x, top, (at - first) as u32, look);
    }
}

fn text(out: &mut String, word: &str, x: u32, top: u32, cells: u32, look: Look) {
    let y = top + BASELINE;
    let (width, fill) = (cells * WIDTH, hex(look.foreground));
    let _ = write!(
        out,
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\""
    );
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " fill-opacity=\"0.65\""),
    ] {
        if look.modifier.contains(modifier) {
            out.push_str(attribute);
        }
    }
    let escaped = word
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(out, ">{escaped}</text>");
}

/// A block element as a part of its cell, in eighths from the left and from the top.
#[derive(Clone, Copy)]
struct Block {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    /// Of 100.
    opacity: u32,
}

impl Block {
    fn fills_width(self) -> bool {
        (self.left, self.right) == (0, 8)
    }

    fn draw(self, out: &mut String, x: u32, top: u32, cells: u32, colour: u32) {
        let part = |eighths: u32, whole: u32| f64::from(eighths * whole) / 8.0;
        let _ = write!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"",
            f64::from(x) + part(self.left, WIDTH),
            f64::from(top) + part(self.top, HEIGHT),
            part(self.right - self.left, cells * WIDTH),
            part(self.bottom - self.top, HEIGHT),
            hex(colour)
        );
        if self.opacity < 100 {
            let _ = write!(out, " fill-opacity=\"0.{:02}\"", self.opacity);
        }
        out.push_str("/>\n");
    }
}

/// The shape of a block element that is one rectangle (U+2580 to U+2593).
fn block(symbol: &str) -> Option<Block> {
    let mut letters = symbol.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return None;
    };
    let part = |left, top, right, bottom, opacity| {
        Some(Block {
            left,
            top,
            right,
            bottom,
            opacity,
        })
    };
    match letter as u32 {
        0x2580 => part(0, 0, 8, 4, 100),
        lower @ 0x2581..=0x2588 => part(0, 8 - (lower - 0x2580), 8, 8, 100),
        left @ 0x2589..=0x258f => part(0, 0, 0x2590 - left, 8, 100),
        0x2590 => part(4, 0, 8, 8, 100),
        shade @ 0x2591..=0x2593 => part(0, 0, 8, 8, 25 * (shade - 0x2590)),
        _ => None,
    }
}

fn hex(rgb: u32) -> String {
    format!("#{rgb:06x}")
}
