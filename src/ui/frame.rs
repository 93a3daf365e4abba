//! What every screen has: the header, the message row, the key bar.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Binding, Click, Command};
use crate::ui::{
    Pen, Role, Rooms, job_state, narrowed, row_at, screens::view, screens::view::Header,
    screens::view::Right,
};

/// Columns of the header beside the title: the program's name, the lesson's number, the gaps.
const TITLE: u16 = 14;

/// Rows of the strip of a class.
const STRIP: u16 = 2;

/// Columns between two keys of the bar.
const GAP: u16 = 3;

pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    header(pen, app, rooms);
    pen.rule(rooms.rule, 0);
    key_bar(pen, app, rooms.keys);
}

/// The strip of a class, at the foot of the body: how the room is joined, and how many have.
pub fn strip(pen: &mut Pen, app: &App, rooms: &mut Rooms) {
    let Some(class) = &app.class else {
        return;
    };
    rooms.body.height -= STRIP;
    let room = Rect {
        y: rooms.body.bottom(),
        height: STRIP,
        ..rooms.body
    };
    pen.rule(room, 0);
    let now = &class.now;
    let locked = if now.locked { "locked   " } else { "" };
    let counts = match now.round {
        0 => format!("{locked}{} joined", now.joined),
        _ => format!("{locked}{} joined   {} answered", now.joined, now.answered),
    };
    let end = pen.right(room, 1, &counts, Role::Strong);
    let room = narrowed(room, end.saturating_sub(2));
    let x = pen.text(room, 0, 1, "join ", Role::Dim);
    pen.text(room, x, 1, class.shown_url(), Role::Answer);
    pen.spot(narrowed(row_at(room, 1), end), Click::Do(Command::JoinCode));
}

fn header(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let room = rooms.header;
    let header = view(app.screen()).header(app);
    let end = right(pen, &header, room);
    let room = narrowed(room, end.saturating_sub(2));
    let width = header.title.width() as u16;
    let mut x = match header.alone && width + TITLE - 4 > room.width {
        true => 0,
        false => pen.text(room, 0, 0, "zclab", Role::Answer) + 2,
    };
    if !header.before.is_empty() {
        x = pen.text(room, x, 0, &header.before, Role::Dim) + 1;
    }
    if !header.title.is_empty() {
        x = pen.text(room, x, 0, &header.title, Role::Strong) + 2;
    }
    // Without a title it is no more than a motto.
    if !header.title.is_empty() || x + header.after.width() as u16 <= room.width {
        pen.text(room, x, 0, &header.after, Role::Dim);
    }
}

/// What stands at right. Gives the column where it begins.
fn right(pen: &mut Pen, header: &Header, room: Rect) -> u16 {
    let (what, at, count) = match &header.right {
        Right::Nothing => return room.width,
        Right::Text(text) => return pen.right(room, 0, text, Role::Dim),
        Right::Count(what, at, count) => (what, *at, *count),
    };
    // The title first, then the number, then the marks: spread out, close together, or none.
    let title = header.title.width() + header.after.width();
    let free = usize::from(room.width).saturating_sub(title + usize::from(TITLE));
    let label = format!("{what} {} of {count}", at + 1);
    let beside = free.saturating_sub(label.width() + 2);
    if let Some(step) = [2, 1].into_iter().find(|step| count * step <= beside) {
        let width = (label.width() + 2 + count * step + 1 - step) as u16;
        let start = room.width.saturating_sub(width);
        let x = pen.text(room, start, 0, &label, Role::Dim) + 2;
        page_marks(pen, room, x, step as u16, at, count);
        return start;
    }
    let short = format!("{} of {count}", at + 1);
    let shown = if label.width() <= free { label } else { short };
    pen.right(room, 0, &shown, Role::Dim)
}

/// `▪ ▪ ▪ ◆ · ·`: a mark a page.
fn page_marks(pen: &mut Pen, room: Rect, x: u16, step: u16, at: usize, count: usize) {
    for page in 0..count {
        let (mark, role) = match page.cmp(&at) {
            std::cmp::Ordering::Less => ("▪", Role::Dim),
            std::cmp::Ordering::Equal => ("◆", Role::Accent),
            std::cmp::Ordering::Greater => ("·", Role::Dim),
        };
        pen.text(room, x + page as u16 * step, 0, mark, role);
    }
}

/// What is to be said, over the screen: a long message takes rows of the body.
pub fn message(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let room = rooms.message;
    if let Some(message) = &app.message {
        long_message(pen, rooms, message);
    } else if let Some(job) = &app.job {
        let x = pen.text(room, 0, 0, &format!("{}: ", job.title), Role::Dim);
        let x = pen.text(room, x, 0, &job_state(job), Role::Accent);
        if !job.cancelled {
            pen.text(room, x + 2, 0, "Esc stops it", Role::Dim);
        }
    } else if let Some(fault) = &app.fault {
        long_message(pen, rooms, fault);
    }
}

/// A message, over the last rows of the body where it is longer than a row.
fn long_message(pen: &mut Pen, rooms: &Rooms, message: &str) {
    let room = rooms.message;
    let lines = textwrap::wrap(message, usize::from(room.width.max(1)));
    let above = (lines.len().saturating_sub(1) as u16).min(rooms.body.height);
    let area = Rect {
        y: room.y - above,
        height: above + 1,
        ..room
    };
    if above > 0 {
        pen.clear(area);
    }
    for (y, line) in lines.iter().enumerate() {
        pen.text(area, 0, y as u16, line, Role::Accent);
    }
}

/// The keys that do something now; help is always among them, and the way out where nothing leads back.
fn key_bar(pen: &mut Pen, app: &App, room: Rect) {
    let mut shown = app.enabled();
    shown.retain(|binding| !binding.short.is_empty());
    let width_of =
        |binding: &Binding| (app.label(binding).width() + 1 + app.short(binding).width()) as u16;
    let leads_back = shown.iter().any(|binding| binding.does(Command::Back));
    let is_kept = |binding: &Binding| {
        binding.does(Command::Help) || !leads_back && binding.does(Command::Quit)
    };
    let kept = shown.iter().filter(|binding| is_kept(binding));
    let mut reserved: u16 = kept.map(|binding| width_of(binding) + GAP).sum();
    let mut x = 0;
    for binding in &shown {
        let width = width_of(binding);
        if is_kept(binding) {
            reserved -= width + GAP;
        }
        if x + width + reserved > room.width {
            continue;
        }
        let end = pen.text(room, x, 0, &app.label(binding), Role::Strong);
        let end = pen.text(room, end + 1, 0, &app.short(binding), Role::Dim);
        if let [(_, command), ..] = binding.keys {
            let spot = Rect::new(room.x + x, room.y, end - x, 1);
            pen.spot(spot, Click::Do(*command));
        }
        x = end + GAP;
    }
}
