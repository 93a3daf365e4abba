//! The stage as glyphs: places, wires, what travels. Where everything is, `figure::stage` says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::theme::{Palette, Role, Theme};
use crate::figure::stage::{Cell, Post};
use crate::figure::{
    Border, Furniture, Mark, Remark, Road, Scene, Seat, Stage, Tag, Tier, Token, Tone, Trail,
};
use crate::model::How;

/// Draws a scene on its stage, into an area that may be smaller than the stage.
pub fn render(area: Rect, buf: &mut Buffer, theme: &Theme, stage: &Stage, scene: &Scene) {
    let mut canvas = Canvas::new(area, buf, theme);
    lanes(&mut canvas, stage);
    for place in &scene.boxes {
        if let Some(post) = stage.post(place.seat) {
            furniture(&mut canvas, stage, post, place);
        }
    }
    for trail in &scene.trails {
        wire(&mut canvas, stage, trail);
    }
    labels(&mut canvas, stage, scene);
    for remark in &scene.remarks {
        say(&mut canvas, remark);
    }
    for each in &scene.tags {
        tag(&mut canvas, each);
    }
    for each in &scene.tokens {
        token(&mut canvas, each);
    }
}

/// A piece of the screen that clips what is drawn into it, and speaks in roles.
pub(super) struct Canvas<'a> {
    area: Rect,
    buf: &'a mut Buffer,
    pub(super) theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(area: Rect, buf: &'a mut Buffer, theme: &'a Theme) -> Canvas<'a> {
        let area = area.intersection(buf.area);
        Canvas { area, buf, theme }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        (self.area.width, self.area.height)
    }

    /// Writes text from a cell on; what does not fit is cut.
    pub(super) fn put(&mut self, (x, y): Cell, text: &str, style: Style) {
        if x >= self.area.width || y >= self.area.height {
            return;
        }
        // A no-break space only matters where lines are broken.
        let text = text.replace('\u{a0}', " ");
        let text = if self.theme.ascii { plain(&text) } else { text };
        let room = usize::from(self.area.width - x);
        // What was drawn there before leaves no colour behind.
        let style = Style::reset().patch(style);
        self.buf
            .set_stringn(self.area.x + x, self.area.y + y, text, room, style);
    }

    /// Writes text that ends at the right edge; nothing if it is wider than the area.
    pub(super) fn put_right(&mut self, y: u16, text: &str, style: Style) {
        let width = text.chars().count() as u16;
        if let Some(x) = self.area.width.checked_sub(width) {
            self.put((x, y), text, style);
        }
    }

    pub(super) fn role(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A role on the marker's background. Where that is reverse video, it takes no other colour.
    pub(super) fn marked(&self, role: Role) -> Style {
        match self.theme.palette {
            Palette::Sixteen | Palette::None => self.role(Role::Marker),
            _ => self.role(role).patch(self.role(Role::Marker)),
        }
    }

    /// The glyph of a theme: Unicode, or ASCII.
    pub(super) fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.theme.ascii { ascii } else { unicode }
    }

    /// Whether a stretch of a row holds nothing yet.
    pub(super) fn is_free(&self, (x, y): Cell, width: u16) -> bool {
        x + width <= self.area.width
            && y < self.area.height
            && (x..x + width).all(|x| {
                let cell = self.buf.cell((self.area.x + x, self.area.y + y));
                cell.is_some_and(|cell| cell.symbol() == " ")
            })
    }

    /// Lays a style over a row, over what is written there.
    pub(super) fn lay_over(&mut self, y: u16, style: Style) {
        if y < self.area.height {
            let row = Rect::new(self.area.x, self.area.y + y, self.area.width, 1);
            self.buf.set_style(row, style);
        }
    }
}

/// Names that come from outside may hold anything; here they become ASCII.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'µ' => 'u',
            c if c.is_ascii() => c,
            _ => '?',
        })
        .collect()
}

/// The role of a tone.
pub(super) fn role(tone: Tone) -> Role {
    match tone {
        Tone::Hot(how) => Role::Hot(how),
        Tone::Quiet(how) => Role::Quiet(how),
        Tone::Stale => Role::Dim,
        Tone::Plain => Role::Text,
        Tone::Ghost => Role::Ghost,
    }
}

fn lanes(canvas: &mut Canvas, stage: &Stage) {
    let dash = canvas.glyph("┈", ".");
    let style = canvas.role(Role::Hairline);
    for lane in &stage.lanes {
        canvas.put(
            (0, lane.row),
            &dash.repeat(usize::from(lane.columns)),
            style,
        );
        // A border that runs into a box keeps a cell's distance.
        for post in stage.posts.iter().filter(|post| post.height > 2) {
            let (x, y) = post.at;
            if (y..y + post.height).contains(&lane.row) {
                canvas.put((x - 1, lane.row), " ", Style::new());
                canvas.put((x + post.width, lane.row), " ", Style::new());
            }
        }
    }
}

fn labels(canvas: &mut Canvas, stage: &Stage, scene: &Scene) {
    for label in &stage.labels {
        let (role, bold) = if label.lane {
            (Role::Dim, true)
        } else {
            (Role::Dim, false)
        };
        let view = stage.wire(Road::View).map(|wire| wire.cells.as_slice());
        let of_view = label.text == "a view, no bytes" && view.is_some();
        let trail = scene.trails.iter().find(|trail| trail.road == Road::View);
        let style = match (of_view, trail) {
            (true, None) => continue,
            (true, Some(trail)) => canvas.role(role_of_view(trail)),
            _ if bold => canvas.role(role).add_modifier(Modifier::BOLD),
            _ => canvas.role(role),
        };
        spaced(canvas, label.at, label.text, style);
    }
    if let (Some((x, y)), Some(cell)) = (stage.caption, &scene.caption) {
        let style = canvas.role(Role::Dim);
        spaced(canvas, (x, y), "a cell:", style);
        spaced(canvas, (x, y + 1), cell, style);
    }
}

fn role_of_view(trail: &Trail) -> Role {
    match trail.tone {
        // A view goes on as long as it is mapped; and words are never written in a quiet tone.
        Tone::Quiet(how) => Role::Hot(how),
        tone => role(tone),
    }
}

/// Text with a blank before and after it, so that no line touches it.
fn spaced(canvas: &mut Canvas, (x, y): Cell, text: &str, style: Style) {
    match x.checked_sub(1) {
        Some(before) => {
            canvas.put((before, y), " ", Style::new());
            canvas.put((x, y), &format!("{text} "), style);
        }
        None => canvas.put((x, y), &format!("{text} "), style),
    }
}

fn furniture(canvas: &mut Canvas, stage: &Stage, post: &Post, place: &Furniture) {
    match post.height {
        1 => {}
        2 => bare(canvas, post, place),
        _ => boxed(canvas, stage, post, place),
    }
}

fn name_style(canvas: &Canvas, place: &Furniture) -> Style {
    let style = match place.border {
        Border::Ghost => canvas.role(Role::Ghost),
        _ => Style::new(),
    };
    if place.strong {
        style.add_modifier(Modifier::BOLD)
    } else {
        style
    }
}

/// A name and a gauge.
fn bare(canvas: &mut Canvas, post: &Post, place: &Furniture) {
    let (x, y) = post.at;
    let style = name_style(canvas, place);
    canvas.put((x, y), place.name, style);
    let amount = place.amount.as_deref();
    let amount = amount.filter(|_| !matches!(place.seat, Seat::Sink | Seat::Pipe));
    let after = x + place.name.len() as u16 + 1;
    canvas.put((after, y), amount.unwrap_or_default(), Style::new());
    if let Some(gauge) = &place.gauge {
        marks(canvas, (x, y + 1), &shown(post, gauge), 1);
    }
}

fn boxed(canvas: &mut Canvas, stage: &Stage, post: &Post, place: &Furniture) {
    border(canvas, post, place.border);
    let ((x, y), width) = (post.at, post.width);
    let style = name_style(canvas, place);
    canvas.put((x + 2, y + 1), place.name, style);
    let note = canvas.role(if place.border == Border::Ghost {
        Role::Ghost
    } else {
        Role::Dim
    });
    if post.height == 3 {
        let at = x + width - 2 - place.note.chars().count() as u16;
        canvas.put((at, y + 1), place.note, note);
    } else {
        canvas.put((x + 2, y + 2), place.note, note);
    }
    if let Some(gauge) = &place.gauge {
        let columns = if stage.tier == Tier::Large { 2 } else { 1 };
        marks(canvas, (x + 2, y + 2), &shown(post, gauge), columns);
    }
    if let Some(amount) = &place.amount {
        let edge = if place.seat == Seat::Buffer {
            y
        } else {
            y + post.height - 1
        };
        let wide = amount.chars().count() as u16;
        let at = x + width - 3 - wide;
        let empty = place.gauge.as_ref().is_some_and(|gauge| {
            gauge.iter().all(|mark| *mark == Mark::Empty) && place.seat != Seat::Buffer
        });
        let style = canvas.role(if empty { Role::Dim } else { Role::Text });
        spaced(canvas, (at, edge), amount, style);
    }
}

fn border(canvas: &mut Canvas, post: &Post, border: Border) {
    let ghost = border == Border::Ghost;
    let across = match ghost {
        true => canvas.glyph("╌", "."),
        false => canvas.glyph("─", "-"),
    };
    let down = match ghost {
        true => canvas.glyph("╎", ":"),
        false => canvas.glyph("│", "|"),
    };
    let corners = if canvas.theme.ascii {
        ["+"; 4]
    } else {
        ["╭", "╮", "╰", "╯"]
    };
    let style = canvas.role(match border {
        Border::Plain => Role::Text,
        Border::Faint => Role::Hairline,
        Border::Ghost => Role::Ghost,
    });
    let ((x, y), width, bottom) = (post.at, post.width, post.at.1 + post.height - 1);
    let line = across.repeat(usize::from(width - 2));
    canvas.put((x, y), &[corners[0], &line, corners[1]].concat(), style);
    canvas.put(
        (x, bottom),
        &[corners[2], &line, corners[3]].concat(),
        style,
    );
    for row in y + 1..bottom {
        let blank = " ".repeat(usize::from(width - 2));
        canvas.put((x, row), &[down, &blank, down].concat(), style);
    }
}

/// A narrow place shows half of the cells: each stands for two.
fn shown(post: &Post, gauge: &[Mark]) -> Vec<Mark> {
    let every = if post.seat == Seat::Pipe { 2 } else { 1 };
    gauge.iter().copied().step_by(every).collect()
}

fn marks(canvas: &mut Canvas, (x, y): Cell, gauge: &[Mark], columns: u16) {
    for (number, mark) in gauge.iter().enumerate() {
        let (one, two, tone) = match *mark {
            Mark::Empty => (
                canvas.glyph("·", "."),
                canvas.glyph("· ", ". "),
                Tone::Ghost,
            ),
            Mark::Bytes(tone) => (canvas.glyph("■", "#"), canvas.glyph("■■", "##"), tone),
            Mark::PartBytes(tone) => (canvas.glyph("▪", "+"), canvas.glyph("▪ ", "+ "), tone),
            Mark::References(tone) => (canvas.glyph("◆", "o"), canvas.glyph("◆ ", "o "), tone),
            Mark::PartReferences(tone) => (canvas.glyph("◇", "c"), canvas.glyph("◇ ", "c "), tone),
            Mark::Mapped(tone) => ("~", "~~", tone),
        };
        let style = canvas.role(role(tone));
        let text = if columns == 2 { two } else { one };
        canvas.put((x + number as u16 * columns, y), text, style);
    }
}

/// Which way a line goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
    Left,
    Right,
}

fn way(from: Cell, to: Cell) -> Way {
    match (to.0.cmp(&from.0), to.1.cmp(&from.1)) {
        (std::cmp::Ordering::Greater, _) => Way::Right,
        (std::cmp::Ordering::Less, _) => Way::Left,
        (_, std::cmp::Ordering::Less) => Way::Up,
        _ => Way::Down,
    }
}

/// The glyphs of one kind of line.
struct Line {
    across: &'static str,
    down: &'static str,
    /// Left upper, right upper, left lower, right lower corner.
    corners: [&'static str; 4],
    /// Leaving a box upward, downward, to the left, to the right.
    leaves: [&'static str; 4],
    /// Up, down, left, right.
    heads: [&'static str; 4],
}

const FILLED: [&str; 4] = ["▲", "▼", "◀", "▶"];
const COPY: Line = Line {
    across: "━",
    down: "┃",
    corners: ["┏", "┓", "┗", "┛"],
    leaves: ["┸", "┰", "┥", "┝"],
    heads: FILLED,
};
const DMA: Line = Line {
    across: "═",
    down: "║",
    corners: ["╔", "╗", "╚", "╝"],
    leaves: ["╨", "╥", "╡", "╞"],
    heads: FILLED,
};
const REFERENCE: Line = Line {
    across: "┄",
    down: "┆",
    corners: ["╭", "╮", "╰", "╯"],
    leaves: ["┴", "┬", "┤", "├"],
    heads: FILLED,
};
const GHOST: Line = Line {
    across: "╌",
    down: "╎",
    corners: ["╭", "╮", "╰", "╯"],
    leaves: ["┴", "┬", "┤", "├"],
    heads: ["△", "▽", "◁", "▷"],
};
const ASCII_HEADS: [&str; 4] = ["^", "v", "<", ">"];
const fn ascii(across: &'static str, down: &'static str, heads: [&'static str; 4]) -> Line {
    Line {
        across,
        down,
        corners: ["+"; 4],
        leaves: ["+"; 4],
        heads,
    }
}
const ASCII_COPY: Line = ascii("=", "H", ASCII_HEADS);
const ASCII_DMA: Line = ascii(":", ":", ASCII_HEADS);
const ASCII_REFERENCE: Line = ascii("-", "|", ASCII_HEADS);
const ASCII_GHOST: Line = ascii(".", ".", ["'", ",", "(", ")"]);

fn line(theme: &Theme, trail: &Trail) -> &'static Line {
    match (trail.tone, trail.how, theme.ascii) {
        (Tone::Ghost, _, false) => &GHOST,
        (Tone::Ghost, _, true) => &ASCII_GHOST,
        (_, How::CpuCopy, false) => &COPY,
        (_, How::CpuCopy, true) => &ASCII_COPY,
        (_, How::Dma, false) => &DMA,
        (_, How::Dma, true) => &ASCII_DMA,
        (_, _, false) => &REFERENCE,
        (_, _, true) => &ASCII_REFERENCE,
    }
}

fn wire(canvas: &mut Canvas, stage: &Stage, trail: &Trail) {
    let Some(wire) = stage.wire(trail.road) else {
        return;
    };
    if trail.road == Road::View {
        let style = canvas.role(role_of_view(trail));
        return view(canvas, &wire.cells, style);
    }
    if trail.road == Road::Share {
        let style = canvas.role(role_of_view(trail));
        return wire
            .cells
            .iter()
            .for_each(|cell| canvas.put(*cell, "~", style));
    }
    let style = canvas.role(role(trail.tone));
    let mut cells = wire.cells.clone();
    if trail.backwards {
        cells.reverse();
    }
    let line = line(canvas.theme, trail);
    for (number, cell) in cells.iter().enumerate() {
        let before = number
            .checked_sub(1)
            .map(|before| way(cells[before], *cell));
        let after = cells.get(number + 1).map(|after| way(*cell, *after));
        canvas.put(*cell, piece(line, before, after), style);
    }
}

/// The glyph between the way a line came and the way it goes on.
fn piece(line: &Line, before: Option<Way>, after: Option<Way>) -> &'static str {
    match (before, after) {
        (None, Some(way)) => line.leaves[way as usize],
        (Some(way), None) => line.heads[way as usize],
        (Some(Way::Left | Way::Right), Some(Way::Left | Way::Right)) => line.across,
        (Some(Way::Up | Way::Down), Some(Way::Up | Way::Down)) => line.down,
        (Some(Way::Up), Some(Way::Right)) | (Some(Way::Left), Some(Way::Down)) => line.corners[0],
        (Some(Way::Up), Some(Way::Left)) | (Some(Way::Right), Some(Way::Down)) => line.corners[1],
        (Some(Way::Down), Some(Way::Right)) | (Some(Way::Left), Some(Way::Up)) => line.corners[2],
        _ => line.corners[3],
    }
}

/// The view through a mapping: its two edges, in waves.
fn view(canvas: &mut Canvas, cells: &[Cell], style: Style) {
    let first = cells.first().map_or(0, |cell| cell.1);
    for cell in cells {
        let mark = if (cell.1 - first).is_multiple_of(2) {
            ")"
        } else {
            "("
        };
        canvas.put(*cell, mark, style);
    }
}

fn say(canvas: &mut Canvas, remark: &Remark) {
    let style = match remark.tone {
        Tone::Quiet(_) => canvas.role(Role::Dim),
        tone => canvas.role(role(tone)),
    };
    let text = match remark.road {
        None => remark.text.clone(),
        Some(road) => {
            let ghost = remark.tone == Tone::Ghost;
            let up = (road == Road::Fetch) != remark.backwards;
            let head = match (up, ghost) {
                (true, true) => canvas.glyph("△", "'"),
                (true, false) => canvas.glyph("▲", "^"),
                (false, true) => canvas.glyph("▽", ","),
                (false, false) => canvas.glyph("▼", "v"),
            };
            // Written apart from the words, which may be turned into ASCII.
            spaced(canvas, remark.at, head, style);
            let (x, y) = remark.at;
            return canvas.put((x + 2, y), &remark.text, style);
        }
    };
    spaced(canvas, remark.at, &text, style);
}

fn tag(canvas: &mut Canvas, tag: &Tag) {
    if !tag.current {
        let style = canvas.role(Role::Dim);
        return spaced(canvas, tag.at, &tag.text, style);
    }
    let style = canvas.marked(Role::Accent).add_modifier(Modifier::BOLD);
    let (x, y) = tag.at;
    // io_uring_register is the longest that a figure names.
    let text: String = tag.text.chars().take(17).collect();
    let room = usize::from(canvas.size().0.saturating_sub(x));
    let text = fitting(&text, room).unwrap_or(&text);
    canvas.put((x.saturating_sub(1), y), &format!(" {text} "), style);
}

fn token(canvas: &mut Canvas, token: &Token) {
    let glyph = match token.how {
        How::Reference => canvas.glyph("◆", "o"),
        _ => canvas.glyph("■", "#"),
    };
    let style = canvas.role(Role::Hot(token.how));
    canvas.put(token.at, glyph, style);
}

/// A call's name in so many columns: whole, else without what all calls of io_uring begin with. None: neither fits.
pub fn fitting(call: &str, room: usize) -> Option<&str> {
    let short = call.strip_prefix("io_uring_").unwrap_or(call);
    [call, short]
        .into_iter()
        .find(|name| name.chars().count() <= room)
}
