//! `zclab class report FILE`: what a session came to, for people, for a spreadsheet, for a program, for a browser.

mod chart;
mod html;
mod text;

use std::path::PathBuf;

use crate::{
    class::{QuestionReport, Report},
    cli::{csv, print, print_bytes, print_json, warn},
    model::text_of,
    store::session_log,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab class report 2026-11-30-K7QX2M.jsonl
  zclab class report 2026-11-30-K7QX2M.jsonl --html > report.html

Sessions lie in $XDG_STATE_HOME/zclab/class (usually
~/.local/state/zclab/class).")]
pub(crate) struct Args {
    /// The session's file
    file: PathBuf,
    /// One JSON document
    #[arg(long, group = "form")]
    json: bool,
    /// A row for each vote
    #[arg(long, group = "form")]
    csv: bool,
    /// A page with charts, in one file
    #[arg(long, group = "form")]
    html: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let read = session_log::read(&args.file)?;
    if read.damaged > 0 {
        warn(&super::passed_over(&args.file, read.damaged));
    }
    let name = args.file.file_stem().unwrap_or_default();
    let report = Report::of(&text_of(name.as_encoded_bytes()), &read.events);
    match () {
        () if args.json => print_json(&report),
        () if args.csv => print_bytes(table(&report).as_bytes()),
        () if args.html => print_bytes(html::page(&report).as_bytes()),
        () => print(&text::report(&report)),
    }
}

const HEADING: [&str; 10] = [
    "question",
    "lesson",
    "kind",
    "vote",
    "round",
    "answered",
    "right",
    "share_right",
    "median_seconds",
    "gain",
];

/// A row for each vote; the gain stands beside the last one.
fn table(report: &Report) -> String {
    let mut table = csv::record(&HEADING.map(str::to_owned), "\r\n");
    for question in &report.questions {
        for row in rows(question) {
            table += &csv::record(&row, "\r\n");
        }
    }
    table
}

fn rows(question: &QuestionReport) -> impl Iterator<Item = [String; HEADING.len()]> {
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    (1..).zip(&question.rounds).map(move |(vote, round)| {
        let gain = question.gain.filter(|_| vote == question.rounds.len());
        [
            question.id.clone(),
            question.lesson.clone(),
            question.kind.name().to_owned(),
            vote.to_string(),
            round.round.to_string(),
            round.answered.to_string(),
            or_empty(round.right.map(|right| right.to_string())),
            or_empty(round.share().map(|share| format!("{share:.2}"))),
            or_empty(round.median_seconds().map(|median| format!("{median:.1}"))),
            or_empty(gain.map(|gain| format!("{gain:.2}"))),
        ]
    })
}

/// `vote 2: 18 of 24 right (75 %)`
fn vote_line(vote: usize, round: &crate::class::RoundReport) -> String {
    let answered = round.answered;
    match (round.right, round.share()) {
        (Some(right), Some(share)) => {
            format!(
                "vote {vote}: {right} of {answered} right ({:.0} %)",
                100.0 * share
            )
        }
        _ => format!("vote {vote}: {answered} answered"),
    }
}
