//! The marks of the drawings, with what each one says.

use ratatui::style::Style;

use super::rows::Span;
use crate::model::How;
use crate::ui::theme::{Role, Theme};

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
