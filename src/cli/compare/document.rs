//! The JSON documents of `zclab compare`, and the same rows as CSV.

use serde::Serialize;

use crate::cli::csv;
use crate::experiment::claims::COST_OF_WATCHING;
use crate::model::{
    Compared, ComparedRow, Method, Range, Sink, Size, Unavailable, WatchCost, WatchRow,
};

/// Methods side by side, and a claim that was tried.
#[derive(Serialize)]
pub(super) struct CompareDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    rows: &'a [ComparedRow],
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

impl CompareDocument<'_> {
    pub(super) fn of<'a>(found: &'a Compared, claim: Option<&'a str>) -> CompareDocument<'a> {
        CompareDocument {
            claim,
            rows: &found.rows,
            verdicts: plain(&found.verdicts),
            unavailable: &found.unavailable,
        }
    }
}

pub(super) fn comparison_csv(found: &Compared) -> String {
    let is_claim = found.claim.is_some();
    let mut head: Vec<String> = ["method", "to", "size", "chunk", "runs"]
        .map(str::to_owned)
        .into();
    head.extend(["wall_ns", "cpu_ns"].iter().flat_map(range_heads));
    head.push("syscalls".to_owned());
    if is_claim {
        head.extend(["transfers", "at_once"].map(str::to_owned));
    }
    let rows = found.rows.iter().map(|row| {
        let mut cells = vec![
            row.method.to_string(),
            row.to.to_owned(),
            row.size.bytes().to_string(),
            row.chunk.bytes().to_string(),
            row.runs.to_string(),
        ];
        cells.extend([row.wall, row.cpu].iter().flat_map(range_cells));
        cells.push(row.syscalls.map_or_else(String::new, |n| n.to_string()));
        if let Some(more) = &row.of_claim {
            cells.extend([more.transfers.to_string(), more.at_once.to_string()]);
        }
        cells
    });
    table(&head, rows)
}

fn range_heads(name: &&str) -> [String; 3] {
    ["median", "min", "max"].map(|figure| format!("{name}_{figure}"))
}

fn range_cells(range: &Range) -> [String; 3] {
    [range.median, range.min, range.max].map(|figure| figure.to_string())
}

fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows = rows.map(|cells| csv::record(&cells, "\n"));
    csv::record(head, "\n") + &rows.collect::<String>()
}

/// Sentences with ordinary spaces, for programs.
fn plain(sentences: &[String]) -> Vec<String> {
    let spaced = sentences.iter().map(|text| text.replace('\u{a0}', " "));
    spaced.collect()
}

#[derive(Serialize)]
pub(super) struct TracingDocument<'a> {
    claim: &'static str,
    method: Method,
    to: Sink,
    size: Size,
    chunk: Size,
    syscalls: Option<u64>,
    rows: &'a [WatchRow],
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

impl TracingDocument<'_> {
    pub(super) fn of(found: &WatchCost) -> TracingDocument<'_> {
        TracingDocument {
            claim: COST_OF_WATCHING,
            method: found.spec.method,
            to: found.spec.to,
            size: found.spec.size,
            chunk: found.spec.chunk,
            syscalls: found.syscalls,
            rows: &found.rows,
            verdicts: plain(&found.verdicts),
            unavailable: &found.unavailable,
        }
    }
}

pub(super) fn tracing_csv(found: &WatchCost) -> String {
    let mut head: Vec<String> = ["watched", "runs"].map(str::to_owned).into();
    let names = [
        "wall_ns",
        "cpu_ns",
        "voluntary_context_switches",
        "involuntary_context_switches",
    ];
    head.extend(names.iter().flat_map(range_heads));
    let rows = found.rows.iter().map(|row| {
        let ranges = [row.wall, row.cpu, row.switches, row.involuntary];
        let mut cells = vec![row.name.to_owned(), row.runs.to_string()];
        cells.extend(ranges.iter().flat_map(range_cells));
        cells
    });
    table(&head, rows)
}
