//! The explorer of a watched program. The picture is a cross-section of the machine: height is bytes, and what rises
//! over the line of the mode switch is copied through the program's memory; references stay below.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    TOO_SMALL, ascii,
    layout::rooms,
    pen::{Pen, Spots},
    theme::{Role, Theme},
};
use crate::app::explorer::{Explorer, KEYS, List};
use crate::copypath::flows::advice;
use crate::model::{End, EndKind, Exit, Flow, How, Size, grouped};

/// Draws it.
pub fn view(explorer: &Explorer, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen {
        buf,
        theme: *theme,
        spots: Spots::default(),
    };
    let Some(rooms) = rooms(area) else {
        let style = pen.style(Role::Text);
        pen.text(area, 0, area.height / 2, TOO_SMALL, style);
        return;
    };
    header(&mut pen, explorer, rooms.header);
    pen.rule(rooms.rule, 0);
    let body = rooms.body;
    if explorer.help {
        help(&mut pen, body);
    } else {
        let picture = match body.height {
            28.. => body.height - 18,
            _ => 0,
        };
        let upper = Rect {
            height: picture,
            ..body
        };
        let lower = Rect {
            y: body.y + picture,
            height: body.height - picture,
            ..body
        };
        if picture > 0 {
            draw_picture(&mut pen, explorer, upper);
        }
        match explorer.list {
            List::Flows => table(&mut pen, explorer, lower),
            List::Calls => calls(&mut pen, explorer, lower),
        }
    }
    message(&mut pen, explorer, rooms.message);
    keys(&mut pen, explorer, rooms.keys);
    if theme.ascii {
        ascii::apply(buf);
    }
}

fn header(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let watched = &explorer.watched;
    let x = pen.text(room, 0, 0, "zclab", dim);
    let x = pen.text(room, x + 3, 0, "Trace", strong);
    let state = match (&watched.exit, explorer.running) {
        (_, true) => "running".to_owned(),
        (Exit::Code(code), _) => format!("exit {code}"),
        (Exit::Signal(signal), _) => signal.clone(),
    };
    let said = format!(
        "{} calls · {} proc · {} thr · {state}",
        grouped(watched.syscalls()),
        grouped(watched.processes),
        grouped(watched.threads)
    );
    let right = pen.right(room, 0, &said, dim);
    let left = Rect {
        width: right.saturating_sub(2),
        ..room
    };
    pen.text(left, x + 3, 0, &watched.command.join(" "), strong);
}

/// One flow in the picture.
struct Band<'a> {
    flow: &'a Flow,
    copied: bool,
    selected: bool,
    /// Rows that it takes; 0: less than half a row, drawn as a line.
    rows: u16,
    top: u16,
}

fn draw_picture(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let user = room.height / 3;
    let kernel = Rect {
        y: room.y + user + 1,
        height: room.height - user - 2,
        ..room
    };
    let dim = pen.style(Role::Dim);
    let strong = pen.style(Role::Strong);
    pen.text(room, 0, 0, "USER", strong);
    let line = Rect {
        y: room.y + user,
        height: 1,
        ..room
    };
    let hairline = pen.style(Role::Hairline);
    pen.text(line, 0, 0, &"╌".repeat(usize::from(room.width)), hairline);
    pen.text(line, 3, 0, " mode switch ", dim);
    pen.text(kernel, 0, 0, "KERNEL", strong);
    let (bands, scale) = bands(explorer, kernel.height - 1);
    if scale > 0.0 {
        let said = format!("height is bytes: a row is {}", Size(scale as u64));
        pen.right(room, 0, &said, dim);
    }
    let mut plateau = room.y + 1;
    for band in &bands {
        draw_band(pen, band, kernel, plateau, line.y);
        if band.copied && plateau + band.rows.max(1) < line.y {
            plateau += band.rows.max(1);
        }
    }
}

/// The largest flows with their rows in the kernel, and how many bytes a row is.
fn bands<'a>(explorer: &'a Explorer, rows: u16) -> (Vec<Band<'a>>, f64) {
    let flows: Vec<&Flow> = explorer
        .flows()
        .take(usize::from(rows / 2).max(1))
        .collect();
    let bytes: u64 = flows.iter().map(|flow| flow.bytes).sum();
    // Every flow has a row at least; what is left is shared out by bytes.
    let spare = rows.saturating_sub(flows.len() as u16);
    let scale = bytes as f64 / f64::from(spare.max(1));
    let mut top = 0;
    let bands = flows.into_iter().enumerate().map(|(number, flow)| {
        let height = (flow.bytes as f64 / scale.max(1.0)).round() as u16;
        let rows_of = if height == 0 {
            0
        } else {
            height.min(rows.saturating_sub(top))
        };
        let band = Band {
            flow,
            copied: flow.cpu_copied_bytes() > 0,
            selected: number == explorer.flow,
            rows: rows_of,
            top,
        };
        top += rows_of.max(1);
        band
    });
    let bands: Vec<_> = bands.filter(|band| band.top < rows).collect();
    (bands, scale)
}

fn draw_band(pen: &mut Pen, band: &Band, kernel: Rect, plateau: u16, mode_switch: u16) {
    let label = kernel.width / 4;
    let lane = kernel.y + 1 + band.top;
    let is_memory = |end: &End| band.copied && end.kind == EndKind::Memory;
    let (made, kept) = (is_memory(&band.flow.from), is_memory(&band.flow.to));
    let row = |in_memory: bool| Rect {
        y: if in_memory { plateau } else { lane },
        height: 1,
        ..kernel
    };
    let style = match band.selected {
        true => pen.style(Role::Accent),
        false => pen.style(Role::Text),
    };
    let from = shortened(&end(&band.flow.from), label.saturating_sub(2));
    let left = Rect {
        width: label - 1,
        ..row(made)
    };
    pen.right(left, 0, &from, style);
    let to = shortened(&end(&band.flow.to), label.saturating_sub(2));
    pen.text(row(kept), kernel.width - label + 1, 0, &to, style);
    let (first, last) = (kernel.x + label, kernel.x + kernel.width - label - 1);
    let span = last.saturating_sub(first).max(1);
    let ramp = (span / 4).max(1);
    for x in first..=last {
        // Level for a while, then up to the program's memory, and down again: unless it begins or ends there.
        let from_left = if made { u16::MAX } else { x - first };
        let from_right = if kept { u16::MAX } else { last - x };
        let near = from_left.min(from_right);
        let climb = f64::from(near.saturating_sub(ramp / 2).min(ramp)) / f64::from(ramp);
        let height = match band.copied {
            true => f64::from(lane.saturating_sub(plateau)) * climb,
            false => 0.0,
        };
        paint_column(pen, band, x, lane - height.round() as u16, kernel.bottom());
    }
    words(pen, band, (first, span), lane, plateau, mode_switch);
}

/// One column of a band: its tint, and glyphs that say what it is where there are no colours.
fn paint_column(pen: &mut Pen, band: &Band, x: u16, top: u16, bottom: u16) {
    let tint = pen.theme.band(band.copied, band.selected);
    let (line, role) = match (band.copied, band.selected) {
        (true, true) => ("━", Role::Hot(How::CpuCopy)),
        (true, false) => ("━", Role::Quiet(How::CpuCopy)),
        (false, true) => ("┄", Role::Hot(How::Reference)),
        (false, false) => ("┄", Role::Quiet(How::Reference)),
    };
    let ink = pen.style(role);
    for y in top..(top + band.rows.max(1)).min(bottom) {
        let edge = y == top || y + 1 == top + band.rows;
        let cell = Rect::new(x, y, 1, 1);
        if band.rows == 0 {
            pen.text(cell, 0, 0, line, ink);
        } else if edge && (!band.copied || tint.bg.is_none()) {
            pen.text(cell, 0, 0, line, ink.patch(tint));
        } else {
            pen.text(cell, 0, 0, " ", tint);
        }
    }
}

/// What stands on a band, where there is room.
fn words(
    pen: &mut Pen,
    band: &Band,
    (first, span): (u16, u16),
    lane: u16,
    plateau: u16,
    mode_switch: u16,
) {
    let flow = band.flow;
    let names: Vec<&str> = flow.calls_by_name.keys().map(String::as_str).collect();
    let copies = flow.cpu_copies_per_byte();
    let text = match band.copied {
        true => format!(
            " {} ×{copies:.1} {} ",
            Size(flow.bytes),
            flow.programs.join(", ")
        ),
        false => format!(" {}  {}  0 copies ", Size(flow.bytes), names.join(", ")),
    };
    let width = text.chars().count() as u16;
    let y = match band.copied {
        true if plateau < mode_switch => plateau,
        true => return,
        false => lane,
    } + band.rows / 2;
    if width >= span || band.rows == 0 {
        return;
    }
    let style = pen.style(Role::Strong);
    let tint = pen.theme.band(band.copied, band.selected);
    let cell = Rect::new(first + (span - width) / 2, y, width, 1);
    pen.text(cell, 0, 0, &text, style.patch(tint));
}

fn table(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let dim = pen.style(Role::Dim);
    let columns = Columns::of(room.width);
    columns.row(
        pen,
        room,
        0,
        [
            "flow",
            "bytes",
            "calls",
            "switches",
            "copies a byte",
            "verdict",
        ],
        [dim; 6],
    );
    let ribbon_rows = 3;
    let rows = room.height.saturating_sub(5 + ribbon_rows) as usize;
    let first = explorer.flow.saturating_sub(rows.saturating_sub(1));
    for (number, flow) in explorer.flows().enumerate().skip(first).take(rows) {
        let y = (number - first) as u16 + 1;
        let selected = number == explorer.flow;
        flow_row(pen, &columns, room, y, flow, selected);
    }
    let below = Rect {
        y: room.y + rows as u16 + 2,
        height: 3,
        ..room
    };
    if let Some(flow) = explorer.selected() {
        let style = pen.style(Role::Text);
        let width = usize::from(room.width);
        for (y, line) in textwrap::wrap(&advice(flow).sentence, width)
            .iter()
            .take(2)
            .enumerate()
        {
            pen.text(below, 0, y as u16, line, style);
        }
    }
    let bottom = Rect {
        y: room.bottom().saturating_sub(ribbon_rows),
        height: ribbon_rows,
        ..room
    };
    match explorer.running {
        true => output(pen, explorer, bottom),
        false => ribbon(pen, explorer, bottom),
    }
}

fn flow_row(pen: &mut Pen, columns: &Columns, room: Rect, y: u16, flow: &Flow, selected: bool) {
    let said = advice(flow);
    let name = shortened(&flow_name(flow), columns.name.saturating_sub(3));
    let copies = flow.cpu_copies_per_byte();
    let mark = match copies {
        0.0 => "┄".repeat(8),
        copies => "■".repeat((copies.round() as usize).clamp(1, 8)),
    };
    let role = match flow.cpu_copied_bytes() {
        0 => Role::Hot(How::Reference),
        _ => Role::Hot(How::CpuCopy),
    };
    let text = pen.style(if selected { Role::Strong } else { Role::Text });
    let hot = pen.style(role);
    let cells = [
        name.as_str(),
        &grouped(flow.bytes),
        &grouped(flow.calls),
        &grouped(2 * flow.calls),
        &format!("{mark:<8} {copies:.1}"),
        &said.short,
    ];
    if selected {
        let row = Rect {
            y: room.y + y,
            height: 1,
            ..room
        };
        let marker = pen.style(Role::Marker);
        pen.paint(row, marker);
        let accent = pen.style(Role::Accent);
        pen.text(
            Rect {
                x: row.x.saturating_sub(2),
                ..row
            },
            0,
            0,
            "▸",
            accent,
        );
    }
    columns.row(pen, room, y, cells, [text, text, text, text, hot, text]);
}

/// Where the columns of the table stand.
struct Columns {
    name: u16,
    switches: bool,
}

impl Columns {
    fn of(width: u16) -> Columns {
        let switches = width >= 100;
        let others = 15 + 9 + if switches { 11 } else { 0 } + 15 + 19;
        Columns {
            name: width.saturating_sub(others),
            switches,
        }
    }

    fn row(&self, pen: &mut Pen, room: Rect, y: u16, cells: [&str; 6], styles: [Style; 6]) {
        pen.text(room, 0, y, cells[0], styles[0]);
        let mut x = self.name;
        let mut right = |pen: &mut Pen, cell: &str, width: u16, style| {
            let cells = Rect {
                x: room.x + x,
                width,
                ..room
            };
            pen.right(cells, y, cell, style);
            x += width;
        };
        right(pen, cells[1], 14, styles[1]);
        right(pen, cells[2], 10, styles[2]);
        if self.switches {
            right(pen, cells[3], 11, styles[3]);
        }
        pen.text(room, x + 2, y, cells[4], styles[4]);
        pen.text(room, x + 17, y, cells[5], styles[5]);
    }
}

fn calls(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let title = explorer.selected().map_or(String::new(), flow_name);
    pen.text(
        room,
        0,
        0,
        &shortened(&title, room.width.saturating_sub(30)),
        strong,
    );
    let count = explorer.calls().len();
    let place = (explorer.call + 1).min(count) as u64;
    let said = format!("call {} of {}", grouped(place), grouped(count as u64));
    pen.right(room, 0, &said, dim);
    if count == 0 {
        let why = match explorer.running {
            true => "The calls are listed when the program has ended.",
            false => "No call of it is kept, or none fits the search.",
        };
        pen.text(room, 0, 2, why, dim);
    }
    let rows = usize::from(room.height.saturating_sub(5)).max(1);
    let first = explorer
        .call
        .saturating_sub(rows / 2)
        .min(count.saturating_sub(rows));
    let trace = &explorer.watched.trace;
    for (row, call) in explorer.calls().iter().skip(first).take(rows).enumerate() {
        let y = row as u16 + 1;
        let known = &trace.calls[*call as usize];
        let task = trace.tasks.get(usize::from(known.task));
        let who = task.map_or(String::new(), |task| format!("{} {}", task.tid, task.name));
        let line = Rect {
            y: room.y + y,
            height: 1,
            ..room
        };
        let selected = first + row == explorer.call;
        if selected {
            let marker = pen.style(Role::Marker);
            pen.paint(line, marker);
        }
        let text = pen.style(if selected { Role::Strong } else { Role::Text });
        pen.text(line, 0, 0, &shortened(&who, 20), dim);
        pen.text(line, 22, 0, &explorer.call_text(*call), text);
    }
    let bottom = Rect {
        y: room.bottom().saturating_sub(3),
        height: 3,
        ..room
    };
    ribbon(pen, explorer, bottom);
}

/// The calls behind the flow in the order of time, binned to the width: which call each stands for.
fn ribbon(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let calls = explorer.calls();
    if calls.is_empty() {
        return;
    }
    let trace = &explorer.watched.trace;
    let width = usize::from(room.width).min(calls.len());
    let accent = pen.style(Role::Accent);
    let at = explorer.call * width / calls.len();
    let said = format!("▼ call {}", grouped(explorer.call as u64 + 1));
    let x = (at as u16).min(room.width.saturating_sub(said.chars().count() as u16));
    pen.text(room, x, 0, &said, accent);
    for x in 0..width {
        let call = &trace.calls[calls[x * calls.len() / width] as usize];
        let reference = matches!(trace.name(call), "sendfile" | "splice" | "tee" | "vmsplice");
        let how = if reference {
            How::Reference
        } else {
            How::CpuCopy
        };
        let (glyph, role) = match (reference, x == at) {
            (_, true) => ("█", Role::Accent),
            (true, _) => ("◆", Role::Hot(how)),
            (false, _) => ("■", Role::Quiet(how)),
        };
        let style = pen.style(role);
        pen.text(room, x as u16, 1, glyph, style);
    }
    let each = (calls.len() as f64 / width as f64).ceil();
    let current = explorer.call_text(calls[explorer.call.min(calls.len() - 1)]);
    let text = if each > 1.0 {
        format!("{current}   ({each} calls a mark)")
    } else {
        current
    };
    let style = pen.style(Role::Text);
    pen.text(room, 0, 2, &text, style);
}

fn output(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let dim = pen.style(Role::Dim);
    let first = explorer
        .output
        .len()
        .saturating_sub(usize::from(room.height));
    for (y, line) in explorer.output[first..].iter().enumerate() {
        pen.text(room, 0, y as u16, line, dim);
    }
}

fn help(pen: &mut Pen, room: Rect) {
    let (strong, text, dim) = (
        pen.style(Role::Strong),
        pen.style(Role::Text),
        pen.style(Role::Dim),
    );
    pen.text(room, 0, 1, "Keys", dim);
    for (y, (key, what)) in KEYS.iter().enumerate() {
        pen.text(room, 0, y as u16 + 2, key, strong);
        pen.text(room, 10, y as u16 + 2, what, text);
    }
    let lines = [
        "← → go from call to call; Home, End, Page Up and Page Down go far.",
        "Ctrl-C reaches the program while it runs; q ends it.",
        "A band that rises over the mode switch is copied by the CPU, in and out of the program's memory.",
        "A band with dotted edges stays in the kernel: references are passed on, and no byte is copied.",
    ];
    for (y, line) in lines.iter().enumerate() {
        pen.text(room, 0, KEYS.len() as u16 + 3 + y as u16, line, text);
    }
}

fn message(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let dim = pen.style(Role::Dim);
    let mut parts = Vec::new();
    if explorer.typing || !explorer.filter.is_empty() {
        let cursor = if explorer.typing { "▏" } else { "" };
        parts.push(format!("/{}{cursor}", explorer.filter));
    }
    if let Some(task) = explorer
        .task
        .and_then(|task| explorer.watched.trace.tasks.get(usize::from(task)))
    {
        parts.push(format!("thread {} {}", task.tid, task.name));
    }
    if parts.is_empty() {
        let unexplained = explorer.watched.unexplained;
        let bytes = unexplained.read_bytes + unexplained.written_bytes;
        parts.push(format!("unexplained: {} bytes", grouped(bytes)));
        parts.extend(explorer.watched.notes.first().cloned());
    }
    pen.text(room, 0, 0, &parts.join("   "), dim);
}

fn keys(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
    let mut x = 0;
    for (key, what) in KEYS {
        let what = match (key, explorer.list) {
            ("↑↓", List::Calls) => "call",
            ("space", _) if explorer.playing => "pause",
            _ => what,
        };
        x = pen.text(room, x, 0, key, accent);
        x = pen.text(room, x + 1, 0, what, dim) + 2;
    }
}

/// `/a > cat, gzip > memory of gzip`.
fn flow_name(flow: &Flow) -> String {
    let through = match flow.programs.len() {
        0 | 1 => String::new(),
        _ => format!("{} → ", flow.programs.join(", ")),
    };
    format!("{} → {through}{}", end(&flow.from), end(&flow.to))
}

/// An end, short: a file by its last name.
fn end(end: &End) -> String {
    match end.kind {
        EndKind::File => end.name.rsplit('/').next().unwrap_or(&end.name).to_owned(),
        EndKind::Memory => format!("memory of {}", end.name),
        EndKind::Tcp | EndKind::Udp => format!("{} {}", end.kind.name(), end.name),
        _ => end.name.clone(),
    }
}

/// Cut at its end where it is too long.
fn shortened(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
