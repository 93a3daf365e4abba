//! `zclab prove`: the alias proof, on this kernel.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::{Serialize, Serializer};

use super::ink::INK;
use super::options::{ScratchDir, at_least_one, sinks};
use super::pictures::Picture;
use super::progress::Line;
use super::wrapped;
use crate::endpoint;
use crate::experiment::{
    self,
    proof::{self, Proof, ROUNDS, Verdict},
};
use crate::host;
use crate::model::{
    CountedBytes, ExperimentOutcome, ExperimentSpec, How, JobProgress, Method, Overwritten,
    ProofPlan, Proved, Sink, Size, TransferSpec, percent, visible_name,
};
use crate::tracer::Cancel;

/// The alias proof: send A, overwrite the source with B, and only then receive.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab prove                             every method to each of its sinks
  zclab prove sendfile                    one method
  zclab prove read-write sendfile --to tcp
  zclab prove --dir /dev/shm --json       on another file system
  zclab prove sendfile --svg proof.svg    a picture of it")]
pub(crate) struct Args {
    /// Methods [default: all]
    #[arg(value_name = "METHOD")]
    pub(crate) methods: Vec<Method>,
    #[arg(long, value_name = "SINK", help = sinks("(may be given again) [default: all that a method has]"))]
    pub(crate) to: Vec<Sink>,
    /// How much to send
    #[arg(long, default_value = "64KiB", value_parser = size)]
    pub(crate) size: Size,
    /// Beside each proof, what the kernel's own functions copy in such a transfer (needs root, or CAP_BPF and CAP_PERFMON)
    #[arg(long)]
    pub(crate) count_copies: bool,
    #[command(flatten)]
    scratch: ScratchDir,
    #[command(flatten)]
    picture: Picture,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn size(text: &str) -> Result<Size, String> {
    match at_least_one(text, "0 bytes prove nothing")? {
        size if size > ProofPlan::MOST => {
            Err(format!("a proof takes at most {}", ProofPlan::MOST.typed()))
        }
        size => Ok(size),
    }
}

/// Proves each method and sink, and prints what arrived.
pub(crate) fn run(args: Args) -> Result<()> {
    let plan = ProofPlan {
        methods: args.methods.clone(),
        to: args.to.clone(),
        size: args.size,
    };
    let pairs = plan.pairs();
    ensure!(!pairs.is_empty(), "cannot prove that: {}", no_sink(&args));
    let dir = args.scratch.open()?;
    args.picture.can_save()?;
    let mut line = Line::new();
    let mut results = Vec::new();
    for (done, (method, to)) in pairs.iter().enumerate() {
        let at = format!("{method} to {to}");
        let progress = JobProgress::new(at, done as u64, pairs.len() as u64);
        line.show(&progress, String::new);
        let counted = args.count_copies;
        results.push(ProofRow {
            counted: counted.then(|| self::counted(*method, *to, args.size, &dir)),
            proof: proof::prove(*method, *to, args.size, &dir),
        });
    }
    line.clear();
    let document = ProofDocument {
        filesystem: host::file_system(endpoint::scratch_file(&dir)?),
        results,
        dir,
    };
    let found = || {
        ExperimentOutcome::Proof(Proved {
            machine: host::machine(),
            filesystem: document.filesystem.clone(),
            proofs: document
                .results
                .iter()
                .map(|row| row.proof.clone())
                .collect(),
        })
    };
    args.picture.save(ExperimentSpec::Proof(plan), found)?;
    super::print_either(args.json, &document, || page(&document, args.size))
}

#[derive(Serialize)]
struct ProofDocument {
    dir: PathBuf,
    filesystem: String,
    results: Vec<ProofRow>,
}

#[derive(Serialize)]
struct ProofRow {
    #[serde(flatten)]
    proof: Proof,
    /// Where that was asked for; null where it cannot be had.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "counted_or_null"
    )]
    counted: Option<Result<CountedBytes, String>>,
}

fn counted_or_null<S: Serializer>(
    counted: &Option<Result<CountedBytes, String>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let found = counted.as_ref().and_then(|counted| counted.as_ref().ok());
    found.serialize(to)
}

/// What the kernel's own functions move in a transfer like the one of the proof, for the process that makes it.
fn counted(method: Method, to: Sink, size: Size, dir: &Path) -> Result<CountedBytes, String> {
    let spec = TransferSpec {
        to,
        size,
        ..TransferSpec::of(method)
    };
    let source = experiment::Source {
        dir: Some(dir.to_owned()),
        ..experiment::Source::default()
    };
    match experiment::count_copies(&spec, &source, &Cancel::new(), &mut |_| {}) {
        Ok(Ok(counted)) => Ok(counted.own),
        Ok(Err(refused)) => Err(refused.reason),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn no_sink(args: &Args) -> String {
    let methods = args.methods.iter();
    let has = methods.map(|method| format!("{method} writes to {}", Sink::names(method.sinks())));
    format!(
        "{}, not to {}",
        has.collect::<Vec<_>>().join("; "),
        Sink::names(&args.to)
    )
}

fn page(document: &ProofDocument, size: Size) -> String {
    let about = format!(
        "The alias proof on {}: {} by each, files in {} ({})",
        host::machine().kernel,
        size,
        visible_name(&document.dir),
        document.filesystem
    );
    let mut out = INK.strong(wrapped(&about, 80).trim_end())
        + "\n\n  1 send A, nobody reads   2 overwrite the source with B   3 only now receive\n\n";
    let names = document
        .results
        .iter()
        .map(|row| row.proof.method.name().len());
    let width = names.max().unwrap_or(0).max("method".len());
    let letters = document.results.iter().map(|row| row.proof.arrived.len());
    let letters = letters.max().unwrap_or(0).max("what arrived".len());
    let head = format!(
        "  {:width$}  {:<4}  {:letters$}  verdict",
        "method", "to", "what arrived"
    );
    out += &(INK.dim(head) + "\n");
    let mut before = None;
    for row in &document.results {
        let proof = &row.proof;
        if before.is_some_and(|before| before != proof.method) {
            out.push('\n');
        }
        let name = match before == Some(proof.method) {
            true => "",
            false => proof.method.name(),
        };
        before = Some(proof.method);
        out += &format!(
            "  {}  {:<4}  {:letters$}  {}\n",
            INK.strong(format!("{name:width$}")),
            proof.to.name(),
            proof.arrived,
            verdict(proof)
        );
        for note in notes(row) {
            let indent = " ".repeat(width + 4);
            let options = textwrap::Options::new(80);
            let options = options.initial_indent(&indent).subsequent_indent(&indent);
            out += &(INK.dim(wrapped(&note, options).trim_end()) + "\n");
        }
    }
    out + "\n" + &explanation(document, size)
}

/// What is said below a row.
fn notes(row: &ProofRow) -> Vec<String> {
    let proof = &row.proof;
    let counted = row.counted.as_ref().map(|counted| match counted {
        Ok(counted) => {
            let copies = counted.cpu_copied_bytes as f64 / proof.size.bytes() as f64;
            format!("the kernel counted {copies:.1} copies per byte in such a transfer")
        }
        Err(reason) => format!("not counted: {reason}"),
    });
    let reported = proof.kernel_reports_copied.map(|copied| match copied {
        true => "the kernel itself reports: COPIED".to_owned(),
        false => "the kernel itself reports no copy".to_owned(),
    });
    let overwritten = (proof.overwritten != Overwritten::File
        && proof.verdict != Verdict::Unavailable)
        .then(|| format!("overwritten: {}", proof.overwritten.words()));
    [proof.reason.clone(), overwritten, reported, counted]
        .into_iter()
        .flatten()
        .collect()
}

fn verdict(proof: &Proof) -> String {
    match proof.verdict {
        Verdict::Mixed => {
            let share = proof.new_bytes as f64 / proof.size.bytes() as f64;
            INK.strong(format!("mixed: {} new", percent(share)))
        }
        Verdict::Shared => INK.how(How::Reference, "shared"),
        Verdict::Copied => INK.how(How::CpuCopy, "copied"),
        verdict => INK.dim(verdict.name()),
    }
}

/// What the letters are, what they prove, and what they do not.
fn explanation(document: &ProofDocument, size: Size) -> String {
    let results = document.results.iter().map(|row| &row.proof);
    let seen = |verdict| results.clone().any(|proof| proof.verdict == verdict);
    let mut texts = vec![format!(
        "A: bytes as they were when they were sent. B: bytes as they are since the overwriting, of the file where \
         nothing else is said. Each letter is {}; x: some of both. {ROUNDS} rounds each, and a verdict only where all agree.",
        Size(size.bytes().div_ceil(32))
    )];
    if seen(Verdict::Shared) {
        texts.push(
            "shared: what was overwritten after the send is what the receiver got, so the kernel held references to \
             the source's pages. Such a send is no snapshot of the file."
                .to_owned(),
        );
    }
    if seen(Verdict::Copied) {
        texts.push(
            "copied: the old bytes came although the source had changed, so the kernel had taken a copy before the \
             call returned. To a file: the copy lies in the sink's own pages."
                .to_owned(),
        );
    }
    if seen(Verdict::Mixed) {
        texts.push(
            "mixed: some of it had been copied when the source was overwritten, and of the rest the kernel held \
             references. How much of each differs from run to run."
                .to_owned(),
        );
    }
    let any_reported = |proof: &Proof| proof.kernel_reports_copied.is_some();
    if results.clone().any(any_reported) {
        texts.push(
            "COPIED: over loopback the receiver's queue cannot hold a sender's pages, so the kernel copies and says \
             so with the completion. A network card sends from the pages themselves."
                .to_owned(),
        );
    }
    texts.push(
        "It shows who held the bytes at that moment, on this kernel and this file system. It does not count copies: the \
         receiver's own recv or read still makes one."
            .to_owned(),
    );
    let texts = texts.iter().map(|text| wrapped(text, 78));
    texts.collect::<Vec<_>>().join("\n")
}
