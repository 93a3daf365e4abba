//! Methods side by side: ranges on one scale, and a verdict that admits the spread.

use ratatui::layout::Rect;

use super::parts::{self, AXIS, cell, state};
use crate::app::{App, ExperimentPage};
use crate::figure::chart::{Scale, example};
use crate::model::{
    CLAIMS, Compared, ComparedRow, Contest, ExperimentOutcome, How, Method, Sweep, duration,
    grouped,
};
use crate::ui::{Role, Rows};

/// Columns of a time, and of a count of calls.
const TIME: usize = 9;
/// The scale has at least and at most so many columns.
const SCALE: (usize, usize) = (14, 72);

pub fn rows(app: &App, page: &ExperimentPage, contest: &Contest, area: Rect) -> Rows {
    let mut rows = Rows::new(area.width);
    plan(&mut rows, contest);
    state(&mut rows, app);
    rows.blank(1);
    match &page.found {
        Some(outcome @ ExperimentOutcome::Compare(found)) => {
            chart(&mut rows, found, area);
            parts::concluded(&mut rows, outcome, &found.verdicts);
        }
        _ => parts::no_round(&mut rows, app),
    }
    rows
}

pub fn plan(rows: &mut Rows, contest: &Contest) {
    match contest {
        Contest::Claim(name) => {
            let says = CLAIMS.iter().find(|(known, _)| known == name);
            let says = format!("\"{}\"", says.map_or("", |(_, says)| says));
            rows.hanging(("claim", Role::Dim), 7, &says, Role::Strong);
        }
        Contest::Methods {
            methods,
            to,
            size,
            chunk,
            sweep,
        } => {
            let names: Vec<_> = methods.iter().map(|method| method.name()).collect();
            let (size_label, chunk) = match sweep {
                Some(Sweep::Chunk) => ("size", "4 KiB to 1 MiB".to_owned()),
                Some(Sweep::Size) => ("sizes up to", chunk.to_string()),
                None => ("size", chunk.to_string()),
            };
            let mut left = Vec::new();
            for (name, value) in [
                ("", names.join(", ")),
                ("to", to.to_string()),
                (size_label, size.to_string()),
                ("chunk", chunk),
            ] {
                if !name.is_empty() {
                    left.push((format!("{name} "), Role::Dim));
                }
                left.push((format!("{value}   "), Role::Strong));
            }
            rows.line(left);
        }
    }
    let says = "Nine rounds, interleaved, untraced; the calls from one traced run more.";
    rows.text(says, Role::Dim);
}

fn chart(rows: &mut Rows, found: &Compared, area: Rect) {
    let longest = |of: &dyn Fn(&ComparedRow) -> usize| found.rows.iter().map(of).max().unwrap_or(0);
    let label = match longest(&|row| row.label.chars().count()) {
        0 => 0,
        label => label + 1,
    };
    let method = (longest(&|row| row.method.name().len()) + 1).max(AXIS);
    let calls = area.width >= 76;
    let figures = if calls { 3 * TIME } else { 2 * TIME };
    let columns = usize::from(area.width).saturating_sub(label + method + figures + 1);
    let columns = columns.clamp(SCALE.0, SCALE.1);
    let scale = Scale::over(found.rows.iter().map(|row| row.wall), columns);
    let runs = found.rows.iter().map(|row| row.runs).min().unwrap_or(0);
    let legend = format!("{} fastest, median, slowest", example(false));
    let right = |text: &str| (format!("{text:>TIME$}"), Role::Dim);
    let mut heads = vec![right("median"), right("CPU")];
    heads.extend(calls.then(|| right("calls")));
    let head = format!("wall, untraced, {runs} runs  {legend}");
    let room = usize::from(area.width).saturating_sub(figures + 1);
    rows.ends(vec![cell(&head, room, Role::Dim)], heads);
    rows.rule();
    let first = found.rows.first().map(|row| row.method);
    let mut labels: Vec<_> = found.rows.iter().map(|row| &row.label).collect();
    labels.dedup();
    let airy = labels.len() + found.rows.len() + 12 < usize::from(area.height);
    let mut before = None;
    for row in &found.rows {
        let again = before == Some(&row.label);
        // A free row between the points, where there is room for all of them.
        rows.blank(usize::from(airy && before.is_some() && !again));
        before = Some(&row.label);
        let name = if again { "" } else { row.label.as_str() };
        let [wall, cpu] = [row.wall, row.cpu].map(|range| duration(range.median));
        let mut right = vec![
            (format!("{wall:>TIME$}"), Role::Strong),
            (format!("{cpu:>TIME$}"), Role::Text),
        ];
        if calls {
            let count = row.syscalls.map_or_else(|| "-".to_owned(), grouped);
            right.push((format!("{count:>TIME$}"), Role::Dim));
        }
        let tone = tone(row.method, first);
        let left = vec![
            cell(name, label, Role::Strong),
            cell(row.method.name(), method, Role::Dim),
            (scale.draw(row.wall, false), tone),
        ];
        rows.ends(left, right);
    }
    parts::axis(rows, &scale, label + method);
}

/// The first method plain; the others in the tone of what they do with the payload.
fn tone(method: Method, first: Option<Method>) -> Role {
    match method {
        _ if Some(method) == first => Role::Hot(How::CpuCopy),
        Method::MmapWrite | Method::TcpMmapReceive => Role::Hot(How::Mapping),
        _ => Role::Hot(How::Reference),
    }
}
