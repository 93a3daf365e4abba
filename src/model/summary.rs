//! The figures of one run, by the names that questions and `--json` use.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::Serialize;

use super::{Hop, Measured, Recording};

/// What a recording comes to. Made by `copypath::summarise`, never by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Calls of the traced run.
    pub syscalls: Option<u64>,
    /// Twice the calls.
    pub mode_switches: Option<u64>,
    /// Calls by name.
    pub calls_by_name: BTreeMap<String, u64>,
    /// Requests by name, of a method that hands them over in rings.
    pub requests_by_name: BTreeMap<String, u64>,
    /// Every hop, of both sides, ghosts too.
    pub copy_path: Vec<Hop>,
    /// Bytes that the CPU copied on the sender's side. None without a traced run.
    pub cpu_copied_bytes: Option<u64>,
    /// The same a byte moved. None without a traced run, and where nothing was moved.
    pub cpu_copies_per_byte: Option<f64>,
    /// Bytes moved.
    pub bytes_moved: u64,
    /// Counters of the untraced run.
    pub measured: Option<Measured>,
}

impl Summary {
    /// A recording that stands in for calls which could not be traced here answers for those calls alone: the counters
    /// are this machine's own, where its untraced run has them.
    pub(crate) fn with_counters_of(mut self, own: &Recording) -> Summary {
        if own.measured.is_some() {
            self.measured.clone_from(&own.measured);
        }
        self
    }
}

/// The name of one figure of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// `syscalls`
    Syscalls,
    /// `mode_switches`
    ModeSwitches,
    /// `calls.NAME`: 0 where the call was not made.
    Calls(String),
    /// `cpu_copied_bytes`
    CpuCopiedBytes,
    /// `cpu_copies_per_byte`
    CpuCopiesPerByte,
    /// `bytes_moved`
    BytesMoved,
    /// `context_switches`: voluntary and involuntary, of the untraced run.
    ContextSwitches,
    /// `voluntary_context_switches`
    VoluntaryContextSwitches,
    /// `minor_faults`
    MinorFaults,
    /// `major_faults`
    MajorFaults,
    /// A figure of an experiment that is no transfer, by its name: see [`super::ExperimentSpec::queries`].
    Named(String),
}

impl Query {
    /// The figure, where the run has it.
    pub fn of(&self, run: &Summary) -> Option<f64> {
        let measured = run.measured.as_ref();
        let whole = |number: Option<u64>| number.map(|number| number as f64);
        match self {
            Query::Syscalls => whole(run.syscalls),
            Query::ModeSwitches => whole(run.mode_switches),
            Query::Calls(name) => whole(
                run.syscalls
                    .map(|_| run.calls_by_name.get(name).copied().unwrap_or(0)),
            ),
            Query::CpuCopiedBytes => whole(run.cpu_copied_bytes),
            Query::CpuCopiesPerByte => run.cpu_copies_per_byte,
            Query::BytesMoved => Some(run.bytes_moved as f64),
            Query::ContextSwitches => whole(
                measured.map(|m| m.voluntary_context_switches + m.involuntary_context_switches),
            ),
            Query::VoluntaryContextSwitches => {
                whole(measured.map(|m| m.voluntary_context_switches))
            }
            Query::MinorFaults => whole(measured.map(|m| m.minor_faults)),
            Query::MajorFaults => whole(measured.map(|m| m.major_faults)),
            Query::Named(_) => None,
        }
    }

    /// Whether the figure comes from the untraced run (else from the traced one).
    pub fn is_measured(&self) -> bool {
        matches!(
            self,
            Query::ContextSwitches
                | Query::VoluntaryContextSwitches
                | Query::MinorFaults
                | Query::MajorFaults
        )
    }
}

const NAMES: [(&str, Query); 9] = [
    ("syscalls", Query::Syscalls),
    ("mode_switches", Query::ModeSwitches),
    ("cpu_copied_bytes", Query::CpuCopiedBytes),
    ("cpu_copies_per_byte", Query::CpuCopiesPerByte),
    ("bytes_moved", Query::BytesMoved),
    ("context_switches", Query::ContextSwitches),
    (
        "voluntary_context_switches",
        Query::VoluntaryContextSwitches,
    ),
    ("minor_faults", Query::MinorFaults),
    ("major_faults", Query::MajorFaults),
];

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::Calls(name) => write!(f, "calls.{name}"),
            Query::Named(name) => f.write_str(name),
            other => {
                let (name, _) = NAMES
                    .iter()
                    .find(|(_, query)| query == other)
                    .expect("named above");
                f.write_str(name)
            }
        }
    }
}

impl FromStr for Query {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("calls.") {
            return Ok(Query::Calls(name.to_owned()));
        }
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, query)| query.clone())
            .ok_or_else(|| {
                let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
                format!(
                    "'{text}' is not a figure of a run: there are {}, calls.NAME",
                    names.join(", ")
                )
            })
    }
}
