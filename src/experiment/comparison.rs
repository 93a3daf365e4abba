//! Methods side by side: each row a transfer, measured untraced several times in turn with the others; its calls
//! counted once, by a traced run of the same transfer. What is timed and what is traced never come from one run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    thread,
};

use anyhow::{Context, Result, ensure};

use super::plan::{Load, Plan, PlannedTransfer, To};
use super::{Lab, repeated, stop_if, unless_refused};
use crate::endpoint;
use crate::host;
use crate::measure::statistics::Runs;
use crate::model::{JobProgress, Measured, Sink, Size, TransferSpec, Unavailable};
use crate::tracer::{Cancel, TraceError};

/// One row's results. The n-th run of a row stands beside the n-th run of every other: they were of one round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredRow {
    /// What was run.
    pub planned: PlannedTransfer,
    /// Counters of each measured run, of all its transfers together.
    pub runs: Runs,
    /// Calls of one transfer, from a traced run; none where ptrace is refused, or nothing was traced.
    pub syscalls: Option<u64>,
}

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The rows that could be run, in the order of the plan.
    pub rows: Vec<MeasuredRow>,
    /// The file system of the sources.
    pub file_system: String,
    /// Methods that could not be run here, and instruments that could not be had.
    pub unavailable: Vec<Unavailable>,
}

/// The rows in the order of one round: there and back again in turn, so that no row always follows the same one.
pub(crate) fn order(rows: usize, round: usize) -> Vec<usize> {
    match round % 2 {
        0 => (0..rows).collect(),
        _ => (0..rows).rev().collect(),
    }
}

/// Runs a plan with sources and file sinks in `dir`. Each row is traced once, which also verifies that what arrives is
/// what was sent; then all rows are measured in rounds.
///
/// # Errors
/// A source cannot be made, or no row can be run at all: why. [`TraceError::Cancelled`].
pub fn compare(
    plan: &Plan,
    dir: &Path,
    cancel: &Cancel,
    progress: &mut dyn FnMut(JobProgress, &[MeasuredRow]),
) -> Result<Comparison> {
    let entries = plan.entries.len();
    let at = |what, done| JobProgress::new(what, done as u64, (entries * (1 + plan.runs)) as u64);
    let sources = sources(plan, dir, cancel, &mut |size| {
        progress(at(format!("making a source of {size}"), 0), &[]);
    })?;
    let bench = Bench {
        dir,
        sources,
        cpus: host::allowed_cpus().ok(),
        cancel,
    };
    let mut done = Comparison {
        file_system: host::file_system(endpoint::scratch_file(dir)?),
        ..Comparison::default()
    };
    for (row, planned) in plan.entries.iter().enumerate() {
        let what = format!("counting calls: row {} of {entries}", row + 1);
        progress(at(what, row), &done.rows);
        match bench.try_out(planned) {
            Ok(counted) => done.add(*planned, counted),
            Err(error) if is_cancelled(&error) => return Err(error),
            Err(error) => done.leave_out(planned.method.name(), format!("{error:#}")),
        }
    }
    if done.rows.is_empty() {
        let last = done.unavailable.last();
        let reason = last.map_or("nothing to compare", |missing| &missing.reason);
        anyhow::bail!("nothing can be compared: {reason}");
    }
    for round in 0..plan.runs {
        for row in order(done.rows.len(), round) {
            let what = format!("round {} of {}", round + 1, plan.runs);
            progress(at(what, entries * (1 + round) + row), &done.rows);
            let measured = bench.measure(&done.rows[row].planned)?;
            done.rows[row].runs.0.push(measured);
        }
    }
    Ok(done)
}

fn is_cancelled(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TraceError::Cancelled))
}

/// One source a size, for all rows.
fn sources(
    plan: &Plan,
    dir: &Path,
    cancel: &Cancel,
    progress: &mut dyn FnMut(Size),
) -> Result<BTreeMap<Size, endpoint::Source>> {
    let sizes: BTreeSet<Size> = plan.entries.iter().map(|planned| planned.size).collect();
    let to_files = plan
        .entries
        .iter()
        .filter(|planned| planned.to == To::Sink(Sink::File));
    let sink = to_files.map(|planned| {
        planned
            .size
            .bytes()
            .saturating_mul(u64::from(planned.load.transfers()))
    });
    let total = sizes
        .iter()
        .fold(0u64, |sum, size| sum.saturating_add(size.bytes()));
    endpoint::need_space(dir, total.saturating_add(sink.max().unwrap_or(0)))?;
    let make = |size: Size| {
        progress(size);
        let step = &mut |_| stop_if(cancel);
        let source = endpoint::Source::generate(dir, size.bytes(), step)?;
        Ok((size, source))
    };
    sizes.into_iter().map(make).collect()
}

impl Comparison {
    fn add(&mut self, planned: PlannedTransfer, counted: Result<Option<u64>, String>) {
        let syscalls = counted.unwrap_or_else(|reason| {
            self.leave_out("ptrace", reason);
            None
        });
        self.rows.push(MeasuredRow {
            planned,
            runs: Runs::default(),
            syscalls,
        });
    }

    fn leave_out(&mut self, instrument: &str, reason: String) {
        Unavailable::new(instrument, reason).add_to(&mut self.unavailable);
    }
}

/// What all rows share.
struct Bench<'a> {
    dir: &'a Path,
    sources: BTreeMap<Size, endpoint::Source>,
    cpus: Option<String>,
    cancel: &'a Cancel,
}

impl Bench<'_> {
    /// Its calls, where they can be traced; else at least whether it can be run here.
    fn try_out(&self, planned: &PlannedTransfer) -> Result<Result<Option<u64>, String>> {
        let counted = self.count_calls(planned)?;
        if counted.is_err() {
            self.measure(planned)?;
        }
        Ok(counted)
    }

    /// The calls of one transfer. The inner error is the reason why ptrace is refused. A transfer to /dev/null is not
    /// traced: it has no receiver that could verify it.
    fn count_calls(&self, planned: &PlannedTransfer) -> Result<Result<Option<u64>, String>> {
        stop_if(self.cancel)?;
        let To::Sink(to) = planned.to else {
            return Ok(Ok(None));
        };
        let spec = spec(planned, to);
        let traced = self.lab(&spec).trace(&mut |_| {});
        Ok(unless_refused(traced)?.map(|(_, trace)| Some(trace.calls.len() as u64)))
    }

    fn measure(&self, planned: &PlannedTransfer) -> Result<Measured> {
        stop_if(self.cancel)?;
        match (planned.load, planned.to) {
            (Load::InARow(_), _) | (_, To::Null) => self.in_a_row(planned),
            (Load::Single, To::Sink(to)) => self.once(&spec(planned, to)),
            (Load::AtOnce(count), To::Sink(to)) => self.at_once(&spec(planned, to), count),
        }
    }

    fn once(&self, spec: &TransferSpec) -> Result<Measured> {
        let lab = self.lab(spec);
        let report = lab.measure(&mut |_| {})?;
        lab.check(&report)?;
        Ok(report.measured)
    }

    fn in_a_row(&self, planned: &PlannedTransfer) -> Result<Measured> {
        let order = repeated::Order {
            planned: *planned,
            dir: self.dir,
            receiver_cpus: self.cpus.as_deref(),
        };
        let said = repeated::run(&order, &self.source(planned.size).file, self.cancel)?;
        let expected = planned.size.bytes() * u64::from(planned.load.transfers());
        let (sent, arrived) = (said.bytes_moved, said.received);
        ensure!(
            sent == expected && arrived.is_none_or(|arrived| arrived == expected),
            "{} to {} is not verified: of {expected} bytes {sent} were sent and {} arrived",
            planned.method,
            planned.to.name(),
            arrived.unwrap_or(sent),
        );
        Ok(said.measured)
    }

    /// Several senders, each in a process of its own.
    fn at_once(&self, spec: &TransferSpec, count: u32) -> Result<Measured> {
        let all = thread::scope(|scope| {
            let start = |_| thread::Builder::new().spawn_scoped(scope, || self.once(spec));
            let running: Vec<_> = (0..count).map(start).collect();
            let ended = running.into_iter().map(|thread| {
                let joined = thread.context("cannot start a thread")?.join();
                joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            ended.collect::<Result<Vec<_>>>()
        })?;
        let together = all.into_iter().reduce(together);
        together.context("a run of no transfer at all")
    }

    fn lab<'a>(&'a self, spec: &'a TransferSpec) -> Lab<'a> {
        Lab {
            spec,
            source: self.source(spec.size),
            dir: self.dir,
            cpus: self.cpus.clone(),
            cancel: self.cancel,
        }
    }

    fn source(&self, size: Size) -> &endpoint::Source {
        self.sources
            .get(&size)
            .expect("made for every size of the plan")
    }
}

fn spec(planned: &PlannedTransfer, to: Sink) -> TransferSpec {
    TransferSpec {
        to,
        size: planned.size,
        chunk: planned.chunk,
        ..TransferSpec::of(planned.method)
    }
}

/// Two senders that ran at once, as one: the longer wall time, everything else summed.
fn together(one: Measured, other: Measured) -> Measured {
    let both = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
    Measured {
        wall_ns: one.wall_ns.max(other.wall_ns),
        cpu_ns: one.cpu_ns + other.cpu_ns,
        user_ns: both(one.user_ns, other.user_ns),
        system_ns: both(one.system_ns, other.system_ns),
        voluntary_context_switches: one.voluntary_context_switches
            + other.voluntary_context_switches,
        involuntary_context_switches: one.involuntary_context_switches
            + other.involuntary_context_switches,
        minor_faults: one.minor_faults + other.minor_faults,
        major_faults: one.major_faults + other.major_faults,
        peak_memory_bytes: both(one.peak_memory_bytes, other.peak_memory_bytes),
        read_bytes: both(one.read_bytes, other.read_bytes),
    }
}
