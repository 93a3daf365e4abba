//! The explorer of a watched program: its flows as a picture and as a table, the calls behind them, the ribbon of calls.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

mod picture;

use super::{
    TOO_SMALL, ascii,
    layout::rooms,
    pen::{Pen, Spots},
    theme::{Ground, Role, Theme},
    widgets::prompt::prompt,
};
use crate::app::explorer::{Explorer, KEYS, List};
use crate::copypath::flows::Group;
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
        // Below it: a table of a few rows, the sentence, the ribbon.
        let picture = match body.height {
            28.. => (body.height - 16).min(body.height / 5 * 3),
            _ => 0,
        };
        let upper = Rect {
            height: picture,
            ..body
        };
        let lower = Rect {
            y: body.y + picture + u16::from(picture > 0),
            height: body.height - picture - u16::from(picture > 0),
            ..body
        };
        if picture > 0 {
            picture::draw(&mut pen, explorer, upper);
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
    let many = |number: u64, short: &str, one: &str, many: &str| {
        let name = match (room.width, number) {
            (..100, _) => short,
            (_, 1) => one,
            _ => many,
        };
        format!("{} {name}", grouped(number))
    };
    let said = [
        many(watched.syscalls(), "calls", "call", "calls"),
        many(watched.processes, "proc", "process", "processes"),
        many(watched.threads, "thr", "thread", "threads"),
        state,
    ]
    .join(" · ");
    let right = pen.right(room, 0, &said, dim);
    let left = Rect {
        width: right.saturating_sub(2),
        ..room
    };
    pen.text(left, x + 3, 0, &watched.command.join(" "), strong);
}

/// Rows of what stands below the table: the sentence, and the ribbon or what the program writes.
const SENTENCE: u16 = 3;
const RIBBON: u16 = 3;

fn table(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let dim = pen.style(Role::Dim);
    let columns = Columns::of(room.width);
    let head = [
        "flow",
        "bytes",
        "calls",
        "switches",
        columns.copies_title(),
        "",
        "verdict",
    ];
    columns.row(pen, room, 0, head, [dim; 7]);
    let air = u16::from(room.height > 14);
    let rows = usize::from(room.height.saturating_sub(1 + SENTENCE + RIBBON + 2 * air));
    let first = explorer.flow.saturating_sub(rows.saturating_sub(1));
    // One scale for all rows.
    let most = explorer
        .groups()
        .map(|group| group.flow.cpu_copies_per_byte());
    let most = most.fold(2.0, f64::max);
    for (number, group) in explorer.groups().enumerate().skip(first).take(rows) {
        let y = (number - first) as u16 + 1;
        let selected = number == explorer.flow;
        flow_row(pen, &columns, (room, y), group, most, selected);
    }
    let below = Rect {
        y: room.y + rows as u16 + 1 + air,
        height: SENTENCE,
        ..room
    };
    if let Some(group) = explorer.selected() {
        sentence(pen, group, below);
    }
    let bottom = Rect {
        y: room.bottom().saturating_sub(RIBBON),
        height: RIBBON,
        ..room
    };
    match explorer.running {
        true => output(pen, explorer, bottom),
        false => ribbon(pen, explorer, bottom),
    }
}

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
    let (strong, dim) = (pen.style(Role::Strong), pen.style(Role::Dim));
    pen.paint(edge_to_edge(room), pen.theme.ground(Ground::Detail));
    pen.text(room, 0, 0, &shortened(&happens, room.width), strong);
    let lines = textwrap::wrap(&advice.sentence, usize::from(room.width.min(100)));
    for (y, line) in lines.iter().take(usize::from(SENTENCE) - 1).enumerate() {
        pen.text(room, 0, y as u16 + 1, line, dim);
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
    let how = match flow.cpu_copied_bytes() {
        0 => How::Reference,
        _ => How::CpuCopy,
    };
    let text = pen.style(if selected { Role::Strong } else { Role::Text });
    let (dim, quiet, hot) = (
        pen.style(if selected { Role::Text } else { Role::Dim }),
        pen.style(Role::Quiet(how)),
        pen.style(Role::Hot(how)),
    );
    let is_good = copies == 0.0 && flow.to.kind != EndKind::Memory;
    let verdict = match () {
        () if is_good => hot,
        () if advice.saves > 0 => hot.patch(pen.style(Role::Strong)),
        () => dim,
    };
    let cells = [
        name.as_str(),
        &grouped(flow.bytes),
        &grouped(flow.calls),
        &grouped(2 * flow.calls),
        &copies_bar(copies, most, usize::from(columns.bar)),
        &format!("{copies:.1}"),
        &advice.short,
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
        let before = Rect {
            x: row.x.saturating_sub(2),
            ..row
        };
        pen.text(before, 0, 0, "▸", accent);
    }
    let bar = if selected { hot } else { quiet };
    let styles = [text, text, text, text, bar, dim, verdict];
    columns.row(pen, room, y, cells, styles);
}

/// Where the columns of the table stand.
struct Columns {
    name: u16,
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
            70.. => 7,
            _ => 0,
        };
        let calls_and_switches = if calls { 9 } else { 0 } + if switches { 11 } else { 0 };
        let others = 14 + calls_and_switches + 2 + bar + 8 + 16;
        Columns {
            name: width.saturating_sub(others),
            calls,
            switches,
            bar,
        }
    }

    fn copies_title(&self) -> &'static str {
        match self.bar {
            11.. => "CPU copies a byte",
            1.. => "CPU copies",
            0 => "copies",
        }
    }

    fn row(&self, pen: &mut Pen, room: Rect, y: u16, cells: [&str; 7], styles: [Style; 7]) {
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
        if self.calls {
            right(pen, cells[2], 9, styles[2]);
        }
        if self.switches {
            right(pen, cells[3], 11, styles[3]);
        }
        let figure = if self.bar > 0 { self.bar + 2 } else { 0 };
        pen.text(room, x + 2, y, cells[4], styles[4]);
        pen.text(room, x + 2 + figure, y, cells[5], styles[5]);
        pen.text(room, x + 2 + self.bar + 8, y, cells[6], styles[6]);
    }
}

fn calls(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let title = explorer.selected();
    let title = title.map_or(String::new(), |group| flow_name(&group.flow, End::short));
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
            true => "None of its last calls is of this flow, or fits the search.",
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

/// All calls that moved bytes in the order of time, binned to the width; those of the selected flow stand out.
fn ribbon(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (all, own) = (explorer.moved(), explorer.calls());
    let Some(current) = own.get(explorer.call) else {
        return;
    };
    let width = usize::from(room.width).min(all.len());
    let bin = |x: usize| x * all.len() / width;
    let place = all.partition_point(|call| call < current);
    let at = (0..width).rev().find(|x| bin(*x) <= place).unwrap_or(0);
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
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
    if explorer.typing || !explorer.filter.text.is_empty() {
        parts.push(prompt(&explorer.filter, explorer.typing));
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
    pen.text(room, 0, 0, &shortened(&parts.join("   "), room.width), dim);
}

fn keys(pen: &mut Pen, explorer: &Explorer, room: Rect) {
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
    let named = KEYS.map(|(key, what)| match (key, explorer.list) {
        ("↑↓", List::Calls) => (key, "call"),
        ("space", _) if explorer.playing => (key, "pause"),
        _ => (key, what),
    });
    let width =
        |(key, what): &(&str, &str)| (key.chars().count() + what.chars().count() + 3) as u16;
    // Where there is no room for all, those that can be guessed stand on the help page alone.
    let mut shown = named.to_vec();
    for dropped in ["[ ]", "Esc", "Tab", "space"] {
        if shown.iter().map(width).sum::<u16>() > room.width + 2 {
            shown.retain(|(key, _)| *key != dropped);
        }
    }
    let mut x = 0;
    for (key, what) in shown {
        x = pen.text(room, x, 0, key, accent);
        x = pen.text(room, x + 1, 0, what, dim) + 2;
    }
}

/// `a → cat → gzip → memory of gzip`, with its ends as they are to be called: the source (true) and the sink.
fn flow_name(flow: &Flow, end: fn(&End, bool) -> String) -> String {
    let through = match flow.programs.len() {
        0 | 1 => String::new(),
        _ => format!("{} → ", flow.programs.join(" → ")),
    };
    format!(
        "{} → {through}{}",
        end(&flow.from, true),
        end(&flow.to, false)
    )
}

/// An end in a word, where there is no room for its address.
fn kind_of_end(of: &End, is_source: bool) -> String {
    match of.kind {
        EndKind::Tcp | EndKind::Udp => {
            let (kind, name) = (of.kind.name(), &of.name);
            let many = name.split_once(" connections");
            let many = many.and_then(|(before, _)| before.rsplit(' ').next());
            many.map_or(kind.to_owned(), |many| format!("{kind} ×{many}"))
        }
        EndKind::Memory => of.name.clone(),
        _ => of.short(is_source),
    }
}

/// A room with the margins beside it.
fn edge_to_edge(room: Rect) -> Rect {
    const MARGIN: u16 = 2;
    Rect {
        x: room.x.saturating_sub(MARGIN),
        width: room.width + 2 * MARGIN,
        ..room
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
