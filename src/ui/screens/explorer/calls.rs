//! The calls behind the selected flow; all calls that moved bytes as a ribbon of marks.

use ratatui::layout::Rect;

use super::text::{flow_name, how, shortened};
use crate::app::{Click, screens::explorer::ExplorerScreen};
use crate::model::{End, How, grouped};
use crate::ui::{Pen, Role, bottom_of, row_at, window};

pub fn draw(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let title = explorer.selected();
    let title = title.map_or(String::new(), |group| flow_name(&group.flow, End::short));
    let title = shortened(&title, room.width.saturating_sub(30));
    pen.text(room, 0, 0, &title, Role::Strong);
    let count = explorer.calls().len();
    let place = (explorer.call + 1).min(count) as u64;
    let said = format!("call {} of {}", grouped(place), grouped(count as u64));
    pen.right(room, 0, &said, Role::Dim);
    if count == 0 {
        let why = match explorer.running {
            true => "None of its last calls is of this flow, or fits the search.",
            false => "No call of it is kept, or none fits the search.",
        };
        pen.text(room, 0, 2, why, Role::Dim);
    }
    let rows = usize::from(room.height.saturating_sub(5)).max(1);
    let shown = window(explorer.call, count, rows);
    let trace = &explorer.watched.trace;
    for (y, index) in (1..).zip(shown) {
        let call = explorer.calls()[index];
        let known = &trace.calls[call as usize];
        let task = trace.tasks.get(usize::from(known.task));
        let who = task.map_or(String::new(), |task| format!("{} {}", task.tid, task.name));
        let line = row_at(room, y);
        let selected = index == explorer.call;
        if selected {
            pen.paint(line, Role::Marker);
        }
        let text = if selected { Role::Strong } else { Role::Text };
        pen.text(line, 0, 0, &shortened(&who, 20), Role::Dim);
        pen.text(line, 22, 0, &explorer.call_text(call), text);
        pen.spot(line, Click::Call(index));
    }
    ribbon(pen, explorer, bottom_of(room, RIBBON));
}

pub const RIBBON: u16 = 3;

/// All calls that moved bytes in the order of time, binned to the width; those of the selected flow stand out.
pub fn ribbon(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let (all, own) = (explorer.moved(), explorer.calls());
    let Some(current) = own.get(explorer.call) else {
        return;
    };
    let width = usize::from(room.width).min(all.len());
    let bin = |x: usize| x * all.len() / width;
    let place = all.partition_point(|call| call < current);
    let at = (0..width).rev().find(|x| bin(*x) <= place).unwrap_or(0);
    let here = format!("▼ call {}", grouped(explorer.call as u64 + 1));
    let mut said = format!("{} calls moved bytes", grouped(all.len() as u64));
    let each = all.len().div_ceil(width) as u64;
    if each > 1 {
        said += &format!(", {} a mark", grouped(each));
    }
    let x = (at as u16).min(room.width.saturating_sub(here.chars().count() as u16));
    // On the side where the mark is not.
    if x < room.width / 2 {
        pen.right(room, 0, &said, Role::Dim);
    } else {
        pen.text(room, 0, 0, &said, Role::Dim);
    }
    pen.text(room, x, 0, &here, Role::Accent);
    for x in 0..width {
        let (first, last) = (all[bin(x)], all[bin(x + 1) - 1]);
        let begins = own.partition_point(|call| *call < first);
        let selected = own.get(begins).filter(|call| **call <= last);
        let how = how(explorer.is_copied(*selected.unwrap_or(&first)));
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
        pen.text(room, x as u16, 1, glyph, role);
    }
    let call = shortened(&explorer.call_text(*current), room.width);
    pen.text(room, 0, 2, &call, Role::Text);
}
