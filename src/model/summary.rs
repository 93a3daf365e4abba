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

/// The name of one figure: of a [`Summary`] (`syscalls`, `calls.NAME`), or of an experiment that is no transfer (see
/// [`super::ExperimentSpec::queries`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(pub String);

type Figure = fn(&Summary) -> Option<f64>;
type MeasuredFigure = fn(&Measured) -> u64;

/// The figures that the traced run has, or both have.
const TRACED: [(&str, Figure); 5] = [
    ("syscalls", |run| Some(run.syscalls? as f64)),
    ("mode_switches", |run| Some(run.mode_switches? as f64)),
    ("cpu_copied_bytes", |run| Some(run.cpu_copied_bytes? as f64)),
    ("cpu_copies_per_byte", |run| run.cpu_copies_per_byte),
    ("bytes_moved", |run| Some(run.bytes_moved as f64)),
];
/// The figures of the untraced run.
const MEASURED: [(&str, MeasuredFigure); 4] = [
    ("context_switches", |run| {
        run.voluntary_context_switches + run.involuntary_context_switches
    }),
    ("voluntary_context_switches", |run| {
        run.voluntary_context_switches
    }),
    ("minor_faults", |run| run.minor_faults),
    ("major_faults", |run| run.major_faults),
];

impl Query {
    /// The figure, where the run has it. `calls.NAME` is 0 where the call was not made.
    pub fn of(&self, run: &Summary) -> Option<f64> {
        if let Some(name) = self.0.strip_prefix("calls.") {
            run.syscalls?;
            return Some(run.calls_by_name.get(name).copied().unwrap_or(0) as f64);
        }
        match TRACED.iter().find(|(name, _)| *name == self.0) {
            Some((_, figure)) => figure(run),
            None => {
                let (_, figure) = MEASURED.iter().find(|(name, _)| *name == self.0)?;
                Some(figure(run.measured.as_ref()?) as f64)
            }
        }
    }

    /// Whether the figure comes from the untraced run (else from the traced one).
    pub fn is_measured(&self) -> bool {
        MEASURED.iter().any(|(name, _)| *name == self.0)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Query {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let traced = TRACED.iter().map(|(name, _)| *name);
        let names: Vec<_> = traced
            .chain(MEASURED.iter().map(|(name, _)| *name))
            .collect();
        match text.starts_with("calls.") || names.contains(&text) {
            true => Ok(Query(text.to_owned())),
            false => Err(format!(
                "'{text}' is not a figure of a run: there are {}, calls.NAME",
                names.join(", ")
            )),
        }
    }
}
