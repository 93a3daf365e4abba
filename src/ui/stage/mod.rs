//! The stage as glyphs: boxes, wires, what travels. The scene says what is to be seen, [`layout`] in which cells.

mod grid;
pub mod layout;
mod line;
pub(crate) mod presented;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use self::layout::{Cell, LabelKind, Layout, StageSize, Wire};
use self::line::Line;
use super::{Canvas, Role, Theme};
use crate::figure::scene::{TOKENS, run_of, spacing};
use crate::figure::{
    Border, BoxView, DeviceView, Edge, EdgeView, Mark, Scene, Slot, Tag, Tone, Travel,
};
use crate::model::{How, grouped};

/// Draws a scene on its stage, into an area that may be smaller than the stage.
pub(crate) fn render(area: Rect, buf: &mut Buffer, theme: &Theme, layout: &Layout, scene: &Scene) {
    let mut canvas = Canvas::new(area, buf, theme);
    lanes(&mut canvas, layout, scene);
    for view in &scene.boxes {
        if let Some(rect) = layout.rect(view.slot) {
            match rect.height {
                1 => {}
                2 => bare(&mut canvas, rect, view),
                _ => boxed(&mut canvas, layout.size, rect, view),
            }
        }
    }
    for view in &scene.edges {
        if let Some(wire) = layout.wire(view.edge) {
            draw_wire(&mut canvas, wire, view);
        }
    }
    labels(&mut canvas, layout, scene);
    for view in &scene.devices {
        device(&mut canvas, layout, view);
    }
    tags(&mut canvas, layout, &scene.tags);
    if let Some(travel) = &scene.travel {
        tokens(&mut canvas, layout, travel);
    }
}

fn role(tone: Tone) -> Role {
    match tone {
        Tone::Hot(how) => Role::Hot(how),
        Tone::Quiet(how) => Role::Quiet(how),
        Tone::Stale => Role::Dim,
        Tone::Plain => Role::Text,
        Tone::Ghost => Role::Ghost,
    }
}

/// The borders between the lanes. The first one is the mode-switch line: it lights up when it is crossed.
fn lanes(canvas: &mut Canvas, layout: &Layout, scene: &Scene) {
    let lit = scene.switches.is_some_and(|switches| switches.lit);
    for (number, row) in layout.borders.iter().enumerate() {
        let (line, role) = match number == 0 && lit {
            // Where wires lie on the line, it must not look like one.
            true if layout.size == StageSize::Folded => ("┈", Role::Accent),
            true => ("━", Role::Accent),
            false => ("┈", Role::Hairline),
        };
        let line = line.repeat(usize::from(layout.width));
        canvas.write((0, *row), &line, role);
        // A border that runs into a box keeps a cell's distance.
        let bordered = layout.boxes.iter().filter(|(_, rect)| rect.height > 2);
        for (_, rect) in bordered.filter(|(_, rect)| rect.rows().any(|line| line.y == *row)) {
            canvas.write((rect.x - 1, *row), " ", Role::Text);
            canvas.write((rect.right(), *row), " ", Role::Text);
        }
    }
}

fn labels(canvas: &mut Canvas, layout: &Layout, scene: &Scene) {
    for label in &layout.labels {
        let role = match label.kind {
            LabelKind::Lane => Role::Lane,
            LabelKind::Caption => Role::Dim,
            LabelKind::Switches => {
                mode_switches(canvas, layout, label.at, scene);
                continue;
            }
            LabelKind::View => match scene.edges.iter().find(|view| view.edge == Edge::View) {
                Some(view) => role_of_view(view),
                None => continue,
            },
        };
        spaced(canvas, label.at, label.text, role);
    }
    if let (Some((x, y)), Some(cell)) = (layout.caption, &scene.caption) {
        spaced(canvas, (x, y), "a cell:", Role::Dim);
        spaced(canvas, (x, y + 1), cell, Role::Dim);
    }
}

/// How often the line was crossed, on the line itself.
fn mode_switches(canvas: &mut Canvas, layout: &Layout, at: Cell, scene: &Scene) {
    let folded = layout.size == StageSize::Folded;
    let Some(switches) = scene.switches else {
        let text = if folded { "switch" } else { "mode switch" };
        return spaced(canvas, at, text, Role::Dim);
    };
    let count = grouped(switches.count);
    let name = match folded {
        false => "mode switches ",
        true if count.len() < 3 => "switch ",
        true => "",
    };
    let (name_role, count_role) = match switches.lit {
        true => (Role::Answer, Role::Answer),
        false => (Role::Dim, Role::Strong),
    };
    let end = at.0 + name.len() as u16;
    canvas.write((at.0.saturating_sub(1), at.1), " ", Role::Text);
    canvas.write(at, name, name_role);
    canvas.write((end, at.1), &format!("{count} "), count_role);
}

fn role_of_view(view: &EdgeView) -> Role {
    match view.tone {
        // A view goes on as long as it is mapped; and words are never written in a quiet tone.
        Tone::Quiet(how) => Role::Hot(how),
        tone => role(tone),
    }
}

/// Text with a blank before and after it, so that no line touches it.
fn spaced(canvas: &mut Canvas, (x, y): Cell, text: &str, role: Role) {
    if let Some(before) = x.checked_sub(1) {
        canvas.write((before, y), " ", Role::Text);
    }
    canvas.write((x, y), &format!("{text} "), role);
}

fn role_of_name(view: &BoxView) -> Role {
    match (view.border, view.strong) {
        (Border::Ghost, true) => Role::GhostName,
        (Border::Ghost, false) => Role::Ghost,
        (_, true) => Role::Strong,
        (_, false) => Role::Text,
    }
}

fn bare(canvas: &mut Canvas, rect: Rect, view: &BoxView) {
    let (x, y) = (rect.x, rect.y);
    canvas.write((x, y), view.name, role_of_name(view));
    let amount = view.amount.as_deref();
    let amount = amount.filter(|_| !matches!(view.slot, Slot::Sink | Slot::Pipe));
    let after = x + view.name.len() as u16 + 1;
    canvas.write((after, y), amount.unwrap_or_default(), Role::Text);
    marks(canvas, (x, y + 1), view, 1);
}

fn boxed(canvas: &mut Canvas, size: StageSize, rect: Rect, view: &BoxView) {
    border(canvas, rect, view.border);
    let (x, y, right) = (rect.x, rect.y, rect.right());
    canvas.write((x + 2, y + 1), view.name, role_of_name(view));
    let dim = match view.border {
        Border::Ghost => Role::Ghost,
        _ => Role::Dim,
    };
    let note = view.note.fitting(usize::from(rect.width - 3));
    if rect.height == 3 {
        let at = right - 2 - note.chars().count() as u16;
        canvas.write((at, y + 1), note, dim);
    } else {
        canvas.write((x + 2, y + 2), note, dim);
    }
    let columns = if size == StageSize::Large { 2 } else { 1 };
    marks(canvas, (x + 2, y + 2), view, columns);
    if let Some(amount) = &view.amount {
        let is_buffer = view.slot == Slot::Buffer;
        let row = if is_buffer { y } else { rect.bottom() - 1 };
        let at = right - 3 - amount.chars().count() as u16;
        let empty = view.gauge.is_some_and(|gauge| gauge == [Mark::Empty; 16]);
        let role = match empty && !is_buffer {
            true => Role::Dim,
            false => Role::Text,
        };
        spaced(canvas, (at, row), amount, role);
    }
}

fn border(canvas: &mut Canvas, rect: Rect, border: Border) {
    let (across, down) = match border {
        Border::Ghost => ("╌", canvas.glyph("╎", ":")),
        Border::Plain | Border::Faint => ("─", "│"),
    };
    let role = match border {
        Border::Plain => Role::Text,
        Border::Faint => Role::Hairline,
        Border::Ghost => Role::Ghost,
    };
    let (x, y, bottom) = (rect.x, rect.y, rect.bottom() - 1);
    let width = usize::from(rect.width - 2);
    let line = across.repeat(width);
    let blank = " ".repeat(width);
    let mut row = |y, left, middle: &str, right| {
        canvas.write((x, y), &[left, middle, right].concat(), role);
    };
    row(y, "╭", &line, "╮");
    row(bottom, "╰", &line, "╯");
    for y in y + 1..bottom {
        row(y, down, &blank, down);
    }
}

/// A box's gauge, so many columns a cell. A narrow place shows half of the cells: each stands for two.
fn marks(canvas: &mut Canvas, (x, y): Cell, view: &BoxView, columns: u16) {
    let every = if view.slot == Slot::Pipe { 2 } else { 1 };
    let shown = view.gauge.iter().flatten().step_by(every);
    for (number, mark) in shown.enumerate() {
        let (glyph, tone) = match *mark {
            Mark::Empty => ("·", Tone::Ghost),
            Mark::Bytes(tone) => ("■", tone),
            Mark::PartBytes(tone) => (canvas.glyph("▪", "+"), tone),
            Mark::References(tone) => ("◆", tone),
            Mark::PartReferences(tone) => (canvas.glyph("◇", "0"), tone),
            Mark::Mapped(tone) => ("~", tone),
        };
        // Two columns are both filled where the cell is.
        let whole = matches!(mark, Mark::Bytes(_) | Mark::Mapped(_));
        let second = if whole { glyph } else { " " };
        let text = [glyph, second].concat();
        let text = if columns == 2 { &text } else { glyph };
        canvas.write((x + number as u16 * columns, y), text, role(tone));
    }
}

fn draw_wire(canvas: &mut Canvas, wire: &Wire, view: &EdgeView) {
    let is_view = view.edge == Edge::View;
    if is_view || view.edge == Edge::Share {
        let top = wire.cells.first().map_or(0, |cell| cell.1);
        for cell in &wire.cells {
            // The two sides of a view through a mapping, in waves.
            let mark = match (is_view, (cell.1 - top).is_multiple_of(2)) {
                (false, _) => "~",
                (true, true) => ")",
                (true, false) => "(",
            };
            canvas.write(*cell, mark, role_of_view(view));
        }
        return;
    }
    let mut cells = wire.cells.clone();
    if view.backwards {
        cells.reverse();
    }
    let line = Line::of(view);
    for (number, cell) in cells.iter().enumerate() {
        canvas.write(*cell, line.glyph(&cells, number), role(view.tone));
    }
}

/// What a device does: in its row, with the head of its arrow before its name, or beside its wire.
fn device(canvas: &mut Canvas, layout: &Layout, view: &DeviceView) {
    let (x, y) = layout.devices[usize::from(view.slot == Slot::Device)];
    let role = match view.tone {
        Tone::Quiet(_) => Role::Dim,
        tone => role(tone),
    };
    if !layout.has_device_row() {
        let words = view.beside.fitting(usize::from(layout.width - x));
        if !words.is_empty() {
            spaced(canvas, (x, y), words, role);
        }
        return;
    }
    let words = match layout.size {
        StageSize::Folded => view.in_row.short,
        _ => view.in_row.long,
    };
    let text = match words {
        "" => view.name.to_owned(),
        words => format!("{}: {words}", view.name),
    };
    let Some(backwards) = view.arrow else {
        return spaced(canvas, (x, y), &text, role);
    };
    let up = (view.slot == Slot::Disk) != backwards;
    let head = match (up, view.tone == Tone::Ghost) {
        (true, true) => "△",
        (true, false) => "▲",
        (false, true) => "▽",
        (false, false) => "▼",
    };
    spaced(canvas, (x, y), head, role);
    canvas.write((x + 2, y), &text, role);
}

fn tags(canvas: &mut Canvas, layout: &Layout, tags: &[Tag]) {
    let at = |tag: &Tag| {
        let wire = tag.edge.and_then(|edge| layout.wire(edge));
        wire.map_or(layout.elsewhere, |wire| wire.tag)
    };
    let Some((current, others)) = tags.split_first() else {
        return;
    };
    let style = canvas.marked(Role::Accent).add_modifier(Modifier::BOLD);
    let (x, y) = at(current);
    // io_uring_register is the longest that a figure names.
    let text: String = current.text.chars().take(17).collect();
    let room = usize::from(canvas.size().0.saturating_sub(x));
    let text = fitting(&text, room).unwrap_or(&text);
    canvas.put((x.saturating_sub(1), y), &format!(" {text} "), style);
    for tag in others {
        if at(tag) != (x, y) {
            spaced(canvas, at(tag), &tag.text, Role::Dim);
        }
    }
}

/// The tokens on their wire, its head left free.
fn tokens(canvas: &mut Canvas, layout: &Layout, travel: &Travel) {
    let Some(wire) = layout.wire(travel.edge) else {
        return;
    };
    let cells = wire.cells.len() as u32;
    // A hair more, so that a cell is reached and not just missed.
    let first = (travel.progress * f64::from(run_of(cells)) + 1e-6) as usize;
    let glyph = match travel.how {
        How::Reference => "◆",
        _ => "■",
    };
    let spacing = spacing(cells) as usize;
    let places = (0..TOKENS as usize).filter_map(|token| first.checked_sub(token * spacing));
    for place in places.filter(|place| place + 1 < wire.cells.len()) {
        let place = match travel.backwards {
            true => wire.cells.len() - 1 - place,
            false => place,
        };
        canvas.write(wire.cells[place], glyph, Role::Hot(travel.how));
    }
}

/// A call's name in so many columns: whole, else without what all calls of io_uring begin with. None: neither fits.
pub(super) fn fitting(call: &str, room: usize) -> Option<&str> {
    let short = call.strip_prefix("io_uring_").unwrap_or(call);
    let mut names = [call, short].into_iter();
    names.find(|name| name.chars().count() <= room)
}
