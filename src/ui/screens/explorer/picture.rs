//! The cross-section of the machine: height is bytes. A flow whose bytes go through a program's memory rises over the line
//! of the mode switch; references, and copies within the kernel, stay below.
//!
//! It is laid out in half rows, so that a cell shows two of them.

use std::cmp::Ordering;

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};

use super::{
    course::{Course, is_memory},
    text::{edge_to_edge, how, shortened},
};
use crate::app::screens::explorer::{ExplorerScreen, Played};
use crate::model::{End, Flow, Size, visible};
use crate::ui::{Ground, Pen, Role, narrowed, row_at, top_of};

/// One flow in the picture. Heights are half rows, counted from the picture's top.
struct Band<'a> {
    flow: &'a Flow,
    /// By the CPU, be it within the kernel.
    copied: bool,
    /// How its bytes go into the memory of programs and out of it.
    course: Course,
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

    /// The upper edge at a column.
    fn height(&self, x: u16, parts: &Parts) -> u16 {
        let climbed = self
            .course
            .climbed(x.saturating_sub(parts.first), parts.span());
        let rise = f64::from(self.lane.saturating_sub(self.plateau)) * climbed;
        self.lane - rise.round() as u16
    }

    fn role(&self) -> Role {
        match self.selected {
            true => Role::Hot(how(self.copied)),
            false => Role::Quiet(how(self.copied)),
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

impl Parts {
    fn span(&self) -> u16 {
        self.last.saturating_sub(self.first).max(1)
    }
}

/// Which band each half row shows, column by column.
type Owners = Vec<Vec<Option<usize>>>;

pub(super) fn draw(pen: &mut Pen, explorer: &ExplorerScreen, reduced_motion: bool, room: Rect) {
    let chosen = chosen(explorer, usize::from(room.height / 4 + 1).min(8));
    let any_rises = chosen.iter().any(|(_, flow)| Course::of(flow).rises());
    let label = room.width / 4;
    let parts = Parts {
        room,
        user: if any_rises { room.height * 2 / 5 } else { 2 },
        first: room.x + label,
        last: room.right() - label - 1,
    };
    let (bands, scale) = laid_out(&chosen, explorer.flow, &parts);
    frame(pen, &parts, scale);
    let owners = owners(&bands, &parts);
    paint(pen, &bands, &owners, &parts);
    for band in in_order(&bands).filter(|(_, band)| band.thick == 0) {
        line(pen, band.1, &parts);
    }
    for (number, band) in bands.iter().enumerate() {
        labels(pen, band, &parts);
        words(pen, (number, band), &owners, &parts);
    }
    if let Some(band) = bands.iter().find(|band| band.selected) {
        token(pen, explorer, reduced_motion, band, &parts);
    }
}

/// The bands as they are drawn: the selected one above the others.
fn in_order<'a>(bands: &'a [Band<'a>]) -> impl Iterator<Item = (usize, &'a Band<'a>)> {
    let chosen = |selected| {
        let numbered = bands.iter().enumerate();
        numbered.filter(move |(_, band)| band.selected == selected)
    };
    chosen(false).chain(chosen(true))
}

/// The flows that are shown, with their places: the largest, and the selected one. One of less than a hundredth of the
/// largest is shown where it is selected. Those that are to rise come first.
fn chosen(explorer: &ExplorerScreen, most: usize) -> Vec<(usize, &Flow)> {
    const SMALLEST: u64 = 100;
    let flows = || explorer.groups().map(|group| &group.flow).enumerate();
    let largest = flows().map(|(_, flow)| flow.bytes).max().unwrap_or(0);
    let large = flows().filter(|(_, flow)| flow.bytes >= largest / SMALLEST);
    let mut chosen: Vec<_> = large.take(most).collect();
    if chosen.iter().all(|(place, _)| *place != explorer.flow) {
        chosen.truncate(most - 1);
        chosen.extend(flows().nth(explorer.flow));
    }
    chosen.sort_by_key(|(_, flow)| (!Course::of(flow).rises(), flow.cpu_copied_bytes() == 0));
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
        let plateau = bands.iter().filter(|band| band.course.rises());
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
    // Below the lane's name.
    let mut plateau = 2;
    let bands = flows.iter().map(|(place, flow)| {
        let (copied, course) = (flow.cpu_copied_bytes() > 0, Course::of(flow));
        let rises = course.rises();
        let thick = (flow.bytes as f64 / scale).round().min(10_000.0) as u16;
        let band = Band {
            flow,
            copied,
            course,
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
        let said = format!("a row is {}", Size(scale as u64));
        pen.right(room, 0, &said, Role::Dim);
    }
}

/// Which band each half row shows.
fn owners(bands: &[Band], parts: &Parts) -> Owners {
    let columns = parts.first..=parts.last;
    columns.map(|x| column(bands, x, parts)).collect()
}

fn column(bands: &[Band], x: u16, parts: &Parts) -> Vec<Option<usize>> {
    let mut halves = vec![None; 2 * usize::from(parts.room.height)];
    for (number, band) in in_order(bands).filter(|(_, band)| band.thick > 0) {
        // What it is at this column, and up to the next: no hole where it is steep.
        let (here, next) = (band.height(x, parts), band.height(x + 1, parts));
        let (top, bottom) = (here.min(next), here.max(next) + band.halves());
        let bottom = usize::from(bottom).min(halves.len());
        halves[usize::from(top).min(bottom)..bottom].fill(Some(number));
    }
    halves
}

/// Two half rows a cell. Without tints, lines: the edges of what is thick.
fn paint(pen: &mut Pen, bands: &[Band], owners: &Owners, parts: &Parts) {
    for (x, halves) in (parts.first..).zip(owners) {
        for (row, pair) in halves.chunks(2).enumerate() {
            let cell = Rect::new(x, parts.room.y + row as u16, 1, 1);
            paint_cell(pen, bands, cell, (pair[0], pair[1]));
        }
        edges(pen, bands, halves, x, parts);
    }
}

fn paint_cell(
    pen: &mut Pen,
    bands: &[Band],
    cell: Rect,
    (upper, lower): (Option<usize>, Option<usize>),
) {
    let tint = |half: Option<usize>| {
        let band = &bands[half?];
        pen.theme.band(band.copied, band.selected).bg
    };
    let Some(first) = upper.or(lower) else {
        return;
    };
    if pen.theme.ascii || tint(Some(first)).is_none() {
        let band = &bands[first];
        let glyph = if band.copied { "━" } else { "┄" };
        pen.text(cell, 0, 0, glyph, band.role());
        return;
    }
    let style = |top: Option<_>, bottom: Option<_>| Style {
        fg: top,
        bg: bottom,
        ..Style::new()
    };
    let (upper, lower) = (tint(upper), tint(lower));
    match (upper, lower) {
        (Some(_), None) => pen.styled(cell, 0, 0, "▀", style(upper, None)),
        (None, Some(_)) => pen.styled(cell, 0, 0, "▄", style(lower, None)),
        _ if upper == lower => pen.styled(cell, 0, 0, " ", style(None, lower)),
        _ => pen.styled(cell, 0, 0, "▀", style(upper, lower)),
    };
}

/// The dotted edges of references that are thick, where nothing lies above them.
fn edges(pen: &mut Pen, bands: &[Band], halves: &[Option<usize>], x: u16, parts: &Parts) {
    for (number, band) in bands.iter().enumerate() {
        if band.copied || band.thick < 3 {
            continue;
        }
        let top = band.height(x, parts) / 2;
        let ink = pen.theme.band(band.copied, band.selected);
        for row in [top, top + band.thick.div_ceil(2) - 1] {
            if halves.get(2 * usize::from(row)) == Some(&Some(number)) {
                at(pen, parts, (x, row), "┄", ink);
            }
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
    let row = |x: u16| band.height(x.max(parts.first), parts) / 2;
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
        let in_memory = band.course.rises() && is_memory(end);
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
    let from = shortened(&from.short(true), left.width);
    pen.right(left, 0, &from, name);
    let to_text = shortened(&to.short(false), width - 1);
    pen.text(row(to), parts.room.width - width + 1, 0, &to_text, name);
}

/// What stands on a band, where it has room that no other band covers.
fn words(pen: &mut Pen, (number, band): (usize, &Band), owners: &Owners, parts: &Parts) {
    let flow = band.flow;
    let size = Size(flow.bytes);
    let copies = match flow.cpu_copies_per_byte() {
        0.0 => "0 copies".to_owned(),
        1.0 => "1 copy".to_owned(),
        copies => format!("{copies:.1} copies"),
    };
    let short = format!("{size}   {copies}");
    let names: Vec<&str> = flow.calls_by_name.keys().map(String::as_str).collect();
    let long = match band.course.rises() {
        true => format!("{short}   {}", visible(&flow.programs.join(", "))),
        false => format!("{size}   {} ×{}   {copies}", names.join(", "), flow.calls),
    };
    // Between the edges of one with dotted edges.
    let edge = u16::from(!band.copied && band.thick > 5);
    let Some((row, first, room)) = longest_run(number, owners, edge) else {
        return;
    };
    let width = |text: &String| text.chars().count() as u16;
    let Some(text) = [long, short]
        .into_iter()
        .find(|text| width(text) + 2 <= room)
    else {
        return;
    };
    let x = parts.first + first + (room - width(&text)) / 2;
    let style = pen.theme.band(band.copied, band.selected);
    let style = style.add_modifier(Modifier::BOLD);
    let cell = Rect::new(x, parts.room.y + row, width(&text), 1);
    pen.styled(cell, 0, 0, &text, style);
}

/// The row in which a band is whole in the most columns side by side, so many rows from its edges: the row, the first
/// column, and how many. Of several alike the middle one.
fn longest_run(number: usize, owners: &Owners, edge: u16) -> Option<(u16, u16, u16)> {
    let rows = owners.first()?.len() / 2;
    let is_own = |column: &Vec<Option<usize>>, row: usize| {
        let edge = usize::from(edge);
        let (first, last) = (row.saturating_sub(edge), row + edge);
        let halves = column.get(2 * first..2 * last + 2);
        halves.is_some_and(|halves| halves.iter().all(|half| *half == Some(number)))
    };
    let mut longest: Vec<(u16, u16, u16)> = Vec::new();
    for row in 0..rows {
        let mut x = 0;
        for run in owners.chunk_by(|a, b| is_own(a, row) == is_own(b, row)) {
            let length = run.len() as u16;
            if is_own(&run[0], row) {
                let most = longest.first().map_or(0, |(.., most)| *most);
                if length > most {
                    longest.clear();
                }
                if length >= most {
                    longest.push((row as u16, x, length));
                }
            }
            x += length;
        }
    }
    longest.get(longest.len().saturating_sub(1) / 2).copied()
}

/// The bytes of the call that is played, on their way.
fn token(
    pen: &mut Pen,
    explorer: &ExplorerScreen,
    reduced_motion: bool,
    band: &Band,
    parts: &Parts,
) {
    let Some(call) = explorer.played() else {
        return;
    };
    let (from, to) = band.course.leg(leg(band.flow, &call), parts.span());
    let (first, last) = match reduced_motion {
        true => (from, to),
        false => {
            let x = from + (f64::from(to - from) * call.done) as u16;
            (x.saturating_sub(1), x + 1)
        }
    };
    let accent = pen.style(Role::Accent);
    for x in parts.first + first..=(parts.first + last).min(parts.last) {
        let top = band.height(x, parts);
        for row in top / 2..(top + band.halves()).div_ceil(2) {
            at(pen, parts, (x, row), "■", accent);
        }
    }
}

/// Which of a flow's climbs and descents a call is; None: it moves the bytes the whole way.
fn leg(flow: &Flow, call: &Played) -> Option<usize> {
    if call.moves.reads == call.moves.writes {
        return None;
    }
    let legs = 2 * call.stage + usize::from(call.moves.writes);
    Some(legs.saturating_sub(usize::from(is_memory(&flow.from))))
}
