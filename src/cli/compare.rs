//! `zclab compare`: methods side by side, and claims about their speed.

use std::{
    io::{IsTerminal, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use serde::Serialize;

use super::run::chunk;
use crate::experiment::claims::{CLAIMS, COST_OF_WATCHING, Claim, RUNS};
use crate::experiment::comparison::{self, Comparison, Entry, Load, Plan, Row, To};
use crate::experiment::verdict::{Varies, duration, sentences};
use crate::experiment::watching::{self, Watching};
use crate::figure::chart::{Marks, Scale};
use crate::host;
use crate::measure::statistics::Range;
use crate::model::{self, Method, Sink, Size, Unavailable, grouped};
use crate::tracer::Cancel;

/// Methods side by side: each row is run several times, in turn with the others, and untraced; its calls come from one
/// traced run more. The verdict says so where the runs spread over more than what they differ by.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab compare read-write sendfile
  zclab compare read-write sendfile --sweep chunk
  zclab compare --to pipe --to unix --size 256MiB --runs 15
  zclab compare read-write mmap-write --sweep size --csv
  zclab compare --claims                  what is often claimed, and can be tried
  zclab compare --claim dev-null-trap
  zclab compare --claim cost-of-watching  what a tracer costs the program that it watches")]
pub struct Args {
    /// Methods; the others are set beside the first [default: read-write mmap-write sendfile]
    #[arg(value_name = "METHOD", conflicts_with_all = ["claim", "claims"])]
    pub methods: Vec<Method>,
    /// What to write to: tcp, unix, pipe, file; may be given again [default: the first method's first]
    #[arg(long, value_name = "SINK", conflicts_with_all = ["claim", "claims"])]
    pub to: Vec<Sink>,
    /// How much a transfer; in a sweep over it, the largest [default: 64MiB, or the claim's]
    #[arg(long, value_parser = size)]
    pub size: Option<Size>,
    /// How much at most a call [default: 64KiB]
    #[arg(long, value_parser = chunk, conflicts_with_all = ["claim", "claims"])]
    pub chunk: Option<Size>,
    /// Several chunks (4 KiB to 1 MiB), or several sizes (up to --size)
    #[arg(long, conflicts_with_all = ["claim", "claims"])]
    pub sweep: Option<Sweep>,
    /// Measured runs of each row
    #[arg(long, value_name = "N", default_value_t = RUNS as u32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
    /// Try one claim on this machine
    #[arg(long, value_name = "NAME", value_parser = claim_names())]
    pub claim: Option<String>,
    /// List the claims
    #[arg(long, conflicts_with = "claim")]
    pub claims: bool,
    /// Where generated sources and file sinks lie [default: the cache directory]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// One JSON document
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// The rows as comma-separated values
    #[arg(long)]
    pub csv: bool,
    /// The chart in ASCII alone
    #[arg(long)]
    pub ascii: bool,
}

/// What is swept over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sweep {
    /// The chunk.
    Chunk,
    /// The size.
    Size,
}

const SIZE: Size = Size(64 * Size::MIB);
const CHUNK: Size = Size(64 * Size::KIB);
fn size(text: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err("0 bytes take no time: 1 is the least".to_owned()),
        size => Ok(size),
    }
}

fn claim_names() -> clap::builder::PossibleValuesParser {
    let names = CLAIMS.iter().map(|claim| claim.name);
    names.chain([COST_OF_WATCHING]).collect::<Vec<_>>().into()
}

/// Runs the comparison and prints it.
pub fn run(args: Args) -> Result<ExitCode> {
    if args.claims {
        super::print(&list())?;
        return Ok(ExitCode::SUCCESS);
    }
    let dir = host::scratch_directory(args.dir.as_deref())?;
    if let Some(note) = &dir.note {
        super::warn(note);
    }
    match args.claim.as_deref() {
        Some(COST_OF_WATCHING) => watch(&args, &dir.path)?,
        name => compare(&args, name.and_then(Claim::named), &dir.path)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> String {
    let watching = (
        COST_OF_WATCHING,
        "a tracer changes what it watches",
        "one transfer untraced, traced on the sender's CPU, traced from another",
    );
    let claims = CLAIMS
        .iter()
        .map(|claim| (claim.name, claim.says, claim.runs));
    let mut out = "Claims that zclab compare --claim NAME tries on this machine\n".to_owned();
    for (name, says, runs) in claims.chain([watching]) {
        out += &format!("\n  {name}\n    {says}\n");
        out.extend(
            textwrap::wrap(runs, 72)
                .iter()
                .map(|line| format!("    {line}\n")),
        );
    }
    out
}

fn compare(args: &Args, claim: Option<&Claim>, dir: &Path) -> Result<()> {
    let plan = match claim {
        Some(claim) if args.size.is_some() && claim.size.is_none() => super::usage(&format!(
            "{} has its own sizes: --size is not for it",
            claim.name
        )),
        Some(claim) => claim.plan(args.size, args.runs as usize),
        None => plan(args)?,
    };
    let quiet = !std::io::stderr().is_terminal();
    let mut line = Line::new(quiet);
    let done = comparison::compare(&plan, dir, &Cancel::new(), &mut |progress, _| {
        line.show(&in_words(progress, &plan));
    });
    line.clear();
    let done = done?;
    warn_of(&done.unavailable);
    let document = Document {
        claim: claim.map(|claim| claim.name),
        rows: done
            .rows
            .iter()
            .map(|row| Figures::of(row, claim.is_some()))
            .collect(),
        verdicts: claim.map_or_else(|| sentences(&done.rows), |claim| claim.verdict(&done.rows)),
        unavailable: &done.unavailable,
    };
    if args.json {
        super::print_json(&Document {
            verdicts: plain(&document.verdicts),
            ..document
        })
    } else if args.csv {
        super::print(&csv(&document.rows))
    } else {
        super::print(&page(&done, claim, &document.verdicts, ascii(args)))
    }
}

/// With ordinary spaces, for programs.
fn plain(sentences: &[String]) -> Vec<String> {
    let spaced = sentences.iter().map(|text| text.replace('\u{a0}', " "));
    spaced.collect()
}

fn warn_of(unavailable: &[Unavailable]) {
    for missing in unavailable {
        super::warn(&format!(
            "not available: {}: {}",
            missing.instrument, missing.reason
        ));
    }
}

/// The rows that are asked for: methods within a point, points within a sink.
fn plan(args: &Args) -> Result<Plan> {
    let methods = match args.methods.is_empty() {
        true => vec![Method::ReadWrite, Method::MmapWrite, Method::Sendfile],
        false => distinct(&args.methods),
    };
    let sinks = match args.to.is_empty() {
        true => vec![methods[0].sinks()[0]],
        false => distinct(&args.to),
    };
    let largest = args.size.unwrap_or(SIZE);
    if args.sweep == Some(Sweep::Chunk) && args.chunk.is_some() {
        super::usage("--sweep chunk has its own chunks: --chunk is not for it");
    }
    let sweep = args.sweep.map(|sweep| match sweep {
        Sweep::Chunk => model::Sweep::Chunk,
        Sweep::Size => model::Sweep::Size,
    });
    let points = comparison::points(sweep, largest, args.chunk.unwrap_or(CHUNK));
    let mut entries = Vec::new();
    for to in &sinks {
        for (size, chunk) in &points {
            let able = methods.iter().filter(|method| method.sinks().contains(to));
            entries.extend(able.map(|method| Entry {
                method: *method,
                to: To::Sink(*to),
                size: *size,
                chunk: *chunk,
                load: Load::Single,
            }));
        }
    }
    for method in &methods {
        let none = !entries.iter().any(|entry| entry.method == *method);
        if none {
            super::usage(&format!(
                "{method} cannot be compared so: it writes to {}, not to {}",
                names(method.sinks()),
                names(&sinks)
            ));
        }
    }
    Ok(Plan {
        entries,
        runs: args.runs as usize,
    })
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

fn names(sinks: &[Sink]) -> String {
    let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
    names.join(", ")
}

/// The JSON document, and the one of a claim.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    rows: Vec<Figures>,
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

#[derive(Serialize)]
struct Figures {
    method: Method,
    to: To,
    size: Size,
    chunk: Size,
    runs: usize,
    wall_ns: Range,
    cpu_ns: Range,
    syscalls: Option<u64>,
    #[serde(flatten)]
    of_claim: Option<OfClaim>,
}

/// What the rows of a claim have besides.
#[derive(Serialize)]
struct OfClaim {
    /// Transfers of a run; the times are of all of them.
    transfers: u32,
    at_once: bool,
    minor_faults: Range,
}

impl Figures {
    fn of(row: &Row, claim: bool) -> Figures {
        let entry = row.entry;
        Figures {
            method: entry.method,
            to: entry.to,
            size: entry.size,
            chunk: entry.chunk,
            runs: row.runs.len(),
            wall_ns: row.range(|run| run.wall_ns),
            cpu_ns: row.range(|run| run.cpu_ns),
            syscalls: row.syscalls,
            of_claim: claim.then(|| OfClaim {
                transfers: entry.load.transfers(),
                at_once: matches!(entry.load, Load::AtOnce(_)),
                minor_faults: row.range(|run| run.minor_faults),
            }),
        }
    }
}

fn csv(rows: &[Figures]) -> String {
    let claim = rows.iter().any(|row| row.of_claim.is_some());
    let mut out = "method,to,size,chunk,runs,wall_ns_median,wall_ns_min,wall_ns_max,cpu_ns_median,cpu_ns_min,\
                   cpu_ns_max,syscalls"
        .to_owned();
    out += if claim { ",transfers,at_once\n" } else { "\n" };
    for row in rows {
        let mut cells = vec![
            row.method.to_string(),
            row.to.name().to_owned(),
            row.size.bytes().to_string(),
            row.chunk.bytes().to_string(),
            row.runs.to_string(),
        ];
        for range in [row.wall_ns, row.cpu_ns] {
            cells.extend([range.median, range.min, range.max].map(|n| n.to_string()));
        }
        cells.push(row.syscalls.map_or_else(String::new, |n| n.to_string()));
        if let Some(more) = &row.of_claim {
            cells.extend([more.transfers.to_string(), more.at_once.to_string()]);
        }
        out += &(cells.join(",") + "\n");
    }
    out
}

/// For people: the rows as ranges on one scale, with their figures, and the verdicts.
fn page(done: &Comparison, claim: Option<&Claim>, verdicts: &[String], ascii: bool) -> String {
    let marks = Marks::new(ascii);
    let varies = Varies::among(&done.rows);
    let labels: Vec<_> = done.rows.iter().map(|row| varies.label(row)).collect();
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    // With the space behind it, where there is a label at all.
    let label = longest(&mut labels.iter().map(|label| label.chars().count()));
    let label = if label > 0 { label + 1 } else { 0 };
    let method = longest(&mut done.rows.iter().map(|row| row.entry.method.name().len()));
    let chart = columns().saturating_sub(label + method + 35).clamp(12, 60);
    let ranges = done.rows.iter().map(|row| row.range(|run| run.wall_ns));
    let scale = Scale::over(ranges, chart);

    let mut out = heading(done, claim, varies);
    out += &format!(
        "\n{:indent$}wall, untraced   {} fastest, median, slowest\n",
        "",
        marks.example(),
        indent = label + method + 2
    );
    out += &format!(
        "{:label$}{:method$}  {:chart$} {:>9} {:>9} {:>9}\n",
        "", "", "", "median", "CPU", "calls,"
    );
    out += &format!(
        "{:label$}{:method$}  {:chart$} {:>9} {:>9} {:>9}\n",
        "", "", "", "", "", "traced"
    );
    let mut before = None;
    for (row, name) in done.rows.iter().zip(&labels) {
        let again = before == Some(name);
        if before.is_some() && !again {
            out.push('\n');
        }
        before = Some(name);
        let wall = row.range(|run| run.wall_ns);
        out += &format!(
            "{:label$}{:method$}  {} {:>9} {:>9} {:>9}\n",
            if again { "" } else { name },
            row.entry.method.name(),
            scale.draw(wall, marks),
            duration(wall.median),
            duration(row.range(|run| run.cpu_ns).median),
            row.syscalls.map_or_else(|| "-".to_owned(), grouped),
        );
    }
    let indent = " ".repeat(label + method + 2);
    let [axis, figures] = scale.axis(marks);
    out += &format!("{indent}{axis}\n{indent}{figures}\n");
    if scale.is_logarithmic() {
        out += &format!("{indent}a logarithmic scale\n");
    }
    out.push('\n');
    out += &verdict_lines(verdicts, ascii);
    match ascii {
        true => out.replace('µ', "u").replace('\u{a0}', " "),
        false => out,
    }
}

/// What all rows have in common.
fn heading(done: &Comparison, claim: Option<&Claim>, varies: Varies) -> String {
    let mut out = String::new();
    if let Some(claim) = claim {
        out += &format!("{}: \"{}\"\n", claim.name, claim.says);
        out.extend(
            textwrap::wrap(claim.runs, 78)
                .iter()
                .map(|line| format!("{line}\n")),
        );
        out.push('\n');
    }
    let Some(first) = done.rows.first() else {
        return out;
    };
    let Entry {
        to,
        size,
        chunk,
        load,
        ..
    } = first.entry;
    let mut words = Vec::new();
    if !varies.to {
        words.push(format!("to {}", to.name()));
    }
    if !varies.size {
        words.push(format!("size {size}"));
    }
    if !varies.chunk {
        words.push(format!("chunk {chunk}"));
    }
    words.push(format!("cache warm, {}", done.file_system));
    words.push(format!("runs {}, interleaved", first.runs.len()));
    if let Load::InARow(times) = load {
        words.push(format!("{} transfers a run", grouped(u64::from(times))));
    }
    out + &words.join("   ") + "\n"
}

fn verdict_lines(verdicts: &[String], ascii: bool) -> String {
    let bullet = if ascii { "> " } else { "▸ " };
    let options = textwrap::Options::new(78)
        .initial_indent(bullet)
        .subsequent_indent("  ");
    let lines = verdicts
        .iter()
        .flat_map(|verdict| textwrap::wrap(verdict, &options));
    lines.map(|line| format!("{line}\n")).collect()
}

/// ASCII where it is asked for, and where the locale is not UTF-8.
fn ascii(args: &Args) -> bool {
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name));
    let locale = locale.and_then(|name| std::env::var(name).ok());
    // Without any locale nothing is known: most terminals are UTF-8.
    let utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    args.ascii || !utf8
}

/// As wide as the terminal, where there is one.
fn columns() -> usize {
    let terminal = stdout()
        .is_terminal()
        .then(|| crossterm::terminal::size().ok());
    terminal
        .flatten()
        .map_or(80, |(columns, _)| usize::from(columns))
        .clamp(70, 120)
}

/// One line on standard error that says how far it is; none where nobody would see it.
struct Line {
    quiet: bool,
}

impl Line {
    fn new(quiet: bool) -> Line {
        Line { quiet }
    }

    fn show(&mut self, text: &str) {
        if !self.quiet {
            eprint!("\r\x1b[K{text}");
        }
    }

    fn clear(&mut self) {
        self.show("");
    }
}

fn in_words(progress: comparison::Progress, plan: &Plan) -> String {
    match progress {
        comparison::Progress::Preparing(size) => format!("making a source of {size}"),
        comparison::Progress::Tracing { row } => {
            format!("counting calls: row {} of {}", row + 1, plan.entries.len())
        }
        comparison::Progress::Measuring { round, .. } => {
            format!("measuring: round {} of {}", round + 1, plan.runs)
        }
    }
}

fn watch(args: &Args, dir: &Path) -> Result<()> {
    let spec = watching::usual(args.size);
    let mut line = Line::new(!std::io::stderr().is_terminal());
    let found = watching::watch(
        &spec,
        args.runs as usize,
        dir,
        &Cancel::new(),
        &mut |round, how, _| {
            line.show(&format!("round {}: {}", round + 1, how.name()));
        },
    );
    line.clear();
    let found = found?;
    warn_of(&found.unavailable);
    let document = WatchingDocument::of(&found);
    if args.json {
        super::print_json(&WatchingDocument {
            verdicts: plain(&document.verdicts),
            ..document
        })
    } else if args.csv {
        super::print(&watching_csv(&document))
    } else {
        super::print(&watching_page(&document, &found, ascii(args)))
    }
}

#[derive(Serialize)]
struct WatchingDocument<'a> {
    claim: &'static str,
    method: Method,
    to: Sink,
    size: Size,
    chunk: Size,
    syscalls: Option<u64>,
    rows: Vec<WatchingRow>,
    verdicts: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
}

#[derive(Serialize)]
struct WatchingRow {
    watched: &'static str,
    runs: usize,
    wall_ns: Range,
    cpu_ns: Range,
    voluntary_context_switches: Range,
    involuntary_context_switches: Range,
}

impl WatchingDocument<'_> {
    fn of(found: &Watching) -> WatchingDocument<'_> {
        let rows = found.rows.iter().map(|row| WatchingRow {
            watched: row.watched.name(),
            runs: row.runs.len(),
            wall_ns: row.range(|run| run.wall_ns),
            cpu_ns: row.range(|run| run.cpu_ns),
            voluntary_context_switches: row.range(|run| run.voluntary_context_switches),
            involuntary_context_switches: row.range(|run| run.involuntary_context_switches),
        });
        WatchingDocument {
            claim: COST_OF_WATCHING,
            method: found.spec.method,
            to: found.spec.to,
            size: found.spec.size,
            chunk: found.spec.chunk,
            syscalls: found.syscalls,
            rows: rows.collect(),
            verdicts: found.verdicts(),
            unavailable: &found.unavailable,
        }
    }
}

fn watching_csv(document: &WatchingDocument) -> String {
    let mut out = "watched,runs".to_owned();
    for name in [
        "wall_ns",
        "cpu_ns",
        "voluntary_context_switches",
        "involuntary_context_switches",
    ] {
        out += &format!(",{name}_median,{name}_min,{name}_max");
    }
    out.push('\n');
    for row in &document.rows {
        out += &format!("{},{}", row.watched, row.runs);
        let ranges = [
            row.wall_ns,
            row.cpu_ns,
            row.voluntary_context_switches,
            row.involuntary_context_switches,
        ];
        for range in ranges {
            out += &format!(",{},{},{}", range.median, range.min, range.max);
        }
        out.push('\n');
    }
    out
}

fn watching_page(document: &WatchingDocument, found: &Watching, ascii: bool) -> String {
    let marks = Marks::new(ascii);
    let scale = Scale::over(document.rows.iter().map(|row| row.wall_ns), 24);
    let mut out = format!(
        "The cost of watching: {} to {}, {} in chunks of {}{}\n\
         the sender on one CPU throughout; its own counters, also where it is traced\n\n",
        document.method,
        document.to,
        document.size,
        document.chunk,
        found
            .syscalls
            .map(|calls| format!(", {} calls", grouped(calls)))
            .unwrap_or_default()
    );
    out += &format!(
        "{:10} {:24} {:>9} {:>9}   context switches\n",
        "", "wall", "median", "CPU"
    );
    out += &format!(
        "{:10} {:24} {:>9} {:>9} {:>11} {:>11}\n",
        "", "", "", "", "voluntary", "involuntary"
    );
    for row in &document.rows {
        out += &format!(
            "{:10} {} {:>9} {:>9} {:>11} {:>11}\n",
            row.watched,
            scale.draw(row.wall_ns, marks),
            duration(row.wall_ns.median),
            duration(row.cpu_ns.median),
            grouped(row.voluntary_context_switches.median),
            grouped(row.involuntary_context_switches.median),
        );
    }
    let [axis, figures] = scale.axis(marks);
    out += &format!(
        "{:11}{axis}\n{:11}{figures}{}\n\n",
        "",
        "",
        if scale.is_logarithmic() {
            "   (logarithmic)"
        } else {
            ""
        }
    );
    out += &verdict_lines(&document.verdicts, ascii);
    match ascii {
        true => out.replace('µ', "u").replace('\u{a0}', " "),
        false => out,
    }
}
