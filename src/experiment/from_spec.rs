//! Any experiment that is no single transfer, run from a plan: what the screens and the lessons ask for.

use std::{cmp::Ordering, path::Path, sync::Arc};

use anyhow::{Context, Result};

use super::claims::{Claim, RUNS};
use super::comparison::{self, MeasuredRow};
use super::plan::{Load, Plan, entries, points};
use super::tracing_cost::{self, TracedFrom, TracingCost};
use super::verdict::{Pair, PairedComparison, Varies, comparisons, pairs, sentences};
use super::{Source, errors, page_cache, proof, request, stop_if};
use crate::endpoint;
use crate::host;
use crate::measure::statistics::{CPU, Difference, WALL};
use crate::model::{
    ClaimRow, Compared, ComparedRow, Contest, ExperimentOutcome, ExperimentSpec, Finding,
    JobProgress, Method, Proof, Proved, Sink, Size, TransferSpec, WatchCost, WatchRow, shown_steps,
};
use crate::tracer::Cancel;

/// Hears how far an experiment is, and what is known so far; none where nothing is.
type Tell<'a> = &'a mut dyn FnMut(JobProgress, Option<ExperimentOutcome>);

/// The file that the page cache is looked at with.
const PAGE_CACHE_FILE: Size = Size(16 * Size::MIB);

/// Runs it, with files in `dir` (else in the cache directory).
///
/// # Errors
/// It cannot be set up, or a run failed: one line. [`crate::tracer::TraceError::Cancelled`].
pub(crate) fn run(
    what: &ExperimentSpec,
    dir: Option<&Path>,
    cancel: &Cancel,
    tell: Tell,
) -> Result<ExperimentOutcome> {
    let at = &host::scratch_directory(dir)?.path;
    Ok(match what {
        ExperimentSpec::Proof(plan) => {
            let machine = host::machine();
            let filesystem = host::file_system(endpoint::scratch_file(at)?);
            let outcome = |proofs: &[Proof]| {
                ExperimentOutcome::Proof(Proved {
                    machine: machine.clone(),
                    filesystem: filesystem.clone(),
                    proofs: proofs.to_vec(),
                })
            };
            let prove = |pair: &(Method, Sink)| Ok(proof::prove(pair.0, pair.1, plan.size, at));
            let name = |pair: &(Method, Sink)| format!("{} to {}", pair.0, pair.1);
            one_by_one(&plan.pairs(), name, prove, outcome, cancel, tell)?
        }
        ExperimentSpec::Errors(names) => {
            let setting = errors::Setting::find(dir)?;
            let fail = |name: &String| anyhow::Ok(errors::run(errors::find(name)?, &setting));
            let outcome = |found: &[Finding]| ExperimentOutcome::Errors(found.to_vec());
            one_by_one(names, String::clone, fail, outcome, cancel, tell)?
        }
        ExperimentSpec::PageCache(named) => {
            let shown = shown_steps(named);
            let seen = page_cache::watch(at, PAGE_CACHE_FILE, &shown, &mut |seen| {
                let step = seen.steps.last().map_or("", |step| step.step);
                let (done, total) = (seen.steps.len(), shown.len());
                let so_far = ExperimentOutcome::PageCache(seen.clone());
                tell(
                    JobProgress::new(step, done as u64, total as u64),
                    Some(so_far),
                );
                stop_if(cancel)
            })?;
            ExperimentOutcome::PageCache(seen)
        }
        ExperimentSpec::Compare(contest) => {
            let (claim, plan) = planned(contest)?;
            ExperimentOutcome::Compare(compared(claim, &plan, at, cancel, tell)?)
        }
        ExperimentSpec::Watching => {
            let spec = tracing_cost::usual(None);
            ExperimentOutcome::Watching(watching(&spec, RUNS, at, cancel, tell)?)
        }
        ExperimentSpec::Serve(plan) => {
            tell(JobProgress::new("the server and its client", 0, 1), None);
            ExperimentOutcome::Serve(request::watch(plan, at, cancel)?)
        }
        ExperimentSpec::Race(specs) => race(specs, dir, cancel, tell)?,
    })
}

/// Runs two transfers, one after the other.
fn race(
    specs: &[TransferSpec; 2],
    dir: Option<&Path>,
    cancel: &Cancel,
    tell: Tell,
) -> Result<ExperimentOutcome> {
    let source = Source {
        file: None,
        dir: dir.map(Path::to_owned),
    };
    let mut one = |done: u64, spec: &TransferSpec| {
        tell(JobProgress::new(spec.method.name(), done, 2), None);
        super::run(spec, &source, cancel, &mut |_| {}).map(Arc::new)
    };
    let [first, second] = specs;
    let sides = [one(0, first)?, one(1, second)?];
    Ok(ExperimentOutcome::Race(Box::new(sides)))
}

/// Tries one after the other, and tells each time what is known so far.
fn one_by_one<T, F>(
    items: &[T],
    name: impl Fn(&T) -> String,
    mut attempt: impl FnMut(&T) -> Result<F>,
    outcome: impl Fn(&[F]) -> ExperimentOutcome,
    cancel: &Cancel,
    tell: Tell,
) -> Result<ExperimentOutcome> {
    let mut found = Vec::new();
    for (done, item) in items.iter().enumerate() {
        stop_if(cancel)?;
        let progress = JobProgress::new(name(item), done as u64, items.len() as u64);
        tell(progress, Some(outcome(&found)));
        found.push(attempt(item)?);
    }
    Ok(outcome(&found))
}

/// Runs a plan, and says what it comes to: of the claim that is tried, or of the methods.
///
/// # Errors
/// Those of [`comparison::compare`].
pub(crate) fn compared(
    claim: Option<&'static Claim>,
    plan: &Plan,
    dir: &Path,
    cancel: &Cancel,
    tell: Tell,
) -> Result<Compared> {
    let measured = measured(claim, plan, dir, cancel, tell)?;
    Ok(measured.0)
}

/// The same with the statistic of every pair of rows.
///
/// # Errors
/// Those of [`comparison::compare`].
pub(crate) fn measured(
    claim: Option<&'static Claim>,
    plan: &Plan,
    dir: &Path,
    cancel: &Cancel,
    tell: Tell,
) -> Result<(Compared, Vec<PairedComparison>)> {
    let name = claim.map(|claim| claim.name);
    let done = comparison::compare(plan, dir, cancel, &mut |progress, so_far| {
        // Nothing is drawn of rows without a run.
        let measured = so_far.iter().any(|row| !row.runs.is_empty());
        let so_far = measured.then(|| {
            ExperimentOutcome::Compare(Compared {
                claim: name,
                rows: shown(so_far, claim.is_some()),
                ..Compared::default()
            })
        });
        tell(progress, so_far);
    })?;
    let rows = &done.rows;
    let mut verdicts = claim.map_or_else(|| sentences(rows), |claim| claim.verdict(rows));
    let emulated = host::emulator().map(|by| {
        format!("{by} emulates this CPU: the times are the emulator's, and say nothing of those that a CPU would take.")
    });
    verdicts.extend(emulated);
    let first = second_pairs(rows).first().and_then(|pair| pair.wall());
    let found = Compared {
        claim: name,
        rows: shown(rows, claim.is_some()),
        verdicts,
        word: word(rows, &|pair| pair.wall()),
        cpu_word: word(rows, &|pair| pair.cpu()),
        times: first
            .map(|found| found.ratio.inverse().median)
            .filter(|times| times.is_finite()),
        filesystem: done.file_system.clone(),
        unavailable: done.unavailable.clone(),
    };
    Ok((found, comparisons(rows)))
}

/// What is run, and the claim that is tried, where it is one.
fn planned(contest: &Contest) -> Result<(Option<&'static Claim>, Plan)> {
    match contest {
        Contest::Claim(name) => {
            let claim = Claim::named(name).with_context(|| format!("'{name}' is not a claim"))?;
            Ok((Some(claim), claim.plan(None, RUNS)))
        }
        Contest::Methods {
            methods,
            to,
            size,
            chunk,
            sweep,
        } => {
            let entries = entries(methods, &[*to], &points(*sweep, *size, *chunk));
            let runs = RUNS;
            Ok((None, Plan { entries, runs }))
        }
    }
}

fn shown(rows: &[MeasuredRow], is_claim: bool) -> Vec<ComparedRow> {
    let varies = Varies::among(rows);
    let shown = rows.iter().map(|row| ComparedRow {
        method: row.planned.method,
        to: row.planned.to.name(),
        size: row.planned.size,
        chunk: row.planned.chunk,
        runs: row.runs.len(),
        wall: row.runs.range(WALL),
        cpu: row.runs.range(CPU),
        syscalls: row.syscalls,
        of_claim: is_claim.then(|| ClaimRow {
            transfers: row.planned.load.transfers(),
            at_once: matches!(row.planned.load, Load::AtOnce(_)),
            minor_faults: row.runs.range(|run| run.minor_faults),
        }),
        label: varies.label(row),
    });
    shown.collect()
}

/// The second method's rows, each beside the first method's.
fn second_pairs(rows: &[MeasuredRow]) -> Vec<Pair<'_>> {
    let pairs = pairs(rows);
    let second = pairs.first().map(|pair| pair.second.planned.method);
    let of_second = pairs
        .into_iter()
        .filter(|pair| Some(pair.second.planned.method) == second);
    of_second.collect()
}

/// One of [`crate::model::COMPARE_WORDS`].
fn word(rows: &[MeasuredRow], of: &dyn Fn(&Pair) -> Option<Difference>) -> &'static str {
    let one = |found: Difference| match found.settled() {
        Some(Ordering::Less) => "faster",
        Some(_) => "slower",
        None => "no-verdict",
    };
    let mut words: Vec<_> = second_pairs(rows).iter().filter_map(of).map(one).collect();
    words.sort_unstable();
    words.dedup();
    match words[..] {
        [] => "no-verdict",
        [word] => word,
        _ => "depends",
    }
}

/// Runs a transfer so many times in each way of watching, and says what that costs.
///
/// # Errors
/// Those of [`tracing_cost::watch`].
pub(crate) fn watching(
    spec: &TransferSpec,
    runs: usize,
    dir: &Path,
    cancel: &Cancel,
    tell: Tell,
) -> Result<WatchCost> {
    let found = tracing_cost::watch(spec, runs, dir, cancel, &mut |progress, so_far| {
        let measured = so_far.rows.iter().all(|row| !row.runs.is_empty());
        let so_far = measured.then(|| ExperimentOutcome::Watching(cost(so_far, Vec::new())));
        tell(progress, so_far);
    })?;
    Ok(cost(&found, found.verdicts()))
}

fn cost(found: &TracingCost, verdicts: Vec<String>) -> WatchCost {
    let rows = found.rows.iter().map(|row| {
        let untraced = row.watched == TracedFrom::Untraced;
        let beside = found.difference(TracedFrom::Untraced, row.watched);
        let times = beside.map(|found| found.ratio.median);
        let more = found.switches_a_call(row.watched);
        WatchRow {
            name: row.watched.name(),
            runs: row.runs.len(),
            wall: row.runs.range(WALL),
            cpu: row.runs.range(CPU),
            switches: row.runs.range(|run| run.voluntary_context_switches),
            involuntary: row.runs.range(|run| run.involuntary_context_switches),
            switches_a_call: more.filter(|_| !untraced),
            times: times.filter(|times| !untraced && times.is_finite()),
        }
    });
    WatchCost {
        spec: found.spec.clone(),
        syscalls: found.syscalls,
        rows: rows.collect(),
        verdicts,
        unavailable: found.unavailable.clone(),
    }
}
