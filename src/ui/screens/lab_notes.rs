//! Below the results of the lab, where there is room: what the chosen method is, what both results say, the sweep of both.

use ratatui::layout::Rect;

use super::{experiment::compare, run::arrows};
use crate::app::{App, screens::lab::LabScreen};
use crate::model::{ExperimentSpec, Summary, grouped};
use crate::ui::{PROSE, Pen, Role, Rows, from_row, narrowed};

/// Fewer rows than this say nothing.
pub const LEAST: u16 = 6;
/// Columns between the two notes.
const GAP: u16 = 4;

/// Draws them: side by side, and below them the sweep. Where only one of both has room, a sweep that was made comes first.
pub fn draw(pen: &mut Pen, app: &App, lab: &LabScreen, room: Rect) {
    let width = room.width.saturating_sub(GAP) / 2;
    let left = method(app, lab, width.min(PROSE), usize::from(room.height));
    let right = verdict(lab, width.min(PROSE));
    let notes = left.len().max(right.len()) as u16;
    let sweep = lab.sweep.and_then(|entry| app.experiments.get(entry));
    let below = from_row(room, notes + 1);
    let chart_at = match below.height >= CHART {
        true => below,
        false => room,
    };
    let has_sweep = sweep.is_some();
    if !has_sweep || chart_at != room {
        left.show(pen, narrowed(room, width), 0);
        let beside = Rect {
            x: room.x + width + GAP,
            width,
            ..room
        };
        right.show(pen, beside, 0);
    }
    if let Some(entry) = sweep
        && let ExperimentSpec::Compare(contest) = &entry.page.what
    {
        pen.rule(chart_at, 0);
        let area = narrowed(from_row(chart_at, 1), WIDEST);
        let rows = compare::rows(app, &entry.page, contest, area);
        rows.show(pen, area, 0);
    }
    // What scrolls is the results.
    pen.spots.overflow = 0;
}

/// Rows of a chart of six points with its verdict.
const CHART: u16 = 22;
/// From here on the eye would lose the row.
const WIDEST: u16 = 132;

/// The chosen method, from its reference card: as much of it as fits.
fn method(app: &App, lab: &LabScreen, width: u16, height: usize) -> Rows {
    let mut rows = Rows::new(width);
    let name = lab.spec.method.name();
    let card = app.material.cards.iter().find(|card| card.name == name);
    rows.group(name, "R opens its card");
    let Some(card) = card else {
        rows.text("No card describes it.", Role::Dim);
        return rows;
    };
    arrows(&mut rows, &card.path, "");
    let counts = card.counts.iter().map(|count| ("·", 2, count, Role::Text));
    let conditions = card.conditions.iter().take(2);
    let conditions = conditions.map(|condition| ("·", 2, condition, Role::Dim));
    for (mark, indent, said, role) in counts.chain(conditions) {
        let mut more = Rows::new(width);
        more.hanging((mark, Role::Dim), indent, said, role);
        if rows.len() + more.len() > height {
            break;
        }
        rows.append(more);
    }
    rows
}

/// What the two results say beside each other. Times of one run each are no verdict.
fn verdict(lab: &LabScreen, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    rows.group("What both say", "S sweeps both over the chunk");
    let [Some(a), Some(b)] = &lab.sides else {
        rows.text(
            "Run a second transfer on the other side (Tab), and its figures stand beside the first.",
            Role::Dim,
        );
        return rows;
    };
    let [first, second] = [a, b].map(|side| &side.outcome.playable().summary);
    let name = |side: usize| {
        let kept = [a, b][side];
        kept.outcome.live.recording.spec.method.to_string()
    };
    for said in counted(first, second, [&name(0), &name(1)]) {
        rows.hanging(("▸", Role::Accent), 2, &said, Role::Text);
    }
    rows.text(
        "Each was timed once: that is no verdict on time. S makes nine rounds.",
        Role::Dim,
    );
    rows
}

/// Calls and copies are exact: they may be compared.
fn counted(first: &Summary, second: &Summary, names: [&str; 2]) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(a), Some(b)) = (first.syscalls, second.syscalls) {
        said.push(match a == b {
            true => format!("As many calls: {}.", grouped(a)),
            false => format!(
                "Calls: {} makes {}, {} makes {}.",
                names[0],
                grouped(a),
                names[1],
                grouped(b)
            ),
        });
    }
    if let (Some(a), Some(b)) = (first.cpu_copies_per_byte, second.cpu_copies_per_byte) {
        let same = (a - b).abs() < 0.05;
        said.push(match same {
            true => format!("The CPU copies each byte as often: {a:.1} times."),
            false => format!(
                "CPU copies per byte: {a:.1} by {}, {b:.1} by {}.",
                names[0], names[1]
            ),
        });
    }
    if said.is_empty() {
        said.push("No calls were recorded here: there is nothing to compare.".to_owned());
    }
    said
}
