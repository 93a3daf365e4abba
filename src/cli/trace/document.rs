//! The JSON of `zclab trace`: documented in CONTRIBUTING.md, and stable.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Basis, End, Exit, Flow, Hop, TraceReport, Unexplained};

#[derive(Serialize)]
pub(crate) struct TraceDocument<'a> {
    command: &'a [String],
    exit: &'a Exit,
    processes: u64,
    threads: u64,
    syscalls: u64,
    mode_switches: u64,
    calls_by_name: BTreeMap<&'a str, u64>,
    flows: Vec<FlowDocument<'a>>,
    unexplained: Unexplained,
    notes: &'a [String],
}

#[derive(Serialize)]
struct FlowDocument<'a> {
    from: &'a End,
    to: &'a End,
    bytes: u64,
    calls: u64,
    calls_by_name: &'a BTreeMap<String, u64>,
    cpu_copies_per_byte: f64,
    zero_copy: bool,
    transformed: bool,
    basis: Basis,
    copy_path: &'a [Hop],
}

impl TraceDocument<'_> {
    /// Of what came of watching a program.
    pub(crate) fn of(watched: &TraceReport) -> TraceDocument<'_> {
        let calls = watched.calls_by_name.iter();
        TraceDocument {
            command: &watched.command,
            exit: &watched.exit,
            processes: watched.processes,
            threads: watched.threads,
            syscalls: watched.syscalls(),
            mode_switches: 2 * watched.syscalls(),
            calls_by_name: calls
                .map(|(name, counted)| (name.as_str(), counted.calls))
                .collect(),
            flows: watched.flows.iter().map(flow).collect(),
            unexplained: watched.unexplained,
            notes: &watched.notes,
        }
    }
}

fn flow(flow: &Flow) -> FlowDocument<'_> {
    FlowDocument {
        from: &flow.from,
        to: &flow.to,
        bytes: flow.bytes,
        calls: flow.calls,
        calls_by_name: &flow.calls_by_name,
        cpu_copies_per_byte: flow.cpu_copies_per_byte(),
        zero_copy: flow.cpu_copied_bytes() == 0,
        transformed: flow.transformed,
        basis: flow.basis,
        copy_path: &flow.copy_path,
    }
}
