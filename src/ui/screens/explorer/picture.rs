//! The cross-section of the machine: height is bytes. A flow whose bytes go through a program's memory rises over the line
//! of the mode switch; references, and copies within the kernel, stay below.
//!
//! It is laid out in half rows, so that a cell shows two of them.

use std::cmp::Ordering;

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};

use super::text::{edge_to_edge, shortened};
use crate::app::screens::explorer::ExplorerScreen;
use crate::model::{End, EndKind, Flow, How, Place, Size};
use crate::ui::{Ground, Pen, Role, narrowed, row_at, top_of};

/// One flow in the picture. Heights are half rows, counted from the picture's top.
struct Band<'a> {
    flow: &'a Flow,
    /// By the CPU, be it within the kernel.
    copied: bool,
    /// It goes through a program's memory.
    rises: bool,
    selected: bool,
    /// How thick it is; 0: less than half a row, drawn as a line.
    thick: u16,
    /// Where it lies in the kernel.
    lane: u16,
    /// Where it lies in the program's memory.
    plateau: u16,
}

impl Band<'_> {
    fn halves(&self) -> u16 {
        self.thick.max(1)
    }

    fn role(&self) -> Role {
        let how = if self.copied {
            How::CpuCopy
        } else {
            How::Reference
        };
        match self.selected {
            true => Role::Hot(how),
            false => Role::Quiet(how),
        }
    }
}

struct Parts {
    room: Rect,
    /// Rows of the program's memory, above the line of the mode switch.
    user: u16,
    /// The columns of the bands.
    first: u16,
    last: u16,
}

pub(super) fn draw(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let chosen = chosen(explorer, usize::from(room.height / 3).clamp(1, 8));
    let any_rises = chosen.iter().any(|(_, flow)| rises(flow));
    let label = room.width / 4;
    let parts = Parts {
        room,
        user: if any_rises { room.height * 2 / 5 } else { 2 },
        first: room.x + label,
        last: room.right() - label - 1,
    };
    let (bands, scale) = laid_out(&chosen, explorer.flow, &parts);
    frame(pen, &parts, scale);
    paint(pen, &bands, &parts);
    // The selected one above the others.
    let mut thin: Vec<&Band> = bands.iter().filter(|band| band.thick == 0).collect();
    thin.sort_by_key(|band| band.selected);
    for band in thin {
        line(pen, band, &parts);
    }
    for band in &bands {
        labels(pen, band, &parts);
        words(pen, band, &parts);
    }
}

/// The flows that are shown, with their places: the largest that pass through, and the selected one. Those that
/// are to rise come first.
fn chosen(explorer: &ExplorerScreen, most: usize) -> Vec<(usize, &Flow)> {
    let flows = || explorer.groups().map(|group| &group.flow).enumerate();
    let mut chosen: Vec<_> = flows()
        .filter(|(_, flow)| flow.passes_through())
        .take(most)
        .collect();
    if chosen.is_empty() {
        chosen = flows().take(most.min(3)).collect();
    }
    if chosen.iter().all(|(place, _)| *place != explorer.flow) {
        chosen.truncate(most - 1);
        chosen.extend(flows().nth(explorer.flow));
    }
    chosen.sort_by_key(|(_, flow)| (!rises(flow), flow.cpu_copied_bytes() == 0));
    chosen
}

/// The bands, as thick as fits, and how many bytes a row is.
fn laid_out<'a>(
    flows: &[(usize, &'a Flow)],
    selected: usize,
    parts: &Parts,
) -> (Vec<Band<'a>>, f64) {
    // More bytes for half a row, until they fit: all on one scale.
    let bytes: u64 = flows.iter().map(|(_, flow)| flow.bytes).sum();
    let mut scale = (bytes as f64 / f64::from(2 * parts.room.height)).max(1.0);
    loop {
        let bands = attempt(flows, selected, parts, scale);
        let bottom = bands.last().map_or(0, |band| band.lane + band.halves());
        let plateau = bands.iter().filter(|band| band.rises);
        let plateau = plateau.map(|band| band.plateau + band.halves()).max();
        let fits = bottom <= 2 * parts.room.height && plateau.unwrap_or(0) <= 2 * parts.user.max(1);
        if fits || scale > 1e18 {
            return (bands, 2.0 * scale);
        }
        scale *= 1.05;
    }
}

/// The bands where half a row is so many bytes. Each begins at a row, so that its labels have rows of their own.
fn attempt<'a>(
    flows: &[(usize, &'a Flow)],
    selected: usize,
    parts: &Parts,
    scale: f64,
) -> Vec<Band<'a>> {
    let mut lane = 2 * (parts.user + 2);
    let mut plateau = 0;
    let bands = flows.iter().map(|(place, flow)| {
        let (copied, rises) = (flow.cpu_copied_bytes() > 0, rises(flow));
        let thick = (flow.bytes as f64 / scale).round().min(10_000.0) as u16;
        let band = Band {
            flow,
            copied,
            rises,
            selected: *place == selected,
            thick,
            lane,
            plateau,
        };
        let rows = thick.div_ceil(2).max(1);
        // Air below a thick one, where the next is another kind of thing.
        lane += 2 * rows + if rises && thick > 1 { 1 + lane % 2 } else { 0 };
        lane += lane % 2;
        plateau += if rises { thick.max(1) + 1 } else { 0 };
        plateau += plateau % 2;
        band
    });
    bands.collect()
}

fn frame(pen: &mut Pen, parts: &Parts, scale: f64) {
    let room = parts.room;
    // From edge to edge, as the machine goes on beyond what is shown.
    let whole = edge_to_edge(room);
    let user = top_of(whole, parts.user);
    let kernel = Rect {
        y: room.y + parts.user,
        height: room.height - parts.user,
        ..whole
    };
    pen.tint(user, pen.theme.ground(Ground::User));
    pen.tint(kernel, pen.theme.ground(Ground::Kernel));
    pen.text(room, 0, 0, "USER", Role::Strong);
    let line = "╌".repeat(usize::from(room.width));
    pen.text(room, 0, parts.user, &line, Role::Hairline);
    pen.text(room, 3, parts.user, " mode switch ", Role::Dim);
    pen.text(room, 0, parts.user + 1, "KERNEL", Role::Strong);
    if scale > 2.0 {
        let said = format!("height is bytes: a row is {}", Size(scale as u64));
        pen.right(room, 0, &said, Role::Dim);
    }
}

/// Which band each half row of a column shows.
fn column(bands: &[Band], x: u16, parts: &Parts) -> Vec<Option<usize>> {
    let mut halves = vec![None; 2 * usize::from(parts.room.height)];
    for (number, band) in bands.iter().enumerate().filter(|(_, band)| band.thick > 0) {
        // What it is at this column, and up to the next: no hole where it is steep.
        let (here, next) = (height(band, x, parts), height(band, x + 1, parts));
        let top = here.min(next.max(here.saturating_sub(band.halves())));
        let bottom = here.max(next.min(here + band.halves())) + band.halves();
        let bottom = usize::from(bottom).min(halves.len());
        halves[usize::from(top).min(bottom)..bottom].fill(Some(number));
    }
    halves
}

/// The upper edge of a band at a column: level for a while, then up to the program's memory, and down again, unless it
/// begins or ends there.
fn height(band: &Band, x: u16, parts: &Parts) -> u16 {
    if !band.rises {
        return band.lane;
    }
    let is_memory = |end: &End| end.kind == EndKind::Memory;
    let span = parts.last.saturating_sub(parts.first).max(1);
    let ramp = (span / 4).max(1);
    let near = |memory: bool, distance: u16| if memory { u16::MAX } else { distance };
    let from_left = near(is_memory(&band.flow.from), x.saturating_sub(parts.first));
    let from_right = near(is_memory(&band.flow.to), parts.last.saturating_sub(x));
    let climbed = from_left
        .min(from_right)
        .saturating_sub(span / 16)
        .min(ramp);
    let rise = f64::from(band.lane - band.plateau) * f64::from(climbed) / f64::from(ramp);
    band.lane - rise.round() as u16
}

/// Two half rows a cell. Without tints, lines: the edges of what is thick.
fn paint(pen: &mut Pen, bands: &[Band], parts: &Parts) {
    for x in parts.first..=parts.last {
        let halves = column(bands, x, parts);
        for (row, pair) in halves.chunks(2).enumerate() {
            let cell = Rect::new(x, parts.room.y + row as u16, 1, 1);
            let tint = |half: Option<usize>| {
                let band = &bands[half?];
                pen.theme.band(band.copied, band.selected).bg
            };
            match (pair[0], pair[1]) {
                (None, None) => {}
                (upper, lower) if !pen.theme.ascii && tint(upper.or(lower)).is_some() => {
                    let (upper, lower) = (tint(upper), tint(lower));
                    let style = |top: Option<_>, bottom: Option<_>| Style {
                        fg: top,
                        bg: bottom,
                        ..Style::new()
                    };
                    match (upper, lower) {
                        (Some(_), None) => pen.styled(cell, 0, 0, "▀", style(upper, None)),
                        (None, Some(_)) => pen.styled(cell, 0, 0, "▄", style(lower, None)),
                        _ if upper == lower => pen.styled(cell, 0, 0, " ", style(None, lower)),
                        _ => pen.styled(cell, 0, 0, "▀", style(upper, lower)),
                    };
                }
                (upper, lower) => {
                    let band = &bands[upper.or(lower).unwrap_or(0)];
                    let glyph = if band.copied { "━" } else { "┄" };
                    pen.text(cell, 0, 0, glyph, band.role());
                }
            }
        }
        edges(pen, bands, x, parts);
    }
}

/// The dotted edges of references that are thick.
fn edges(pen: &mut Pen, bands: &[Band], x: u16, parts: &Parts) {
    for band in bands {
        if band.copied || band.thick < 3 {
            continue;
        }
        let top = height(band, x, parts) / 2;
        let tint = pen.theme.band(band.copied, band.selected);
        let ink = pen.style(band.role()).patch(tint);
        for row in [top, top + band.thick.div_ceil(2) - 1] {
            at(pen, parts, (x, row), "┄", ink);
        }
    }
}

/// A band that is thinner than half a row: a line, with corners where it climbs.
fn line(pen: &mut Pen, band: &Band, parts: &Parts) {
    let ink = pen.style(band.role());
    let (level, upright, corners) = match band.copied {
        true => ("━", "┃", ["┛", "┏", "┓", "┗"]),
        false => ("┄", "┆", ["╯", "╭", "╮", "╰"]),
    };
    let row = |x: u16| height(band, x.max(parts.first), parts) / 2;
    for x in parts.first..=parts.last {
        let (before, here) = (row(x.saturating_sub(1)), row(x));
        let [leaves, arrives] = match before.cmp(&here) {
            Ordering::Equal => [level, level],
            Ordering::Greater => [corners[0], corners[1]],
            Ordering::Less => [corners[2], corners[3]],
        };
        for between in before.min(here) + 1..before.max(here) {
            at(pen, parts, (x, between), upright, ink);
        }
        at(pen, parts, (x, before), leaves, ink);
        at(pen, parts, (x, here), arrives, ink);
    }
}

/// A glyph at a column and a row of the picture.
fn at(pen: &mut Pen, parts: &Parts, (x, row): (u16, u16), glyph: &str, style: Style) {
    if row < parts.room.height {
        let cell = Rect::new(x, parts.room.y + row, 1, 1);
        // What crosses another line is not half of its style.
        pen.tint(cell, Style::new().remove_modifier(Modifier::all()));
        pen.styled(cell, 0, 0, glyph, style);
    }
}

/// Where it comes from and how much, and where it goes.
fn labels(pen: &mut Pen, band: &Band, parts: &Parts) {
    let (from, to) = (&band.flow.from, &band.flow.to);
    let row = |end: &End| {
        let in_memory = band.rises && end.kind == EndKind::Memory;
        let top = if in_memory { band.plateau } else { band.lane };
        let middle = (top + band.thick.saturating_sub(1) / 2) / 2;
        row_at(parts.room, middle)
    };
    let (name, bytes) = match band.selected {
        true => (Role::Accent, Role::Accent),
        false => (Role::Text, Role::Dim),
    };
    let width = parts.first - parts.room.x;
    let left = narrowed(row(from), width - 1);
    let start = pen.right(left, 0, &Size(band.flow.bytes).to_string(), bytes);
    let left = narrowed(left, start.saturating_sub(2));
    // What is made in memory may stand beside the lane's name.
    let taken = if left.y == parts.room.y { 6 } else { 0 };
    let from = shortened(&from.short(true), left.width.saturating_sub(taken));
    pen.right(left, 0, &from, name);
    let to_text = shortened(&to.short(false), width - 1);
    pen.text(row(to), parts.room.width - width + 1, 0, &to_text, name);
}

/// What stands on a band, where there is room.
fn words(pen: &mut Pen, band: &Band, parts: &Parts) {
    let flow = band.flow;
    let span = parts.last - parts.first;
    let size = Size(flow.bytes);
    let copies = match flow.cpu_copies_per_byte() {
        0.0 => "0 copies".to_owned(),
        1.0 => "1 copy".to_owned(),
        copies => format!("{copies:.1} copies"),
    };
    let short = format!("{size}   {copies}");
    let names: Vec<&str> = flow.calls_by_name.keys().map(String::as_str).collect();
    let long = match band.rises {
        true => format!("{short}   {}", flow.programs.join(", ")),
        false => format!("{size}   {} ×{}   {copies}", names.join(", "), flow.calls),
    };
    let (top, room) = match band.rises {
        true => (band.plateau, span - 2 * rising(span)),
        false => (band.lane, span),
    };
    let texts = [long, short];
    // A row that it covers whole; of one with dotted edges, one between them.
    let row = match band.rises {
        true => top.div_ceil(2),
        false => (top + band.thick.saturating_sub(1) / 2) / 2,
    };
    let covered = 2 * row >= top && 2 * row + 2 <= top + band.thick;
    let width = |text: &String| text.chars().count() as u16;
    let Some(text) = texts.iter().find(|text| covered && width(text) + 2 <= room) else {
        return;
    };
    let x = parts.first + (span - width(text)) / 2;
    let tint = pen.theme.band(band.copied, band.selected);
    let style = pen.style(Role::Strong).patch(tint);
    let cell = Rect::new(x, parts.room.y + row, width(text), 1);
    pen.styled(cell, 0, 0, text, style);
}

/// Whether its bytes go through a program's memory.
fn rises(flow: &Flow) -> bool {
    let hops = flow.copy_path.iter();
    let mut places = hops.flat_map(|hop| [hop.from, hop.to]);
    places.any(|place| place == Place::UserBuffer)
}

/// Of so many columns, how many it takes from the edge to the plateau.
fn rising(span: u16) -> u16 {
    (span / 16 + span / 4).max(1)
}
