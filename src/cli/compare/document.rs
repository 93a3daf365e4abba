//! What `zclab compare` prints for programs.

use serde::Serialize;

use crate::cli::csv;
use crate::experiment::{claims::COST_OF_WATCHING, verdict::PairedComparison};
use crate::model::{Compared, Method, Range, Sink, Size, Unavailable, WatchCost, WatchRow, plain};

/// A comparison, and the statistic of each of its pairs.
#[derive(Serialize)]
pub(super) struct ComparisonDocument<'a> {
    #[serde(flatten)]
    pub found: &'a Compared,
    pub comparisons: &'a [PairedComparison],
}

pub(super) fn comparison_csv(found: &Compared) -> String {
    table(found.rows.iter().map(|row| {
        let mut cells = vec![
            ("method".to_owned(), row.method.to_string()),
            ("to".to_owned(), row.to.to_owned()),
            ("size".to_owned(), row.size.bytes().to_string()),
            ("chunk".to_owned(), row.chunk.bytes().to_string()),
            ("runs".to_owned(), row.runs.to_string()),
        ];
        cells.extend(range("wall_ns", row.wall));
        cells.extend(range("cpu_ns", row.cpu));
        let syscalls = row.syscalls.map(|calls| calls.to_string());
        cells.push(("syscalls".to_owned(), syscalls.unwrap_or_default()));
        if let Some(more) = &row.of_claim {
            cells.push(("transfers".to_owned(), more.transfers.to_string()));
            cells.push(("at_once".to_owned(), more.at_once.to_string()));
        }
        cells
    }))
}

pub(super) fn tracing_csv(found: &WatchCost) -> String {
    table(found.rows.iter().map(|row| {
        let mut cells = vec![
            ("watched".to_owned(), row.name.to_owned()),
            ("runs".to_owned(), row.runs.to_string()),
        ];
        cells.extend(range("wall_ns", row.wall));
        cells.extend(range("cpu_ns", row.cpu));
        cells.extend(range("voluntary_context_switches", row.switches));
        cells.extend(range("involuntary_context_switches", row.involuntary));
        cells
    }))
}

/// A cell with the head of its column.
type Cell = (String, String);

fn range(name: &str, range: Range) -> [Cell; 3] {
    let figures = [
        ("median", range.median),
        ("min", range.min),
        ("max", range.max),
    ];
    figures.map(|(figure, value)| (format!("{name}_{figure}"), value.to_string()))
}

/// The heads are those of the first row.
fn table(rows: impl Iterator<Item = Vec<Cell>>) -> String {
    let mut table = String::new();
    for row in rows {
        let (heads, cells): (Vec<_>, Vec<_>) = row.into_iter().unzip();
        if table.is_empty() {
            table += &csv::record(&heads, "\n");
        }
        table += &csv::record(&cells, "\n");
    }
    table
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
    #[serde(serialize_with = "plain")]
    verdicts: &'a [String],
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
            verdicts: &found.verdicts,
            unavailable: &found.unavailable,
        }
    }
}
