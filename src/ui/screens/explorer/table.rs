//! The flows as a table, and a sentence on the selected one.

use ratatui::layout::Rect;

use super::{
    calls::{RIBBON, ribbon},
    text::{edge_to_edge, flow_name, how, kind_of_end, shortened},
};
use crate::app::{Click, screens::explorer::ExplorerScreen};
use crate::copypath::flows::Group;
use crate::model::{End, EndKind, Size, grouped};
use crate::ui::{Ground, Pen, Role, bottom_of, row_at};

pub fn draw(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let columns = Columns::of(room.width);
    let copies = columns.copies_title();
    let head = ["flow", "bytes", "calls", "switches", copies, "", "verdict"];
    columns.row(pen, room, 0, head, [Role::Dim; 7]);
    let air = u16::from(room.height > 14);
    let below = SENTENCE + RIBBON + 2 * air;
    let rows = usize::from(room.height.saturating_sub(1 + below));
    let first = explorer.flow.saturating_sub(rows.saturating_sub(1));
    // One scale for all rows.
    let groups = explorer.groups();
    let copies = groups.map(|group| group.flow.cpu_copies_per_byte());
    let most = copies.fold(2.0, f64::max);
    for (number, group) in explorer.groups().enumerate().skip(first).take(rows) {
        let y = (number - first) as u16 + 1;
        let selected = number == explorer.flow;
        flow_row(pen, &columns, (room, y), group, most, selected);
        pen.spot(row_at(room, y), Click::Row(number));
    }
    let below = Rect {
        y: room.y + rows as u16 + 1 + air,
        height: SENTENCE,
        ..room
    };
    if let Some(group) = explorer.selected() {
        sentence(pen, group, below);
    }
    let bottom = bottom_of(room, RIBBON);
    match explorer.running {
        true => output(pen, explorer, bottom),
        false => ribbon(pen, explorer, bottom),
    }
}

/// Rows of what stands below the table: the sentence, and the ribbon or what the program writes.
const SENTENCE: u16 = 3;

/// What happens to the selected flow, and what would save what.
fn sentence(pen: &mut Pen, Group { flow, advice, .. }: &Group, room: Rect) {
    let calls = flow.calls_by_name.iter();
    let calls = calls.map(|(name, count)| format!("{} {name}", grouped(*count)));
    let copied = match flow.cpu_copies_per_byte() {
        0.0 => "not copied".to_owned(),
        copies => format!("copied {copies:.1} times"),
    };
    let happens = format!(
        "{}{}, {copied} by the CPU: {}, {} mode switches.",
        Size(flow.bytes),
        if flow.transformed { ", changed" } else { "" },
        calls.collect::<Vec<_>>().join(", "),
        grouped(2 * flow.calls),
    );
    pen.tint(edge_to_edge(room), pen.theme.ground(Ground::Detail));
    pen.text(room, 0, 0, &shortened(&happens, room.width), Role::Strong);
    let tried = flow.fallbacks_text();
    let tried = tried.map_or(String::new(), |tried| format!("Tried first: {tried}. "));
    let text = tried + &advice.sentence;
    let lines = textwrap::wrap(&text, usize::from(room.width.min(100)));
    for (y, line) in lines.iter().take(usize::from(SENTENCE) - 1).enumerate() {
        pen.text(room, 0, y as u16 + 1, line, Role::Dim);
    }
}

/// As long as there are copies a byte, a piece for each; dotted where there is none.
fn copies_bar(copies: f64, most: f64, width: usize) -> String {
    if copies == 0.0 {
        return "┄".repeat(width);
    }
    let pieces = most.ceil().max(1.0) as usize;
    let piece = ((width + 1) / pieces).saturating_sub(1).clamp(1, 5);
    let mut bar = String::new();
    let mut left = copies;
    while left > 0.0 && bar.chars().count() < width {
        if !bar.is_empty() {
            bar.push(' ');
        }
        let cells = (left.min(1.0) * piece as f64).round().max(1.0) as usize;
        bar += &"▆".repeat(cells);
        left -= 1.0;
    }
    bar.chars().take(width).collect()
}

fn flow_row(
    pen: &mut Pen,
    columns: &Columns,
    (room, y): (Rect, u16),
    Group { flow, advice, .. }: &Group,
    most: f64,
    selected: bool,
) {
    let room_of_name = columns.name.saturating_sub(1);
    let name = Some(flow_name(flow, End::short))
        .filter(|name| name.chars().count() <= usize::from(room_of_name))
        .unwrap_or_else(|| flow_name(flow, kind_of_end));
    let name = shortened(&name, room_of_name);
    let copies = flow.cpu_copies_per_byte();
    let how = how(flow.cpu_copied_bytes() > 0);
    let text = if selected { Role::Strong } else { Role::Text };
    let dim = if selected { Role::Text } else { Role::Dim };
    let is_good = copies == 0.0 && flow.to.kind != EndKind::Memory;
    let verdict = match () {
        () if is_good => Role::Hot(how),
        () if advice.saves > 0 => Role::Verdict(how),
        () => dim,
    };
    let cells = [
        name.as_str(),
        &grouped(flow.bytes),
        &grouped(flow.calls),
        &grouped(2 * flow.calls),
        &copies_bar(copies, most, usize::from(columns.bar)),
        &flow.copies_text(),
        &advice.short,
    ];
    if selected {
        let row = row_at(room, y);
        pen.paint(row, Role::Marker);
        let x = row.x.saturating_sub(2);
        pen.text(Rect { x, ..row }, 0, 0, "▸", Role::Accent);
    }
    let bar = if selected {
        Role::Hot(how)
    } else {
        Role::Quiet(how)
    };
    let roles = [text, text, text, text, bar, dim, verdict];
    columns.row(pen, room, y, cells, roles);
}

struct Columns {
    name: u16,
    bytes: u16,
    calls: bool,
    switches: bool,
    /// Cells of the bar of copies.
    bar: u16,
}

impl Columns {
    fn of(width: u16) -> Columns {
        let switches = width >= 100;
        let calls = width >= 70;
        let bar = match width {
            100.. => 11,
            70.. => 5,
            _ => 0,
        };
        let counts = 9 * u16::from(calls) + 11 * u16::from(switches);
        let bytes = if width >= 100 { 14 } else { 12 };
        // `produced by the program`
        let verdict = 24;
        let others = bytes + counts + 2 + bar + 8 + verdict;
        Columns {
            name: width.saturating_sub(others),
            bytes,
            calls,
            switches,
            bar,
        }
    }

    fn copies_title(&self) -> &'static str {
        match self.bar {
            11.. => "copies per byte",
            1.. => "CPU copies",
            0 => "copies",
        }
    }

    fn row(&self, pen: &mut Pen, room: Rect, y: u16, cells: [&str; 7], roles: [Role; 7]) {
        pen.text(room, 0, y, cells[0], roles[0]);
        let mut x = self.name;
        let mut right = |pen: &mut Pen, cell: &str, width: u16, role| {
            let cells = Rect {
                x: room.x + x,
                width,
                ..room
            };
            pen.right(cells, y, cell, role);
            x += width;
        };
        right(pen, cells[1], self.bytes, roles[1]);
        if self.calls {
            right(pen, cells[2], 9, roles[2]);
        }
        if self.switches {
            right(pen, cells[3], 11, roles[3]);
        }
        let figure = if self.bar > 0 { self.bar + 2 } else { 0 };
        pen.text(room, x + 2, y, cells[4], roles[4]);
        pen.text(room, x + 2 + figure, y, cells[5], roles[5]);
        pen.text(room, x + 2 + self.bar + 8, y, cells[6], roles[6]);
    }
}

fn output(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let rows = usize::from(room.height);
    let first = explorer.output.len().saturating_sub(rows);
    for (y, line) in explorer.output[first..].iter().enumerate() {
        pen.text(room, 0, y as u16, line, Role::Dim);
    }
}
