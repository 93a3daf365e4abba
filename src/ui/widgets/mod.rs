//! Parts that several screens are made of.

pub mod qr;
pub mod rows;
pub mod view;
pub mod week;

use unicode_width::UnicodeWidthStr;

use super::Role;
use crate::app::{Job, input::TextInput};
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

/// How far a job is: `counting  ■■■■····`.
pub fn job_state(job: &Job) -> String {
    match &job.progress {
        _ if job.cancelled => "stopping".to_owned(),
        None => "starting".to_owned(),
        Some(at) => format!("{}  {}", at.at, gauge(at.done, at.total, 16)),
    }
}

/// The marks of the drawings in the order of [`How`], then the ghost: each with its role, its name, and what it says.
pub const MARKS: [(&str, Role, &str, &str); 5] = [
    (
        "━■━▶",
        Role::Hot(How::CpuCopy),
        "CPU copy",
        "the CPU moves the payload",
    ),
    ("═■═▶", Role::Hot(How::Dma), "DMA", "a device moves it"),
    (
        "┄◆┄▶",
        Role::Hot(How::Reference),
        "page reference",
        "noted, nothing is moved",
    ),
    (
        "~~~~",
        Role::Hot(How::Mapping),
        "mapping",
        "your page table points at it",
    ),
    (
        "╌╌╌▷",
        Role::Ghost,
        "ghost",
        "would happen; not in this run",
    ),
];

/// `/page cache▏`: the cursor stands while it is typed.
pub fn prompt(input: &TextInput, typing: bool) -> String {
    let cursor = if typing { "▏" } else { "" };
    format!("/{}{cursor}", input.text)
}

/// What fits of a text, and the sign that there is more.
pub fn cut(text: &str, width: usize) -> (&str, &'static str) {
    if text.width() <= width {
        return (text, "");
    }
    let mut kept = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if text[..end].width() >= width {
            break;
        }
        kept = end;
    }
    (text[..kept].trim_end(), "…")
}

/// Of so many rows, those that are shown where there is room for `shown`: the chosen one in the middle, and none empty.
pub fn window(chosen: usize, count: usize, shown: usize) -> std::ops::Range<usize> {
    let middle = chosen.saturating_sub(shown / 2);
    let first = middle.min(count.saturating_sub(shown));
    first..count.min(first + shown)
}
