//! What lies over a page: help from the key table, the source, the calls, the words, a search. The page behind turns to hairline.

mod search;

use ratatui::{layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click, Group, Overlay};
use crate::figure::Source;
use crate::model::{Word, grouped};
use crate::syscall::{self, format_call};
use crate::ui::{
    MARKS, Pen, Role, Rooms, Row, Rows, centred, from_row, narrowed, screens::view, top_of,
    widgets::qr, window,
};

pub fn draw(pen: &mut Pen, app: &App, area: Rect, rooms: &Rooms) {
    let Some(overlay) = app.overlay else {
        return;
    };
    backdrop(pen, area, rooms);
    if let Overlay::JoinCode { top } = overlay {
        pen.spots.overflow = 0;
        return join_code(pen, app, top_of(area, area.height.saturating_sub(1)), top);
    }
    let room = match overlay {
        Overlay::Help { .. } => centred(rooms.body, 82, 30),
        Overlay::Words { count, .. } => centred(rooms.body, 96, (count as u16 + 6).clamp(18, 30)),
        Overlay::Source { c: Some(true), .. } if has_room_for_two(rooms.body) => rooms.body,
        _ => centred(rooms.body, 104, rooms.body.height),
    };
    let inner = frame(pen, room);
    pen.spots.overflow = 0;
    match overlay {
        Overlay::Help { top } => help(pen, app, inner, top),
        Overlay::Source { top, c } => sources(pen, app, inner, top, c == Some(true)),
        Overlay::Calls { at, .. } => calls(pen, app, inner, at),
        Overlay::Words { at, all, .. } => words(pen, app, inner, at, all),
        Overlay::Search { at, .. } => search::draw(pen, app, inner, at),
        Overlay::JoinCode { .. } => {}
    }
}

/// The page behind, but not the key bar: its keys are the overlay's.
fn backdrop(pen: &mut Pen, area: Rect, rooms: &Rooms) {
    let quiet = pen.theme.page().patch(pen.style(Role::Hairline));
    let behind = top_of(area, area.height.saturating_sub(1));
    for y in behind.top()..behind.bottom() {
        for x in behind.left()..behind.right() {
            pen.buf[(x, y)].set_style(Style::reset()).set_style(quiet);
        }
    }
    pen.spots.clicks.retain(|(spot, _)| spot.y == rooms.keys.y);
    pen.spots.player = None;
}

/// A box with nothing in it. Gives its room.
fn frame(pen: &mut Pen, room: Rect) -> Rect {
    pen.clear(room);
    let across = "─".repeat(usize::from(room.width.saturating_sub(2)));
    pen.text(room, 0, 0, &format!("╭{across}╮"), Role::Dim);
    for y in 1..room.height.saturating_sub(1) {
        pen.text(room, 0, y, "│", Role::Dim);
        pen.text(room, room.width.saturating_sub(1), y, "│", Role::Dim);
    }
    let bottom = room.height.saturating_sub(1);
    pen.text(room, 0, bottom, &format!("╰{across}╯"), Role::Dim);
    let top = u16::from(room.height > 16);
    Rect {
        x: room.x + 3,
        y: room.y + 1 + top,
        width: room.width.saturating_sub(6),
        height: room.height.saturating_sub(2 + 2 * top),
    }
}

/// Columns beside the join code for the address and the help; fewer where the screen is narrow.
const BESIDE_CODE: [u16; 2] = [38, 22];

/// How the room is joined: the address and its QR code, as large as the screen allows; what to do where nobody can.
fn join_code(pen: &mut Pen, app: &App, area: Rect, top: usize) {
    let Some(class) = &app.class else {
        return;
    };
    pen.clear(area);
    let room = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(4),
        ..area
    };
    let url = class.shown_url();
    let kept = BESIDE_CODE[usize::from(room.width < 76)];
    let code = narrowed(room, room.width.saturating_sub(kept));
    // In capitals a smaller code does: it has a shorter way to write them.
    let (width, _) = qr::draw(pen, code, &url.to_ascii_uppercase());
    let used = if width > 0 { width + 3 } else { 0 };
    let beside = Rect {
        x: room.x + used,
        width: room.width.saturating_sub(used),
        ..from_row(room, 1)
    };
    let mut rows = Rows::new(beside.width);
    rows.text(url, Role::Strong);
    rows.blank(1);
    rows.text(&format!("{} joined", class.now.joined), Role::Text);
    if class.now.joined == 0 {
        rows.blank(1);
        let says = "Nobody has joined yet. Where phones cannot connect:";
        rows.text(says, Role::Strong);
        for help in &class.help {
            rows.hanging(("-", Role::Dim), 2, help, Role::Text);
        }
    }
    let below = from_row(beside, rows.len() as u16 + 1);
    let wifi = class.wifi.as_ref().filter(|_| below.height > 1);
    if let Some(wifi) = wifi {
        let (width, _) = qr::draw(pen, from_row(below, 1), wifi);
        if width > 0 {
            pen.text(below, 0, 0, "The Wi-Fi:", Role::Dim);
        }
    }
    rows.show(pen, beside, top);
}

/// The keys that do something now, by group, and the marks. One column where two do not fit.
fn help(pen: &mut Pen, app: &App, room: Rect, top: usize) {
    let two = room.width >= 70;
    let width = match two {
        true => (room.width - 4) / 2,
        false => room.width,
    };
    let keys = Group::ALL.into_iter();
    let keys = keys.filter_map(|group| keys_of(app, group, width));
    pen.text(room, 0, 0, "Keys on this page", Role::Strong);
    pen.right(room, 0, app.name(), Role::Dim);
    let below = from_row(room, 2);
    let mut columns = [Rows::new(width), Rows::new(width)];
    for block in keys.chain([marks_block(app, width)]) {
        let shorter = usize::from(two && columns[1].len() < columns[0].len());
        columns[shorter].append(block);
    }
    for (index, column) in columns.iter().enumerate().take(1 + usize::from(two)) {
        let part = Rect {
            x: below.x + index as u16 * (width + 4),
            width,
            ..below
        };
        column.show(pen, part, top);
    }
}

fn keys_of(app: &App, group: Group, width: u16) -> Option<Rows> {
    // The keys of the page below: help itself has none worth a page.
    let mut rows = Rows::new(width);
    let mut shown = app.enabled_below();
    shown.retain(|binding| binding.group == group);
    if shown.is_empty() {
        return None;
    }
    rows.group(group.name(), "");
    for binding in shown {
        let label = app.label(binding);
        rows.hanging((&label, Role::Strong), 11, binding.long, Role::Text);
    }
    if group == Group::Everywhere {
        let says = "like the arrows; h hints at a question";
        rows.hanging(("hjkl", Role::Strong), 11, says, Role::Text);
    }
    rows.blank(1);
    Some(rows)
}

fn marks_block(app: &App, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    if view(app.screen()).legend(&mut rows) {
        return rows;
    }
    rows.group("the marks", "");
    for (mark, role, name, _) in MARKS {
        rows.hanging((mark, role), 11, name, Role::Text);
    }
    rows
}

/// Columns of a C file, and of the widest Rust beside it, with their numbers.
const C: u16 = 76;
const RUST: u16 = 110;

fn has_room_for_two(room: Rect) -> bool {
    room.width >= RUST + C + 8
}

/// The whole source, the line of the current call marked; or the same in C, beside it where there is room.
fn sources(pen: &mut Pen, app: &App, room: Rect, top: usize, in_c: bool) {
    let rust = || Some((app.source()?, app.player().and_then(|it| it.source()?.1)));
    let c = || {
        let (file, text) = app.c_source()?;
        let parsed = Source::new(file.as_str(), text);
        let line = app.player().and_then(|it| it.line_in(&parsed));
        Some(((file, text), line))
    };
    let ran = "word for word what ran";
    let same = "the same calls in C; this did not run";
    let two = in_c && room.width >= RUST + C + 2;
    let left = narrowed(room, if two { RUST } else { room.width });
    let right = Rect {
        x: room.x + RUST + 2,
        width: C,
        ..room
    };
    match (in_c, two) {
        (false, _) => source(pen, rust(), ran, left, top),
        (true, false) => source(pen, c(), same, left, top),
        (true, true) => {
            source(pen, rust(), ran, left, top);
            source(pen, c(), same, right, top);
        }
    }
}

/// A file's name and text, and the line of the current call.
type File = ((String, &'static str), Option<usize>);

fn source(pen: &mut Pen, file: Option<File>, what: &str, room: Rect, top: usize) {
    let Some(((file, text), current)) = file else {
        return;
    };
    let mut rows = Rows::new(room.width);
    rows.group(&file, what);
    for (index, line) in text.lines().enumerate() {
        let here = current == Some(index);
        let number = if here { Role::Accent } else { Role::Dim };
        let left = vec![
            Rows::cursor(here),
            (format!("{:>3}  ", index + 1), number),
            (line.replace('\t', "    "), Role::of_name(here)),
        ];
        rows.push(Row {
            left,
            marked: here,
            ..Row::default()
        });
    }
    rows.show(pen, room, top);
}

/// Words, and what the chosen one means beside them; where there is no room for two columns the meaning alone.
fn words(pen: &mut Pen, app: &App, room: Rect, at: usize, all: bool) {
    let listed = app.listed_words(app.at(), all);
    let title = match all {
        true => "The glossary",
        false => "Words of this page",
    };
    pen.text(room, 0, 0, title, Role::Strong);
    let place = format!("{} of {}", at + 1, listed.len());
    pen.right(room, 0, &place, Role::Dim);
    pen.rule(room, 1);
    let below = from_row(room, 2);
    let Some(word) = listed.get(at).map(|word| &app.material.words[*word]) else {
        return;
    };
    let beside = if room.width >= 64 { NAMES + 3 } else { 0 };
    if beside > 0 {
        names(pen, app, narrowed(below, NAMES), &listed, at);
    }
    let part = Rect {
        x: below.x + beside,
        width: below.width - beside,
        ..below
    };
    let mut rows = Rows::new(part.width);
    rows.title(&word.forms.join(", "));
    rows.prose_with_words(&word.text, &others(&app.material.words, word));
    pen.spots.overflow = 0;
    rows.show(pen, part, 0);
}

/// Columns of the list of words.
const NAMES: u16 = 22;

fn names(pen: &mut Pen, app: &App, room: Rect, listed: &[usize], at: usize) {
    let mut rows = Rows::new(room.width);
    for (place, word) in listed.iter().enumerate() {
        let chosen = place == at;
        let name = app.material.words[*word].name().to_owned();
        let left = vec![Rows::cursor(chosen), (name, Role::of_name(chosen))];
        rows.choice(chosen, left, Vec::new(), Click::Word(*word));
    }
    rows.show(pen, room, 0);
}

/// All words but one, each in its place: a meaning need not lead to itself.
fn others(words: &[Word], but: &Word) -> Vec<Word> {
    let mut words = words.to_vec();
    let itself = words.iter_mut().find(|word| word.line == but.line);
    itself.into_iter().for_each(|word| word.forms.clear());
    words
}

/// All calls: only those on the screen are turned to text, so that a million of them cost nothing.
fn calls(pen: &mut Pen, app: &App, room: Rect, at: usize) {
    let Some(trace) = app.shown_run().and_then(|run| run.recording.trace.as_ref()) else {
        return;
    };
    let count = trace.calls.len();
    pen.text(room, 0, 0, "calls", Role::Dim);
    let place = format!("{} of {}", (at + 1).min(count), grouped(count as u64));
    pen.right(room, 0, &place, Role::Dim);
    pen.rule(room, 1);
    let height = usize::from(room.height.saturating_sub(2));
    let digits = count.to_string().width();
    for (line, index) in window(at, count, height).enumerate() {
        let call = &trace.calls[index];
        let row = Rect::new(room.x, room.y + 2 + line as u16, room.width, 1);
        let text = format_call(trace, call, syscall::Style::Full);
        let (number, role) = if index == at {
            pen.paint(row, Role::Marker);
            pen.text(row, 0, 0, "▸", Role::Accent);
            (Role::Accent, Role::Answer)
        } else {
            (Role::Dim, Role::Text)
        };
        let x = pen.text(row, 2, 0, &format!("{:>digits$}  ", index + 1), number);
        pen.text(row, x, 0, &text, role);
        pen.spot(row, Click::Call(index));
    }
}
