//! All calls that moved bytes as a ribbon of marks.

use ratatui::layout::Rect;

use super::text::shortened;
use crate::app::screens::explorer::ExplorerScreen;
use crate::model::{How, grouped};
use crate::ui::{Pen, Role};

pub const HEIGHT: u16 = 3;

/// All calls that moved bytes in the order of time, binned to the width; those of the selected flow stand out.
pub fn draw(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let (all, own) = (explorer.moved(), explorer.calls());
    let Some(current) = own.get(explorer.call) else {
        return;
    };
    let width = usize::from(room.width).min(all.len());
    let bin = |x: usize| x * all.len() / width;
    let place = all.partition_point(|call| call < current);
    let at = (0..width).rev().find(|x| bin(*x) <= place).unwrap_or(0);
    let [accent, dim] = pen.styles([Role::Accent, Role::Dim]);
    let here = format!("▼ call {}", grouped(explorer.call as u64 + 1));
    let mut said = format!("{} calls moved bytes", grouped(all.len() as u64));
    let each = all.len().div_ceil(width) as u64;
    if each > 1 {
        said += &format!(", {} a mark", grouped(each));
    }
    let x = (at as u16).min(room.width.saturating_sub(here.chars().count() as u16));
    // On the side where the mark is not.
    if x < room.width / 2 {
        pen.right(room, 0, &said, dim);
    } else {
        pen.text(room, 0, 0, &said, dim);
    }
    pen.text(room, x, 0, &here, accent);
    for x in 0..width {
        let (first, last) = (all[bin(x)], all[bin(x + 1) - 1]);
        let begins = own.partition_point(|call| *call < first);
        let selected = own.get(begins).filter(|call| **call <= last);
        let how = match explorer.is_copied(*selected.unwrap_or(&first)) {
            true => How::CpuCopy,
            false => How::Reference,
        };
        let role = match selected {
            _ if x == at => Role::Accent,
            Some(_) => Role::Hot(how),
            None => Role::Quiet(how),
        };
        let glyph = match (selected, how) {
            _ if x == at => "█",
            (Some(_), How::CpuCopy) => "▆",
            (Some(_), _) => "◆",
            (None, How::CpuCopy) => "▂",
            (None, _) => "┄",
        };
        let style = pen.style(role);
        pen.text(room, x as u16, 1, glyph, style);
    }
    let text = pen.style(Role::Text);
    pen.text(
        room,
        0,
        2,
        &shortened(&explorer.call_text(*current), room.width),
        text,
    );
}
