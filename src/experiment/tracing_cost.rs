//! The cost of watching: the same transfer untraced, traced by a tracer on the sender's own CPU, and traced from another
//! one. Each run's counters come from the sending process itself; only here do traced runs lend theirs.

use std::{path::Path, thread};

use anyhow::{Context, Result};

use super::comparison::order;
use super::verdict::{TIME, clause};
use super::{Lab, stop_if, unless_refused};
use crate::endpoint;
use crate::host;
use crate::measure::statistics::{Difference, Runs, WALL};
use crate::model::{
    JobProgress, Measured, Method, Sink, Size, TransferSpec, Unavailable, duration, grouped, named,
    ratio,
};
use crate::tracer::Cancel;

named! {
    /// Who watches the sender, and from where. The sender itself is pinned to one CPU, always the same.
    pub enum TracedFrom {
        Untraced = "untraced",
        SameCpu = "same-cpu",
        OtherCpu = "other-cpu",
    }
}

/// Runs that were watched in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TracedRuns {
    pub(crate) watched: TracedFrom,
    pub(crate) runs: Runs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TracingCost {
    pub(crate) spec: TransferSpec,
    /// Its calls, from the traced runs; none where ptrace is refused.
    pub(crate) syscalls: Option<u64>,
    pub(crate) rows: Vec<TracedRuns>,
    pub(crate) unavailable: Vec<Unavailable>,
}

/// The transfer that is watched, where nobody asks for another: many calls, and a sink that nobody has to be waited for.
pub(crate) fn usual(size: Option<Size>) -> TransferSpec {
    TransferSpec {
        to: Sink::File,
        size: size.unwrap_or(Size(4 * Size::MIB)),
        chunk: Size(4 * Size::KIB),
        ..TransferSpec::of(Method::ReadWrite)
    }
}

/// Runs the transfer `runs` times in each way, in turn. `progress` hears how far it is, and what is known so far.
///
/// # Errors
/// The source cannot be made, or a run failed.
pub(crate) fn watch(
    spec: &TransferSpec,
    runs: usize,
    dir: &Path,
    cancel: &Cancel,
    progress: &mut dyn FnMut(JobProgress, &TracingCost),
) -> Result<TracingCost> {
    endpoint::need_space(dir, spec.size.bytes().saturating_mul(2))?;
    let source = endpoint::Source::generate(dir, spec.size.bytes(), &mut |_| stop_if(cancel))?;
    let allowed = host::allowed_cpus()?;
    let cpus: Vec<usize> = allowed
        .split(',')
        .filter_map(|cpu| cpu.parse().ok())
        .collect();
    let own = *cpus.first().context("there is no CPU to run on")?;
    let other = cpus.get(1).copied();
    let lab = Lab {
        spec,
        source: &source,
        dir,
        cpus: Some(allowed.clone()),
        cancel,
    };
    let mut found = TracingCost {
        spec: spec.clone(),
        syscalls: None,
        rows: Vec::new(),
        unavailable: Vec::new(),
    };
    found.offer(other);
    for round in 0..runs {
        for at in order(found.rows.len(), round) {
            let watched = found.rows[at].watched;
            let what = format!("round {} of {runs}: {watched}", round + 1);
            let (rows, done) = (found.rows.len(), round * found.rows.len() + at);
            let at_work = JobProgress::new(what, done as u64, (runs * rows) as u64);
            progress(at_work, &found);
            let cpu = other
                .filter(|_| watched == TracedFrom::OtherCpu)
                .unwrap_or(own);
            match on_cpu(cpu, || one(&lab, watched, own))? {
                Ok((measured, calls)) => {
                    found.rows[at].runs.0.push(measured);
                    found.syscalls = found.syscalls.or(calls);
                }
                Err(reason) => {
                    Unavailable::new("ptrace", reason).add_to(&mut found.unavailable);
                }
            }
        }
        found.rows.retain(|row| !row.runs.is_empty());
    }
    Ok(found)
}

impl TracingCost {
    fn offer(&mut self, other: Option<usize>) {
        self.rows.extend(
            TracedFrom::ALL
                .into_iter()
                .filter(|way| other.is_some() || *way != TracedFrom::OtherCpu)
                .map(|watched| TracedRuns {
                    watched,
                    runs: Runs::default(),
                }),
        );
        if other.is_none() {
            let reason = "this program may run on one CPU alone".to_owned();
            self.unavailable
                .push(Unavailable::new("another-cpu", reason));
        }
    }

    pub(crate) fn row(&self, watched: TracedFrom) -> Option<&TracedRuns> {
        self.rows.iter().find(|row| row.watched == watched)
    }

    /// By how many voluntary context switches a call the median of such runs exceeds the untraced one.
    pub(crate) fn switches_a_call(&self, watched: TracedFrom) -> Option<f64> {
        let voluntary = |watched| {
            let row = self.row(watched)?;
            Some(row.runs.range(|run| run.voluntary_context_switches).median)
        };
        let more = voluntary(watched)? as f64 - voluntary(TracedFrom::Untraced)? as f64;
        let calls = self.syscalls.filter(|calls| *calls > 0)?;
        Some((more - OWN_SWITCHES) / calls as f64)
    }

    pub(crate) fn verdicts(&self) -> Vec<String> {
        let mut said = Vec::new();
        let ways = [
            (TracedFrom::SameCpu, "Traced on the sender's own CPU"),
            (TracedFrom::OtherCpu, "Traced from another CPU"),
        ];
        for (way, title) in ways {
            let (Some(switches), Some(calls)) = (self.switches_a_call(way), self.syscalls) else {
                continue;
            };
            said.push(format!(
                "{title}: {switches:.2} voluntary context switches more for each of {} calls: one at the entry, one at the return. {}",
                grouped(calls),
                self.time(TracedFrom::Untraced, way)
            ));
        }
        if let (Some(_), Some(_)) = (
            self.row(TracedFrom::SameCpu),
            self.row(TracedFrom::OtherCpu),
        ) {
            said.push(format!(
                "From another CPU instead of the sender's own: {}",
                self.time(TracedFrom::SameCpu, TracedFrom::OtherCpu)
            ));
        }
        if said.is_empty() {
            said.push("Nothing was traced: ptrace is refused here.".to_owned());
        }
        said
    }

    /// In wall time; none without runs of both.
    pub(super) fn difference(&self, first: TracedFrom, second: TracedFrom) -> Option<Difference> {
        let (first, second) = (self.row(first)?, self.row(second)?);
        first.runs.beside(&second.runs, WALL)
    }

    fn time(&self, first: TracedFrom, second: TracedFrom) -> String {
        let Some(found) = self.difference(first, second) else {
            return String::new();
        };
        if found.settled().is_none() {
            return clause(&TIME, &[(String::new(), found)]);
        }
        let calls = self.syscalls.unwrap_or_default().max(1);
        let times = ratio(found.ratio.median);
        let spread = match found.is_swallowed() {
            true => format!(
                " The runs spread over {}, more than the medians are apart.",
                duration(found.spread())
            ),
            false => String::new(),
        };
        format!(
            "It takes {times} times as long: {} more per call.{spread}",
            duration(found.apart() / calls)
        )
    }
}

/// Switches of a traced sender between its two looks at its counters that belong to no call of the transfer: the return
/// from getrusage(2), clock_gettime(2), the marker of the beginning, and the entry of the marker of the end, where the
/// tracer stops watching.
const OWN_SWITCHES: f64 = 6.0;

/// Runs once. The inner error is the reason why ptrace is refused.
fn one(
    lab: &Lab,
    watched: TracedFrom,
    own: usize,
) -> Result<Result<(Measured, Option<u64>), String>> {
    stop_if(lab.cancel)?;
    let nothing = &mut |_| {};
    let traced = match watched {
        TracedFrom::Untraced => {
            let report = lab.measure(nothing)?;
            lab.check(&report)?;
            return Ok(Ok((report.measured, None)));
        }
        TracedFrom::SameCpu => lab.trace_with(Some(own), None, nothing),
        // The tracer inherits this thread's CPU.
        TracedFrom::OtherCpu => lab.trace_with(None, Some(own), nothing),
    };
    Ok(unless_refused(traced)?
        .map(|(report, trace)| (report.measured, Some(trace.calls.len() as u64))))
}

/// Does it on a thread of its own, pinned to a CPU; so are the processes that it starts.
fn on_cpu<T: Send>(cpu: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let pinned = thread::Builder::new().spawn_scoped(scope, || {
            host::run_on(&cpu.to_string()).with_context(|| format!("cannot run on CPU {cpu}"))?;
            work()
        });
        pinned
            .context("cannot start a thread")?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
