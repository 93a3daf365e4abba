//! The free lab: a form, and two results side by side with bars on one scale.

use ratatui::layout::Rect;

use super::{
    lab_notes, results,
    run::{copy_path, race_header, show_player, show_run},
    view::{Header, Right, View},
};
use crate::app::{
    App, Click, Player,
    screens::lab::{LabScreen, SETTINGS, Side},
};
use crate::model::{How, Measured, Origin, Summary, duration, grouped};
use crate::ui::{Pen, Role, Rooms, Rows, Tier, bar, from_row};

/// Columns between the two results.
const GAP: u16 = 4;
/// Columns that a figure's name takes.
const NAME: usize = 18;

impl View for LabScreen {
    fn header(&self, _: &App) -> Header {
        if let Some(race) = self.race.as_ref().and_then(Player::race) {
            return race_header(race);
        }
        Header::of("Lab", Right::Text("two results on one scale".to_owned()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if let Some(kept) = self.playing.and_then(|side| self.sides[side].as_ref()) {
            let measured = kept.outcome.live.summary.measured.as_ref();
            return show_run(pen, app, rooms, kept.outcome.playable(), measured);
        }
        if self.race.is_some() {
            return show_player(pen, app, rooms.text());
        }
        let room = rooms.text();
        let used = form(pen, self, room);
        let below = from_row(room, used);
        let width = below.width.saturating_sub(GAP) / 2;
        let mut rows = 0;
        for side in 0..2 {
            let column = Rect {
                x: below.x + side as u16 * (width + GAP),
                width,
                ..below
            };
            let used = result(pen, self, app.display.scroll, column, side);
            pen.spot(column, Click::Side(side));
            rows = rows.max(used);
        }
        // Below the results: what the method is, what both say, the sweep of both.
        let rest = from_row(below, rows + 1);
        if rooms.tier >= Tier::Full && rest.height >= lab_notes::LEAST {
            lab_notes::draw(pen, app, self, rest);
        }
    }
}

/// The settings, one after the other, wrapped where they do not fit. Gives the rows it took.
fn form(pen: &mut Pen, lab: &LabScreen, room: Rect) -> u16 {
    let (mut x, mut y) = (0, 0);
    for (index, setting) in SETTINGS.iter().enumerate() {
        let value = (setting.value)(&lab.spec);
        let width = (setting.title.len() + 1 + value.chars().count() + 2) as u16;
        if x + width > room.width {
            (x, y) = (0, y + 1);
        }
        let chosen = lab.setting == index;
        let start = x;
        x = pen.text(room, x, y, setting.title, Role::Dim) + 1;
        let role = if chosen { Role::Answer } else { Role::Strong };
        let value_room = Rect::new(room.x + x, room.y + y, value.chars().count() as u16, 1);
        x = pen.text(room, x, y, &value, role);
        if chosen {
            pen.paint(value_room, Role::Marker);
        }
        let whole = Rect::new(room.x + start, room.y + y, x - start, 1);
        pen.spot(whole, Click::Row(index));
        x += 4;
    }
    y + 2
}

/// Gives the rows that it took.
fn result(pen: &mut Pen, lab: &LabScreen, scroll: usize, column: Rect, side: usize) -> u16 {
    let mut rows = Rows::new(column.width);
    let chosen = lab.side == side;
    let (name, role) = match &lab.sides[side] {
        Some(kept) => (
            kept.outcome.live.recording.spec.method.to_string(),
            Role::Strong,
        ),
        None => Role::Dim.of("empty"),
    };
    let next = if chosen { "the next run goes here" } else { "" };
    let left = vec![Rows::cursor(chosen), (name, role)];
    rows.ends(left, vec![Role::Dim.of(next)]);
    rows.rule();
    match &lab.sides[side] {
        Some(kept) => figures(&mut rows, lab, kept),
        None if chosen => rows.text("r runs the transfer above.", Role::Dim),
        None => rows.text("Tab turns here.", Role::Dim),
    }
    rows.show(pen, column, scroll);
    (rows.len() as u16).min(column.height)
}

fn figures(rows: &mut Rows, lab: &LabScreen, kept: &Side) {
    let live = &kept.outcome.live;
    let shown = kept.outcome.playable();
    let spec = &live.recording.spec;
    let (size, chunk) = (spec.size, spec.chunk);
    let said = format!("{size}, {chunk} chunks, to {}, {}", spec.to, spec.cache);
    rows.text(&said, Role::Dim);
    if shown.recording.origin == Origin::Shipped {
        let kernel = &shown.recording.machine.kernel;
        let said = format!("Calls recorded on {kernel}, not on this machine.");
        rows.text(&said, Role::Accent);
        results::stand_in(rows, &kept.outcome);
    }
    if shown.recording.origin == Origin::Loaded {
        rows.text("From an earlier session.", Role::Dim);
    }
    if let Some(reason) = kept.outcome.refused() {
        rows.text(&reason, Role::Dim);
    }
    for missing in &live.recording.unavailable {
        if missing.instrument != "ptrace" {
            let said = format!("{} not available: {}", missing.instrument, missing.reason);
            rows.text(&said, Role::Dim);
        }
    }
    rows.blank(1);
    copy_path(rows, &shown.summary.copy_path, spec.method.side());
    rows.blank(1);
    traced(rows, lab, &shown.summary);
    rows.blank(1);
    measured(rows, lab, &live.summary);
}

/// A figure's name, where it stands, and how it is written.
type Line<F> = (&'static str, F, fn(u64) -> String);
type Count = fn(&Summary) -> Option<u64>;
type Measure = fn(&Measured) -> u64;

fn traced(rows: &mut Rows, lab: &LabScreen, summary: &Summary) {
    const COUNTS: [(Line<Count>, Role); 3] = [
        (("system calls", |of| of.syscalls, grouped), Role::Dim),
        (("mode switches", |of| of.mode_switches, grouped), Role::Dim),
        (
            (
                "copied by the CPU",
                |of| of.cpu_copied_bytes,
                results::bytes,
            ),
            Role::Hot(How::CpuCopy),
        ),
    ];
    rows.text("traced", Role::Dim);
    for ((name, of, said), tone) in COUNTS {
        let most = most_of(lab, |kept| of(&kept.outcome.playable().summary));
        if let Some(value) = of(summary) {
            figure(rows, name, (value, most), &said(value), tone);
        }
    }
    let requests: u64 = summary.requests_by_name.values().sum();
    if requests > 0 {
        rows.pair("requests in the ring", &grouped(requests), Role::Strong);
    }
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("copies per byte", &format!("{copies:.1}"), Role::Strong);
    }
}

fn measured(rows: &mut Rows, lab: &LabScreen, summary: &Summary) {
    const MEASURES: [Line<Measure>; 5] = [
        ("wall time", |of| of.wall_ns, duration),
        ("CPU time", |of| of.cpu_ns, duration),
        (
            "context switches",
            |of| of.voluntary_context_switches + of.involuntary_context_switches,
            grouped,
        ),
        (
            "page faults",
            |of| of.minor_faults + of.major_faults,
            grouped,
        ),
        (
            "memory, at most",
            |of| of.peak_memory_bytes.unwrap_or(0),
            results::bytes,
        ),
    ];
    rows.text("untraced, one run", Role::Dim);
    let Some(measured) = &summary.measured else {
        rows.text("not measured here", Role::Dim);
        return;
    };
    let told = usize::from(measured.peak_memory_bytes.is_some());
    for (name, of, said) in MEASURES.into_iter().take(4 + told) {
        let most = most_of(lab, |kept| {
            kept.outcome.live.summary.measured.as_ref().map(of)
        });
        let value = of(measured);
        figure(rows, name, (value, most), &said(value), Role::Dim);
    }
}

/// The largest of a figure over both sides: the end of their one scale.
fn most_of(lab: &LabScreen, of: impl Fn(&Side) -> Option<u64>) -> u64 {
    lab.sides.iter().flatten().filter_map(of).max().unwrap_or(0)
}

fn figure(rows: &mut Rows, name: &str, (value, most): (u64, u64), said: &str, tone: Role) {
    let cells = usize::from(rows.width).saturating_sub(NAME + 1 + 11);
    let cells = cells.min(24);
    let tone = if value > 0 { tone } else { Role::Ghost };
    let bar = bar(value as f64, most as f64, cells);
    let left = vec![(format!("{name:NAME$} "), Role::Text), (bar, tone)];
    rows.ends(left, vec![Role::Strong.of(said)]);
}
