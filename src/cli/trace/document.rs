//! The JSON of `zclab trace`: documented in CONTRIBUTING.md, and stable.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::copypath::flows::{Advice, verdicts};
use crate::model::{
    Basis, CountedBytes, End, Exit, Fallback, Flow, Hazard, Hop, StorageUse, TraceReport,
    Unexplained, ZeroCopySends,
};

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
    hazards: &'a [Hazard],
    zero_copy_sends: &'a [ZeroCopySends],
    storage: &'a [StorageUse],
    /// Where that was asked for; null where it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Option<Counted<'a>>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct FlowDocument<'a> {
    from: &'a End,
    to: &'a End,
    bytes: u64,
    calls: u64,
    calls_by_name: &'a BTreeMap<String, u64>,
    cpu_copies_per_byte: Option<f64>,
    zero_copy: Option<bool>,
    transformed: bool,
    basis: Basis,
    copy_path: &'a [Hop],
    fallbacks: &'a [Fallback],
    verdict: String,
    advice: Option<String>,
}

impl TraceDocument<'_> {
    /// Of what came of watching a program.
    pub(crate) fn of(watched: &TraceReport) -> TraceDocument<'_> {
        let calls = watched.calls_by_name.iter();
        let flows = watched.flows.iter().zip(verdicts(&watched.flows));
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
            flows: flows.map(|(flow, advice)| of_flow(flow, advice)).collect(),
            unexplained: watched.unexplained,
            hazards: &watched.hazards,
            zero_copy_sends: &watched.zero_copy,
            storage: &watched.storage,
            counted: watched.counted.as_ref().map(|counted| {
                Some(Counted {
                    counted,
                    rule_copied_bytes: watched.kernel_copied_bytes(),
                })
            }),
            notes: &watched.notes,
        }
    }
}

impl TraceDocument<'_> {
    /// Says `null` of a count that was asked for and refused.
    pub(crate) fn with_count(mut self, asked: bool) -> Self {
        if asked && self.counted.is_none() {
            self.counted = Some(None);
        }
        self
    }
}

/// What the kernel's own functions counted for all processes, beside what the flows come to.
#[derive(Serialize)]
struct Counted<'a> {
    #[serde(flatten)]
    counted: &'a CountedBytes,
    rule_copied_bytes: u64,
}

fn of_flow(flow: &Flow, advice: Advice) -> FlowDocument<'_> {
    FlowDocument {
        from: &flow.from,
        to: &flow.to,
        bytes: flow.bytes,
        calls: flow.calls,
        calls_by_name: &flow.calls_by_name,
        cpu_copies_per_byte: (!flow.has_unknown_copies()).then(|| flow.cpu_copies_per_byte()),
        zero_copy: flow.is_zero_copy(),
        transformed: flow.transformed,
        basis: flow.basis,
        copy_path: &flow.copy_path,
        fallbacks: &flow.fallbacks,
        verdict: advice.short,
        advice: advice.suggests.then_some(advice.sentence),
    }
}
