//! `zclab errors [NAME]`: errors on purpose.

use serde::Serialize;

use super::{ink::INK, options::ScratchDir};
use crate::{
    experiment::errors::{self, Finding, Setting},
    host,
};

/// Calls that fail, or work against expectation, made for real on this kernel.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab errors                            all of them
  zclab errors splice-without-pipe        one, with its reason
  zclab errors --json")]
pub(crate) struct Args {
    /// One experiment
    pub(crate) name: Option<String>,
    #[command(flatten)]
    scratch: ScratchDir,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the experiments and prints what the kernel answered. Another answer than expected is a finding, no failure.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let chosen = match &args.name {
        Some(name) => vec![errors::find(name)?],
        None => errors::all().collect(),
    };
    let setting = Setting::find(args.scratch.dir.as_deref())?;
    let results = chosen.into_iter();
    let results = results
        .map(|chosen| errors::run(chosen, &setting))
        .collect();
    let document = ErrorsDocument { results };
    super::print_either(args.json, &document, || match args.name {
        Some(_) => document.results.iter().map(page).collect(),
        None => list(&document.results),
    })
}

#[derive(Serialize)]
struct ErrorsDocument {
    results: Vec<Finding>,
}

/// `✓` as expected, `✗` otherwise, `-` not asked.
fn mark(finding: &Finding) -> &'static str {
    match finding.matches {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "-",
    }
}

/// Name and answer, and the call below, theme by theme.
fn list(results: &[Finding]) -> String {
    let width = |of: fn(&Finding) -> &str| results.iter().map(|f| of(f).chars().count()).max();
    let names = width(|f| &f.name).unwrap_or(0);
    let mut out = String::new();
    let mut theme = "";
    for finding in results {
        if finding.theme != theme {
            theme = &finding.theme;
            let gap = if out.is_empty() { "" } else { "\n" };
            out += &format!("{gap}{}\n", INK.strong(theme));
        }
        let Finding {
            name, seen, call, ..
        } = finding;
        let options = textwrap::Options::new(80)
            .initial_indent("      ")
            .subsequent_indent("        ");
        let call = super::wrapped(call, options);
        out += &format!("  {} {name:names$}  {}\n", mark(finding), INK.strong(seen));
        out += &(INK.dim(call.trim_end()) + "\n");
    }
    out + "\n" + &summary(results)
}

fn summary(results: &[Finding]) -> String {
    let kernel = host::machine().kernel;
    let count = |wanted| results.iter().filter(|f| f.matches == wanted).count();
    let mut out = format!(
        "{} experiments on {kernel}: {} answered as expected.\n",
        results.len(),
        count(Some(true))
    );
    for finding in results.iter().filter(|f| f.matches != Some(true)) {
        out += &odd(finding, &kernel);
    }
    out + "Why: zclab errors NAME\n"
}

/// What there is to say about one that did not go as expected.
fn odd(finding: &Finding, kernel: &str) -> String {
    let Finding {
        name,
        expected,
        seen,
        ..
    } = finding;
    let text = match &finding.reason {
        Some(reason) => format!("{name}: not available here: {reason}."),
        None => format!(
            "{name}: {kernel} answers {seen}, where {expected} was expected: a finding about this kernel."
        ),
    };
    super::wrapped(&text, 78)
}

fn page(finding: &Finding) -> String {
    let mut out = format!("{}\n\n", INK.strong(&finding.name));
    let mut row = |label: &str, text: &str| {
        for (number, line) in textwrap::wrap(text, 66).iter().enumerate() {
            let label = format!("{:<9}", if number == 0 { label } else { "" });
            out += &format!("  {} {line}\n", INK.dim(label));
        }
    };
    row("set-up", &finding.setup);
    row("call", &finding.call);
    row("expected", &finding.expected);
    row("seen", &format!("{} {}", finding.seen, mark(finding)));
    if let Some(detail) = &finding.detail {
        row("", detail);
    }
    row("why", &finding.why);
    if !finding.lines.is_empty() {
        out += "\n";
        let options = textwrap::Options::new(80)
            .initial_indent("  ")
            .subsequent_indent("      ");
        let lines = finding.lines.iter();
        out.extend(lines.map(|line| super::wrapped(line, options.clone())));
    }
    if finding.matches != Some(true) {
        out += &format!("\n{}", odd(finding, &host::machine().kernel));
    }
    out
}
