//! The JSON documents of `zclab compare`, and the same rows as CSV.

use serde::Serialize;

use crate::cli::csv;
use crate::experiment::claims::{COST_OF_WATCHING, Claim};
use crate::experiment::comparison::{Comparison, Row};
use crate::experiment::plan::{Load, To};
use crate::experiment::tracing_cost::TracingCost;
use crate::measure::statistics::{CPU, WALL};
use crate::model::{Method, Range, Sink, Size, Unavailable};

/// Methods side by side, and a claim that was tried.
#[derive(Serialize)]
pub struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    rows: Vec<Figures>,
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

#[derive(Serialize)]
struct Figures {
    method: Method,
    to: To,
    size: Size,
    chunk: Size,
    runs: usize,
    wall_ns: Range,
    cpu_ns: Range,
    syscalls: Option<u64>,
    #[serde(flatten)]
    of_claim: Option<OfClaim>,
}

/// What the rows of a claim have besides.
#[derive(Serialize)]
struct OfClaim {
    /// Transfers of a run; the times are of all of them.
    transfers: u32,
    at_once: bool,
    minor_faults: Range,
}

impl Document<'_> {
    /// Of what came of a comparison.
    pub fn of<'a>(
        done: &'a Comparison,
        claim: Option<&'a Claim>,
        verdicts: Vec<String>,
    ) -> Document<'a> {
        let figures = |row: &Row| Figures {
            method: row.entry.method,
            to: row.entry.to,
            size: row.entry.size,
            chunk: row.entry.chunk,
            runs: row.runs.len(),
            wall_ns: row.runs.range(WALL),
            cpu_ns: row.runs.range(CPU),
            syscalls: row.syscalls,
            of_claim: claim.map(|_| OfClaim {
                transfers: row.entry.load.transfers(),
                at_once: matches!(row.entry.load, Load::AtOnce(_)),
                minor_faults: row.runs.range(|run| run.minor_faults),
            }),
        };
        Document {
            claim: claim.map(|claim| claim.name),
            rows: done.rows.iter().map(figures).collect(),
            verdicts,
            unavailable: &done.unavailable,
        }
    }

    /// The rows.
    pub fn csv(&self) -> String {
        let mut head: Vec<String> = ["method", "to", "size", "chunk", "runs"]
            .map(str::to_owned)
            .into();
        head.extend(["wall_ns", "cpu_ns"].iter().flat_map(range_heads));
        head.push("syscalls".to_owned());
        if self.claim.is_some() {
            head.extend(["transfers", "at_once"].map(str::to_owned));
        }
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![
                row.method.to_string(),
                row.to.name().to_owned(),
                row.size.bytes().to_string(),
                row.chunk.bytes().to_string(),
                row.runs.to_string(),
            ];
            cells.extend([row.wall_ns, row.cpu_ns].iter().flat_map(range_cells));
            cells.push(row.syscalls.map_or_else(String::new, |n| n.to_string()));
            if let Some(more) = &row.of_claim {
                cells.extend([more.transfers.to_string(), more.at_once.to_string()]);
            }
            cells
        });
        table(&head, rows)
    }
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

/// The cost of tracing.
#[derive(Serialize)]
pub struct TracingDocument<'a> {
    claim: &'static str,
    method: Method,
    to: Sink,
    size: Size,
    chunk: Size,
    syscalls: Option<u64>,
    rows: Vec<TracingFigures>,
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

#[derive(Serialize)]
struct TracingFigures {
    watched: &'static str,
    runs: usize,
    wall_ns: Range,
    cpu_ns: Range,
    voluntary_context_switches: Range,
    involuntary_context_switches: Range,
}

impl TracingDocument<'_> {
    /// Of what came of tracing one transfer in several ways.
    pub fn of(found: &TracingCost, verdicts: Vec<String>) -> TracingDocument<'_> {
        let rows = found.rows.iter().map(|row| TracingFigures {
            watched: row.watched.name(),
            runs: row.runs.len(),
            wall_ns: row.runs.range(WALL),
            cpu_ns: row.runs.range(CPU),
            voluntary_context_switches: row.runs.range(|run| run.voluntary_context_switches),
            involuntary_context_switches: row.runs.range(|run| run.involuntary_context_switches),
        });
        TracingDocument {
            claim: COST_OF_WATCHING,
            method: found.spec.method,
            to: found.spec.to,
            size: found.spec.size,
            chunk: found.spec.chunk,
            syscalls: found.syscalls,
            rows: rows.collect(),
            verdicts,
            unavailable: &found.unavailable,
        }
    }

    /// The rows.
    pub fn csv(&self) -> String {
        let mut head: Vec<String> = ["watched", "runs"].map(str::to_owned).into();
        let names = [
            "wall_ns",
            "cpu_ns",
            "voluntary_context_switches",
            "involuntary_context_switches",
        ];
        head.extend(names.iter().flat_map(range_heads));
        let rows = self.rows.iter().map(|row| {
            let ranges = [
                row.wall_ns,
                row.cpu_ns,
                row.voluntary_context_switches,
                row.involuntary_context_switches,
            ];
            let mut cells = vec![row.watched.to_owned(), row.runs.to_string()];
            cells.extend(ranges.iter().flat_map(range_cells));
            cells
        });
        table(&head, rows)
    }
}
