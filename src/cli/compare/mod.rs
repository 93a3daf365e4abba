//! `zclab compare`: methods side by side, and claims about their speed.

mod document;
mod page;

use std::path::Path;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use textwrap::Options;

use self::document::{ComparisonDocument, TracingDocument, comparison_csv, tracing_csv};
use super::options::{ScratchDir, at_least_one, chunk, one_of, sinks, warn_of};
use super::{pictures::Picture, progress::Line, wrapped};
use crate::experiment::claims::{CLAIMS, COST_OF_WATCHING, Claim, RUNS};
use crate::experiment::from_spec;
use crate::experiment::plan::{Plan, entries, points};
use crate::experiment::tracing_cost;
use crate::model::{Contest, ExperimentOutcome, ExperimentSpec, Method, Sink, Size, Sweep};
use crate::tracer::Cancel;

/// Methods side by side: each row is run several times, in turn with the others, and untraced; its calls come from one
/// traced run more. The verdict says so where the runs spread over more than what they differ by.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab compare read-write sendfile
  zclab compare read-write sendfile --sweep chunk
  zclab compare --to pipe --to unix --size 256MiB --runs 15
  zclab compare read-write mmap-write --sweep size --csv
  zclab compare --claims                  what is often claimed of them
  zclab compare --claim dev-null-trap
  zclab compare read-write sendfile --svg x.svg
  zclab compare --claim cost-of-watching  what a tracer costs its program")]
pub(crate) struct Args {
    /// Methods; the others are set beside the first [default: read-write mmap-write sendfile]
    #[arg(value_name = "METHOD", conflicts_with_all = ["claim", "claims"])]
    methods: Vec<Method>,
    #[arg(long, value_name = "SINK", conflicts_with_all = ["claim", "claims"], help = sinks("(may be given again) [default: the first method's first]"))]
    to: Vec<Sink>,
    /// How much a transfer; in a sweep over it, the largest [default: 64MiB, or the claim's]
    #[arg(long, value_parser = size)]
    size: Option<Size>,
    /// How much at most a call [default: 64KiB]
    #[arg(long, value_parser = chunk, conflicts_with_all = ["claim", "claims"])]
    chunk: Option<Size>,
    /// Several chunks (4 KiB to 1 MiB), or several sizes (up to --size)
    #[arg(long, value_parser = one_of(Sweep::ALL.map(|sweep| (sweep.name(), "", sweep))), conflicts_with_all = ["claim", "claims"])]
    sweep: Option<Sweep>,
    /// Measured runs of each row
    #[arg(long, value_name = "N", default_value_t = RUNS as u32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Try one claim on this machine
    #[arg(long, value_name = "NAME", value_parser = claim_names())]
    claim: Option<String>,
    /// List the claims
    #[arg(long, conflicts_with = "claim")]
    claims: bool,
    #[command(flatten)]
    scratch: ScratchDir,
    #[command(flatten)]
    picture: Picture,
    /// One JSON document
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// The rows as comma-separated values
    #[arg(long)]
    csv: bool,
    /// The chart in ASCII alone
    #[arg(long)]
    ascii: bool,
}

const SIZE: Size = Size(64 * Size::MIB);
const CHUNK: Size = Size(64 * Size::KIB);

fn size(text: &str) -> Result<Size, String> {
    at_least_one(text, "0 bytes take no time")
}

fn claim_names() -> PossibleValuesParser {
    let names = CLAIMS.iter().map(|claim| claim.name);
    names.chain([COST_OF_WATCHING]).collect::<Vec<_>>().into()
}

pub(crate) fn run(args: Args) -> Result<()> {
    if args.claims {
        return super::print(&list());
    }
    let dir = args.scratch.open()?;
    match args.claim.as_deref() {
        Some(COST_OF_WATCHING) => cost_of_tracing(&args, &dir),
        name => compare(&args, name.and_then(Claim::named), &dir),
    }
}

fn list() -> String {
    let watching = (
        COST_OF_WATCHING,
        "a tracer changes what it watches",
        "one transfer untraced, traced on the sender's CPU, traced from another",
    );
    let claims = CLAIMS
        .iter()
        .map(|claim| (claim.name, claim.says(), claim.runs));
    let mut out = "Claims that zclab compare --claim NAME tries on this machine\n".to_owned();
    for (name, says, runs) in claims.chain([watching]) {
        out += &format!("\n  {name}\n    {says}\n");
        out += &wrapped(
            runs,
            Options::new(76)
                .initial_indent("    ")
                .subsequent_indent("    "),
        );
    }
    out
}

fn compare(args: &Args, claim: Option<&'static Claim>, dir: &Path) -> Result<()> {
    let plan = match claim {
        Some(claim) if args.size.is_some() && claim.size.is_none() => super::usage(&format!(
            "{} has its own sizes: --size is not for it",
            claim.name
        )),
        Some(claim) => claim.plan(args.size, args.runs as usize),
        None => plan(args),
    };
    let mut line = Line::new();
    let found = from_spec::measured(claim, &plan, dir, &Cancel::new(), &mut |progress, _| {
        line.show(&progress, String::new);
    });
    line.clear();
    let (found, comparisons) = found?;
    warn_of(&found.unavailable);
    let what = ExperimentSpec::Compare(contest(args, claim));
    args.picture
        .save(what, || ExperimentOutcome::Compare(found.clone()))?;
    match (args.json, args.csv) {
        (true, _) => super::print_json(&ComparisonDocument {
            found: &found,
            comparisons: &comparisons,
        }),
        (_, true) => super::print(&comparison_csv(&found)),
        _ => super::print(&page::comparison(&found, claim, page::style(args.ascii))),
    }
}

fn cost_of_tracing(args: &Args, dir: &Path) -> Result<()> {
    let spec = tracing_cost::usual(args.size);
    let runs = args.runs as usize;
    let mut line = Line::new();
    let found = from_spec::watching(&spec, runs, dir, &Cancel::new(), &mut |progress, _| {
        line.show(&progress, String::new);
    });
    line.clear();
    let found = found?;
    warn_of(&found.unavailable);
    let outcome = || ExperimentOutcome::Watching(found.clone());
    args.picture.save(ExperimentSpec::Watching, outcome)?;
    match (args.json, args.csv) {
        (true, _) => super::print_json(&TracingDocument::of(&found)),
        (_, true) => super::print(&tracing_csv(&found)),
        _ => super::print(&page::tracing(&found, page::style(args.ascii))),
    }
}

/// What is compared, as its picture says it.
fn contest(args: &Args, claim: Option<&'static Claim>) -> Contest {
    match claim {
        Some(claim) => Contest::Claim(claim.name.to_owned()),
        None => {
            let methods = methods(args);
            Contest::Methods {
                to: sinks_of(args, &methods)[0],
                methods,
                size: args.size.unwrap_or(SIZE),
                chunk: args.chunk.unwrap_or(CHUNK),
                sweep: args.sweep,
            }
        }
    }
}

fn methods(args: &Args) -> Vec<Method> {
    match args.methods.is_empty() {
        true => vec![Method::ReadWrite, Method::MmapWrite, Method::Sendfile],
        false => distinct(&args.methods),
    }
}

fn sinks_of(args: &Args, methods: &[Method]) -> Vec<Sink> {
    match args.to.is_empty() {
        true => vec![methods[0].sinks()[0]],
        false => distinct(&args.to),
    }
}

/// The rows that are asked for: methods within a point, points within a sink.
fn plan(args: &Args) -> Plan {
    let methods = methods(args);
    let sinks = sinks_of(args, &methods);
    if args.sweep == Some(Sweep::Chunk) && args.chunk.is_some() {
        super::usage("--sweep chunk has its own chunks: --chunk is not for it");
    }
    let (largest, chunk) = (args.size.unwrap_or(SIZE), args.chunk.unwrap_or(CHUNK));
    let points = points(args.sweep, largest, chunk);
    let entries = entries(&methods, &sinks, &points);
    for method in &methods {
        if !entries.iter().any(|planned| planned.method == *method) {
            super::usage(&format!(
                "{method} cannot be compared so: it writes to {}, not to {}",
                Sink::names(method.sinks()),
                Sink::names(&sinks)
            ));
        }
    }
    Plan {
        entries,
        runs: args.runs as usize,
    }
}

fn distinct<T: Copy + PartialEq>(asked: &[T]) -> Vec<T> {
    let mut seen = Vec::new();
    for one in asked {
        if !seen.contains(one) {
            seen.push(*one);
        }
    }
    seen
}
