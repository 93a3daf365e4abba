//! The stage of a presentation: boxes, bytes and wires of several cells, to be seen from the back row. Small text is left
//! out.

use ratatui::layout::Rect;

use super::grid::Measure;
use super::layout::{Cell, Layout, Wire};
use super::line::Line;
use super::{border, role};
use crate::figure::scene::{TOKENS, run_of, spacing};
use crate::figure::{Border, BoxView, Edge, EdgeView, Mark, Scene, Slot, Tone, Travel};
use crate::model::How;
use crate::ui::big::{self, Letters};
use crate::ui::{Canvas, Role};

/// Draws a scene, as large as its area allows.
pub(in crate::ui) fn render(canvas: &mut Canvas, layout: &Layout, scene: &Scene) {
    let (width, height) = canvas.size();
    let measure = Measure::of(width, height);
    line(canvas, layout, scene);
    for view in scene.edges.iter().filter(|view| view.tone != Tone::Ghost) {
        if let Some(wire) = layout.wire(view.edge) {
            // What travels stands out from the wire on which it does.
            let travels = scene.travel.is_some_and(|travel| travel.edge == view.edge);
            let tone = match (view.tone, travels) {
                (Tone::Hot(how), true) => Tone::Quiet(how),
                (tone, _) => tone,
            };
            draw_wire(canvas, measure, wire, &EdgeView { tone, ..*view });
        }
    }
    for view in &scene.boxes {
        if let Some(rect) = layout.rect(view.slot) {
            place(canvas, measure, rect, view);
        }
    }
    if let Some(travel) = &scene.travel {
        tokens(canvas, measure, layout, travel);
    }
}

/// The mode-switch line: it lights up when it is crossed.
fn line(canvas: &mut Canvas, layout: &Layout, scene: &Scene) {
    let lit = scene.switches.is_some_and(|switches| switches.lit);
    let (glyph, role) = match lit {
        true => (canvas.glyph("▀", "="), Role::Accent),
        false => ("─", Role::Dim),
    };
    let line = glyph.repeat(usize::from(layout.width));
    for row in &layout.borders {
        canvas.write((0, *row), &line, role);
    }
}

fn place(canvas: &mut Canvas, measure: Measure, rect: Rect, view: &BoxView) {
    let kind = match view.border {
        Border::Ghost => Border::Faint,
        other => other,
    };
    border(canvas, rect, kind);
    let inner = (rect.width - 4, measure.name_rows);
    // Of two names the one that fits: the pages of a file lie in the page cache.
    let name = view.name.rsplit(", ").next().unwrap_or(view.name);
    let letters = Letters::fitting(&[Letters::Quarter], name, inner);
    big::write(
        canvas,
        (rect.x + 2, rect.y + 1),
        name,
        letters,
        Role::Strong,
    );
    let Some(gauge) = view.gauge else {
        return;
    };
    let every = if view.slot == Slot::Pipe { 2 } else { 1 };
    let top = rect.bottom() - 1 - measure.cell.1 - u16::from(measure.name_rows > 1);
    let columns = (rect.x + 2..).step_by(usize::from(measure.cell.0));
    for (mark, x) in gauge.iter().step_by(every).zip(columns) {
        draw_mark(canvas, measure, (x, top), *mark);
    }
}

/// One cell of a gauge: a block for bytes, a diamond for a reference, low while it is only partly there.
fn draw_mark(canvas: &mut Canvas, measure: Measure, at: Cell, mark: Mark) {
    let (kind, tone) = match mark {
        Mark::Empty => return dot(canvas, measure, at),
        Mark::Bytes(tone) => (Shape::Block, tone),
        Mark::PartBytes(tone) => (Shape::Low, tone),
        Mark::References(tone) => (Shape::Diamond, tone),
        Mark::PartReferences(tone) => (Shape::LowDiamond, tone),
        Mark::Mapped(tone) => (Shape::Wave, tone),
    };
    shape(canvas, measure, at, kind, role(tone), &|_| true);
}

fn dot(canvas: &mut Canvas, measure: Measure, (x, y): Cell) {
    let (columns, rows) = measure.cell;
    canvas.write((x + (columns - 1) / 2, y + rows / 2), "·", Role::Ghost);
}

#[derive(Clone, Copy)]
enum Shape {
    Block,
    Low,
    Diamond,
    LowDiamond,
    Wave,
}

/// The rows of a shape: of three columns, of two, of one.
fn rows_of(shape: Shape, columns: u16, ascii: bool) -> &'static [&'static str] {
    match (shape, columns, ascii) {
        (Shape::Block, 3, false) => &["██▌", "██▌", "██▌"],
        (Shape::Block, 2, false) => &["█▌", "█▌"],
        (Shape::Block, _, false) => &["▊", "▊"],
        (Shape::Low, 3, false) => &["", "▄▄▖", "██▌"],
        (Shape::Low, 2, false) => &["", "█▌"],
        (Shape::Low, _, false) => &["", "▄"],
        (Shape::Diamond, 3, false) => &["▗▖", "██", "▝▘"],
        (Shape::Diamond, 2, false) => &["▟▙", "▜▛"],
        (Shape::Diamond, _, false) => &["◆", "◆"],
        (Shape::LowDiamond, 3, false) => &["", "▄▄", "▝▘"],
        (Shape::LowDiamond, _, false) => &["", "◆"],
        (Shape::Wave, 3, _) => &["~~~", "~~~", "~~~"],
        (Shape::Wave, 2, _) => &["~~", "~~"],
        (Shape::Wave, ..) => &["~", "~"],
        (Shape::Block, 3, true) => &["## ", "## ", "## "],
        (Shape::Block, 2, true) => &["##", "##"],
        (Shape::Block, _, true) => &["#", "#"],
        (Shape::Low, 3, true) => &["", ".. ", "## "],
        (Shape::Low, 2, true) => &["", "##"],
        (Shape::Low, _, true) => &["", "#"],
        (Shape::Diamond, 3, true) => &["/^\\", "< >", "\\v/"],
        (Shape::Diamond, 2, true) => &["/\\", "\\/"],
        (Shape::Diamond, _, true) => &["o", "o"],
        (Shape::LowDiamond, 3, true) => &["", "< >", "\\v/"],
        (Shape::LowDiamond, _, true) => &["", "o"],
    }
}

/// Draws a shape's cells, those that may be drawn.
fn shape(
    canvas: &mut Canvas,
    measure: Measure,
    (x, y): Cell,
    shape: Shape,
    role: Role,
    free: &dyn Fn(Cell) -> bool,
) {
    let rows = rows_of(shape, measure.cell.0, canvas.theme.ascii);
    for (row, line) in (y..).zip(rows) {
        for (column, glyph) in (x..).zip(line.chars().filter(|glyph| !glyph.is_whitespace())) {
            if free((column, row)) {
                canvas.write((column, row), glyph.encode_utf8(&mut [0; 4]), role);
            }
        }
    }
}

/// A wire: thick where bytes go, dotted where a reference does.
fn draw_wire(canvas: &mut Canvas, measure: Measure, wire: &Wire, view: &EdgeView) {
    let role = role(view.tone);
    if view.edge == Edge::View || view.edge == Edge::Share {
        for cell in &wire.cells {
            canvas.write(*cell, "~", role);
        }
        return;
    }
    if measure.cell.0 == 1 {
        let line = Line::of(view);
        for (number, cell) in wire.cells.iter().enumerate() {
            canvas.write(*cell, line.glyph(&wire.cells, number), role);
        }
        return;
    }
    let dotted = matches!(view.how, How::Reference | How::Mapping);
    let wide = measure.cell.0 > 2;
    let [across, down] = match (view.how, wide) {
        (How::Dma, _) => [canvas.glyph("▒", ":"); 2],
        (_, true) => [canvas.glyph("█", "#"); 2],
        (_, false) => [canvas.glyph("▀", "="), canvas.glyph("█", "#")],
    };
    for (number, (x, y)) in wire.cells.iter().copied().enumerate() {
        if dotted && number % 4 >= 2 {
            continue;
        }
        let neighbours = [number.checked_sub(1), Some(number + 1)];
        let mut neighbours = neighbours
            .into_iter()
            .flatten()
            .filter_map(|at| wire.cells.get(at));
        let same_column = |next: &&Cell| next.0 == x;
        let upright = neighbours
            .clone()
            .any(|next| same_column(&next) && next.1 > y)
            || neighbours.clone().all(|next| same_column(&next));
        canvas.write((x, y), if upright { down } else { across }, role);
        if wide && neighbours.any(|next| same_column(&next)) {
            canvas.write((x + 1, y), down, role);
        }
    }
}

/// What travels, as large as a gauge's cell, and never over a box.
fn tokens(canvas: &mut Canvas, measure: Measure, layout: &Layout, travel: &Travel) {
    let Some(wire) = layout.wire(travel.edge) else {
        return;
    };
    let (columns, rows) = measure.cell;
    let step = usize::from(columns.max(rows)) + 1;
    let cells = wire.cells.len() as u32;
    let last = wire.cells.len() - 1;
    let gap = spacing(cells) as usize * step;
    // All have passed when the last one arrives, however wide they stand apart here.
    let whole = last + (TOKENS as usize - 1) * gap;
    let first = (travel.progress * whole as f64 + 1e-6) as usize;
    debug_assert!(run_of(cells) as usize <= whole);
    let kind = match travel.how {
        How::Reference => Shape::Diamond,
        _ => Shape::Block,
    };
    let free = |cell: Cell| {
        let boxes = layout.boxes.iter();
        !boxes
            .map(|(_, rect)| rect)
            .any(|rect| rect.contains(cell.into()))
    };
    let places = (0..TOKENS as usize).filter_map(|token| first.checked_sub(token * gap));
    for place in places.filter(|place| *place < last) {
        let place = if travel.backwards {
            last - place
        } else {
            place
        };
        let (x, y) = wire.cells[place];
        let at = (x.saturating_sub(columns / 2), y.saturating_sub(rows / 2));
        shape(canvas, measure, at, kind, Role::Hot(travel.how), &free);
    }
}
