//! Parts that several screens are made of.

pub mod rows;
pub mod view;
pub mod week;

use ratatui::style::Style;

use self::rows::Span;
use super::{Role, Theme};
use crate::app::input::TextInput;
use crate::model::How;

/// A bar of `■`, its length in proportion to `value` of `most`; a thing that is there has at least one cell.
pub fn bar(value: f64, most: f64, width: usize) -> String {
    if width == 0 {
        return String::new();
    }
    if value <= 0.0 || most <= 0.0 {
        return "·".to_owned();
    }
    let cells = (value / most * width as f64).round().max(1.0) as usize;
    "■".repeat(cells.min(width))
}

/// `done` of `total` as a gauge of `width` cells.
pub fn gauge(done: u64, total: u64, width: usize) -> String {
    let share = if total == 0 {
        1.0
    } else {
        done as f64 / total as f64
    };
    let full = (share.clamp(0.0, 1.0) * width as f64) as usize;
    "■".repeat(full) + &"·".repeat(width - full)
}

/// Each mark, its name, and what it says.
pub fn marks(theme: &Theme) -> [(Span, &'static str, &'static str); 5] {
    let hot = |how| theme.style(Role::Hot(how));
    let mark = |text: &str, style: Style| (text.to_owned(), style);
    [
        (
            mark("━■━▶", hot(How::CpuCopy)),
            "CPU copy",
            "the CPU moves the payload",
        ),
        (mark("═■═▶", hot(How::Dma)), "DMA", "a device moves it"),
        (
            mark("┄◆┄▶", hot(How::Reference)),
            "page reference",
            "noted, nothing is moved",
        ),
        (
            mark("~~~~", hot(How::Mapping)),
            "mapping",
            "your page table points at it",
        ),
        (
            mark("╌╌╌▷", theme.style(Role::Ghost)),
            "ghost",
            "would happen; not in this run",
        ),
    ]
}

/// `/page cache▏`: the cursor stands while it is typed.
pub fn prompt(input: &TextInput, typing: bool) -> String {
    let cursor = if typing { "▏" } else { "" };
    format!("/{}{cursor}", input.text)
}
