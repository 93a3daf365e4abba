//! The free lab: a form, and two results side by side with bars on one scale.

use ratatui::layout::Rect;

use super::{
    results,
    run::{road, show_run},
    view::{Header, Right, View},
};
use crate::app::{
    App, Click,
    screens::lab::{LabScreen, Setting, Side},
};
use crate::model::{How, Origin};
use crate::ui::{Pen, Role, Rooms, Rows, bar, from_row};

/// Columns between the two results.
const GAP: u16 = 4;
/// Columns that a figure's name takes.
const NAME: usize = 18;

impl View for LabScreen {
    fn header(&self, _: &App) -> Header {
        Header::of("Lab", Right::Text("two results on one scale".to_owned()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if let Some(kept) = self.playing.and_then(|side| self.sides[side].as_ref()) {
            let measured = kept.outcome.live.summary.measured.as_ref();
            return show_run(pen, app, rooms, kept.outcome.playable(), measured);
        }
        let room = rooms.text();
        let used = form(pen, self, room);
        let below = from_row(room, used);
        let width = below.width.saturating_sub(GAP) / 2;
        for side in 0..2 {
            let column = Rect {
                x: below.x + side as u16 * (width + GAP),
                width,
                ..below
            };
            result(pen, self, app.display.scroll, column, side);
            pen.spot(column, Click::Side(side));
        }
    }
}

/// The settings, one after the other, wrapped where they do not fit. Gives the rows it took.
fn form(pen: &mut Pen, lab: &LabScreen, room: Rect) -> u16 {
    let [dim, strong, accent] = pen.styles([Role::Dim, Role::Strong, Role::Accent]);
    let (mut x, mut y) = (0, 0);
    for (index, setting) in Setting::ALL.into_iter().enumerate() {
        let value = setting.value(&lab.spec);
        let width = (setting.title().len() + 1 + value.chars().count() + 2) as u16;
        if x + width > room.width {
            (x, y) = (0, y + 1);
        }
        let chosen = lab.setting == index;
        let start = x;
        x = pen.text(room, x, y, setting.title(), dim) + 1;
        let style = if chosen { accent.patch(strong) } else { strong };
        let value_room = Rect::new(room.x + x, room.y + y, value.chars().count() as u16, 1);
        x = pen.text(room, x, y, &value, style);
        if chosen {
            pen.paint(value_room, pen.style(Role::Marker));
        }
        pen.spot(
            Rect::new(room.x + start, room.y + y, x - start, 1),
            Click::Row(index),
        );
        x += 4;
    }
    y + 2
}

fn result(pen: &mut Pen, lab: &LabScreen, scroll: usize, column: Rect, side: usize) {
    let mut rows = Rows::new(pen.theme, column.width);
    let [dim, strong, accent] = rows.styles([Role::Dim, Role::Strong, Role::Accent]);
    let chosen = lab.side == side;
    let name = lab.sides[side].as_ref().map_or_else(
        || "empty".to_owned(),
        |kept| kept.outcome.live.recording.spec.method.to_string(),
    );
    rows.ends(
        vec![
            (if chosen { "▸ " } else { "  " }.to_owned(), accent),
            (
                name,
                if lab.sides[side].is_some() {
                    strong
                } else {
                    dim
                },
            ),
        ],
        vec![(
            if chosen { "the next run goes here" } else { "" }.to_owned(),
            dim,
        )],
    );
    rows.rule();
    match &lab.sides[side] {
        Some(kept) => figures(&mut rows, lab, kept, column.width),
        None => {
            let said = if chosen {
                "r runs the transfer above."
            } else {
                "Tab turns here."
            };
            rows.text(said, Role::Dim);
        }
    }
    rows.show(pen, column, scroll);
}

fn figures(rows: &mut Rows, lab: &LabScreen, kept: &Side, width: u16) {
    let live = &kept.outcome.live;
    let shown = kept.outcome.playable();
    let spec = &live.recording.spec;
    rows.text(
        &format!(
            "{}, {} chunks, to {}, {}",
            spec.size, spec.chunk, spec.to, spec.cache
        ),
        Role::Dim,
    );
    if shown.recording.origin == Origin::Shipped {
        let kernel = &shown.recording.machine.kernel;
        rows.text(
            &format!("Calls recorded on {kernel}, not on this machine."),
            Role::Accent,
        );
        results::stand_in(rows, &kept.outcome);
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
    road(rows, &shown.summary.copy_path, spec.method.side(), width);
    rows.blank(1);
    rows.text("traced", Role::Dim);
    let summary = &shown.summary;
    let most = |of: fn(&crate::model::Summary) -> Option<u64>| {
        most_of(lab, |kept| of(&kept.outcome.playable().summary))
    };
    type Figure = fn(&crate::model::Summary) -> Option<u64>;
    let counts: [(&str, Figure, bool); 3] = [
        ("system calls", |summary| summary.syscalls, false),
        ("mode switches", |summary| summary.mode_switches, false),
        (
            "copied by the CPU",
            |summary| summary.cpu_copied_bytes,
            true,
        ),
    ];
    for (name, of, is_bytes) in counts {
        let Some(value) = of(summary) else {
            continue;
        };
        let said = if is_bytes {
            results::bytes(value)
        } else {
            crate::model::grouped(value)
        };
        let tone = if is_bytes {
            Role::Hot(How::CpuCopy)
        } else {
            Role::Dim
        };
        figure(rows, name, value as f64, most(of), &said, tone, width);
    }
    let requests: u64 = summary.requests_by_name.values().sum();
    if requests > 0 {
        rows.pair(
            "requests in the ring",
            &crate::model::grouped(requests),
            Role::Strong,
        );
    }
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("copies a byte", &format!("{copies:.1}"), Role::Strong);
    }
    rows.blank(1);
    rows.text("untraced, one run", Role::Dim);
    let Some(measured) = &live.summary.measured else {
        rows.text("not measured here", Role::Dim);
        return;
    };
    type Measure = fn(&crate::model::Measured) -> u64;
    type Said = fn(u64) -> String;
    let measures: [(&str, Measure, Said); 5] = [
        ("wall time", |m| m.wall_ns, crate::model::duration),
        ("CPU time", |m| m.cpu_ns, crate::model::duration),
        (
            "context switches",
            |m| m.voluntary_context_switches + m.involuntary_context_switches,
            crate::model::grouped,
        ),
        (
            "page faults",
            |m| m.minor_faults + m.major_faults,
            crate::model::grouped,
        ),
        (
            "memory, at most",
            |m| m.peak_memory_bytes.unwrap_or(0),
            results::bytes,
        ),
    ];
    let told = usize::from(measured.peak_memory_bytes.is_some());
    for (name, of, said) in measures.into_iter().take(4 + told) {
        let value = of(measured);
        let most = most_of(lab, |kept| {
            kept.outcome.live.summary.measured.as_ref().map(of)
        });
        figure(
            rows,
            name,
            value as f64,
            most,
            &said(value),
            Role::Dim,
            width,
        );
    }
}

/// The largest of a figure over both sides: the end of their one scale.
fn most_of(lab: &LabScreen, of: impl Fn(&Side) -> Option<u64>) -> f64 {
    lab.sides.iter().flatten().filter_map(of).max().unwrap_or(0) as f64
}

fn figure(rows: &mut Rows, name: &str, value: f64, most: f64, said: &str, tone: Role, width: u16) {
    let cells = usize::from(width).saturating_sub(NAME + 1 + 11).min(24);
    let tone = if value > 0.0 { tone } else { Role::Ghost };
    rows.ends(
        vec![
            (format!("{name:NAME$} "), rows.style(Role::Text)),
            (bar(value, most, cells), rows.style(tone)),
        ],
        vec![(said.to_owned(), rows.style(Role::Strong))],
    );
}
