//! Any experiment that is no single transfer, run from a plan: what the screens and the lessons ask for.

use std::{cmp::Ordering, path::Path};

use anyhow::{Context, Result};

use super::claims::{Claim, RUNS};
use super::comparison::{self, Row};
use super::plan::{Load, Plan, entries, points};
use super::tracing_cost::{self, TracedFrom, TracingCost};
use super::verdict::{Pair, Varies, pairs, sentences};
use super::{errors, page_cache, proof, request, stop_if};
use crate::endpoint;
use crate::host;
use crate::measure::statistics::{CPU, Difference, WALL};
use crate::model::{
    ClaimRow, Compared, ComparedRow, Contest, ExperimentOutcome, ExperimentSpec, Method, Proved,
    ServePlan, Sink, Size, TransferSpec, WatchCost, WatchRow,
};
use crate::tracer::Cancel;

/// How far an experiment is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    /// What it is at: `sendfile to tcp`, `round 3 of 9`.
    pub(crate) at: String,
    pub(crate) done: u64,
    pub(crate) total: u64,
    /// What is known so far; none where nothing is.
    pub(crate) so_far: Option<ExperimentOutcome>,
}

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
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    let at = host::scratch_directory(dir)?.path;
    match what {
        ExperimentSpec::Proof(plan) => prove(&plan.pairs(), plan.size, &at, cancel, tell),
        ExperimentSpec::Errors(names) => fail(names, dir, cancel, tell),
        ExperimentSpec::PageCache => page_cache(&at, cancel, tell),
        ExperimentSpec::Compare(contest) => compare(contest, &at, cancel, tell),
        ExperimentSpec::Watching => {
            let spec = tracing_cost::usual(None);
            watching(&spec, RUNS, &at, cancel, tell).map(ExperimentOutcome::Watching)
        }
        ExperimentSpec::Serve(plan) => serve(plan, &at, cancel, tell),
    }
}

fn prove(
    pairs: &[(Method, Sink)],
    size: Size,
    dir: &Path,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    let mut found = Proved {
        machine: host::machine(),
        filesystem: host::file_system(endpoint::scratch_file(dir)?),
        proofs: Vec::new(),
    };
    for (done, (method, to)) in pairs.iter().enumerate() {
        stop_if(cancel)?;
        tell(Progress {
            at: format!("{method} to {to}"),
            done: done as u64,
            total: pairs.len() as u64,
            so_far: Some(ExperimentOutcome::Proof(found.clone())),
        });
        found.proofs.push(proof::prove(*method, *to, size, dir));
    }
    Ok(ExperimentOutcome::Proof(found))
}

fn fail(
    names: &[String],
    dir: Option<&Path>,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    let setting = errors::Setting::find(dir)?;
    let mut found = Vec::new();
    for (done, name) in names.iter().enumerate() {
        stop_if(cancel)?;
        tell(Progress {
            at: name.clone(),
            done: done as u64,
            total: names.len() as u64,
            so_far: Some(ExperimentOutcome::Errors(found.clone())),
        });
        found.push(errors::run(errors::find(name)?, &setting)?);
    }
    Ok(ExperimentOutcome::Errors(found))
}

fn page_cache(
    dir: &Path,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    let total = crate::model::PAGE_CACHE_STEPS.len() as u64;
    let seen = page_cache::watch(dir, PAGE_CACHE_FILE, &mut |seen| {
        tell(Progress {
            at: seen.steps.last().map_or("", |step| step.step).to_owned(),
            done: seen.steps.len() as u64,
            total,
            so_far: Some(ExperimentOutcome::PageCache(seen.clone())),
        });
        stop_if(cancel)
    })?;
    Ok(ExperimentOutcome::PageCache(seen))
}

fn compare(
    contest: &Contest,
    dir: &Path,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    let (claim, plan) = planned(contest)?;
    compared(claim, &plan, dir, cancel, tell).map(ExperimentOutcome::Compare)
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
    tell: &mut dyn FnMut(Progress),
) -> Result<Compared> {
    let rows = plan.entries.len() as u64;
    let total = rows * (1 + plan.runs as u64);
    let says = claim.map(|claim| claim.says.to_owned());
    let done = comparison::compare(plan, dir, cancel, &mut |progress, so_far| {
        let (at, done) = match progress {
            comparison::Progress::Preparing(size) => (format!("making a source of {size}"), 0),
            comparison::Progress::Tracing { row } => (
                format!("counting calls: row {} of {rows}", row + 1),
                row as u64,
            ),
            comparison::Progress::Measuring { round, row } => (
                format!("round {} of {}", round + 1, plan.runs),
                rows + round as u64 * rows + row as u64,
            ),
        };
        // Nothing is drawn of rows without a run.
        let measured = so_far.iter().any(|row| !row.runs.is_empty());
        tell(Progress {
            at,
            done,
            total,
            so_far: measured.then(|| {
                ExperimentOutcome::Compare(Compared {
                    claim: says.clone(),
                    rows: shown(so_far, claim.is_some()),
                    ..Compared::default()
                })
            }),
        });
    })?;
    let rows = &done.rows;
    let first = second_pairs(rows).first().and_then(|pair| pair.wall());
    Ok(Compared {
        claim: says,
        rows: shown(rows, claim.is_some()),
        verdicts: claim.map_or_else(|| sentences(rows), |claim| claim.verdict(rows)),
        word: word(rows, &|pair| pair.wall()),
        cpu_word: word(rows, &|pair| pair.cpu()),
        times: first
            .map(|found| found.ratio.inverse().median)
            .filter(|times| times.is_finite()),
        filesystem: done.file_system,
        unavailable: done.unavailable,
    })
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
            Ok((
                None,
                Plan {
                    entries,
                    runs: RUNS,
                },
            ))
        }
    }
}

fn shown(rows: &[Row], is_claim: bool) -> Vec<ComparedRow> {
    let varies = Varies::among(rows);
    let shown = rows.iter().map(|row| ComparedRow {
        method: row.entry.method,
        to: row.entry.to.name(),
        size: row.entry.size,
        chunk: row.entry.chunk,
        runs: row.runs.len(),
        wall: row.runs.range(WALL),
        cpu: row.runs.range(CPU),
        syscalls: row.syscalls,
        of_claim: is_claim.then(|| ClaimRow {
            transfers: row.entry.load.transfers(),
            at_once: matches!(row.entry.load, Load::AtOnce(_)),
            minor_faults: row.runs.range(|run| run.minor_faults),
        }),
        label: varies.label(row),
    });
    shown.collect()
}

/// The second method's rows, each beside the first method's.
fn second_pairs(rows: &[Row]) -> Vec<Pair<'_>> {
    let pairs = pairs(rows);
    let second = pairs.first().map(|pair| pair.second.entry.method);
    let of_second = pairs
        .into_iter()
        .filter(|pair| Some(pair.second.entry.method) == second);
    of_second.collect()
}

/// One of [`crate::model::COMPARE_WORDS`].
fn word(rows: &[Row], of: &dyn Fn(&Pair) -> Option<Difference>) -> &'static str {
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
    tell: &mut dyn FnMut(Progress),
) -> Result<WatchCost> {
    let found = tracing_cost::watch(spec, runs, dir, cancel, &mut |round, how, so_far| {
        let ways = so_far.rows.len().max(1);
        let way = so_far.rows.iter().position(|row| row.watched == how);
        let measured = so_far.rows.iter().all(|row| !row.runs.is_empty());
        tell(Progress {
            at: format!("round {} of {runs}: {}", round + 1, how.name()),
            done: (round * ways + way.unwrap_or(0)) as u64,
            total: (runs * ways) as u64,
            so_far: measured.then(|| ExperimentOutcome::Watching(cost(so_far, Vec::new()))),
        });
    })?;
    Ok(cost(&found, found.verdicts()))
}

fn serve(
    plan: &ServePlan,
    dir: &Path,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Progress),
) -> Result<ExperimentOutcome> {
    tell(Progress {
        at: "the server and its client".to_owned(),
        done: 0,
        total: 1,
        so_far: None,
    });
    request::watch(plan, dir, cancel).map(ExperimentOutcome::Serve)
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
