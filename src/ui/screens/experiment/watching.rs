//! The cost of watching: one transfer untraced, traced, and traced from another CPU.

use super::parts::{self, cell, state};
use crate::app::{App, ExperimentPage};
use crate::figure::chart::Scale;
use crate::model::{ExperimentOutcome, WatchCost, duration, grouped};
use crate::ui::{Role, Rows};

/// Columns of a measurement's name, and of a figure.
const NAME: usize = 28;
const FIGURE: usize = 10;

/// The ways, their chart, what they say.
pub fn rows(app: &App, page: &ExperimentPage, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    rows.text(
        "The same transfer: untraced, and traced in two ways. The sender counts its own context switches. Only here is a traced run timed.",
        Role::Dim,
    );
    state(&mut rows, app);
    rows.blank(1);
    match &page.found {
        Some(outcome @ ExperimentOutcome::Watching(found)) => {
            chart(&mut rows, found, width);
            parts::concluded(&mut rows, outcome, &found.verdicts);
        }
        _ => parts::no_round(&mut rows, app),
    }
    rows
}

fn chart(rows: &mut Rows, found: &WatchCost, width: u16) {
    let calls = found
        .syscalls
        .map_or(String::new(), |calls| format!("{} calls", grouped(calls)));
    rows.group(&found.transfer(), &calls);
    let columns = usize::from(width).saturating_sub(NAME + FIGURE + 1);
    let columns = columns.clamp(12, 60);
    let scale = Scale::over(found.rows.iter().map(|row| row.wall), columns);
    for row in &found.rows {
        let range = (scale.draw(row.wall, false), Role::Accent);
        let median = (duration(row.wall.median), Role::Strong);
        let name = cell(name(row.name), NAME, Role::Text);
        rows.ends(vec![name, range], vec![median]);
    }
    parts::axis(rows, &scale, NAME);
    rows.blank(1);
    let more = (format!("{:>16}", "more per call"), Role::Dim);
    let heads = vec![Role::Dim.of("per run"), more];
    rows.ends(vec![Role::Dim.of("voluntary context switches")], heads);
    rows.rule();
    for row in &found.rows {
        let more = row.switches_a_call.map(|more| format!("{more:.2}"));
        let more = format!("{:>16}", more.unwrap_or_default());
        let figures = [grouped(row.switches.median), more].map(|text| (text, Role::Strong));
        rows.ends(vec![Role::Text.of(name(row.name))], figures.to_vec());
    }
}

fn name(name: &str) -> &str {
    match name {
        "same-cpu" => "traced, the same CPU",
        "other-cpu" => "traced from another CPU",
        other => other,
    }
}
