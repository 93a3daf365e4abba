//! The charts of the report, as SVG. The first vote is an outline and the second is filled, so that they differ without
//! colour; each chart has its numbers in words beside it.

use std::fmt::Write;

use crate::{
    class::{Figure, PollKind, QuestionReport},
    cli::markup::escaped,
    model::Given,
};

const WIDTH: f64 = 640.0;
/// Room for the marks on the left, and for the numbers on the right.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 60.0;
const BAR: f64 = 14.0;
const GAP: f64 = 12.0;
/// Bars of a histogram, at most.
const BINS: usize = 20;

/// A chart that is told to those who do not see it by `label`.
fn svg(height: f64, label: &str, body: &str) -> String {
    format!(
        "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n{body}</svg>\n",
        escaped(label)
    )
}

/// Both votes of a question: by option, by position, or as a histogram.
pub(super) fn votes(question: &QuestionReport) -> String {
    match question.kind {
        PollKind::Number => histogram(question),
        _ => bars(question),
    }
}

fn mark(kind: PollKind, place: usize) -> String {
    match kind {
        PollKind::Choice | PollKind::Multi => Given::letter(place).to_string(),
        _ => (place + 1).to_string(),
    }
}

fn class(vote: usize) -> &'static str {
    if vote == 0 { "first" } else { "later" }
}

fn bars(question: &QuestionReport) -> String {
    let places = question.rounds.iter().map(|round| round.counts.len());
    let places = places.max().unwrap_or(0);
    let count = |vote: usize, place: usize| {
        let counts = &question.rounds[vote].counts;
        counts
            .get(place)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0)
    };
    let most = question.rounds.iter().map(|round| round.answered).max();
    let most = most.unwrap_or(0).max(1) as f64;
    let (mut body, mut words, mut y) = (String::new(), Vec::new(), GAP);
    for place in 0..places {
        let name = mark(question.kind, place);
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>",
            LEFT - 8.0,
            y + 12.0
        );
        let mut counts = Vec::new();
        for vote in 0..question.rounds.len() {
            let found = count(vote, place);
            let width = (WIDTH - LEFT - RIGHT) * found as f64 / most;
            let class = class(vote);
            let _ = writeln!(
                body,
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{found}</text>",
                LEFT + width + 6.0,
                y + 12.0
            );
            y += BAR + 3.0;
            counts.push(found.to_string());
        }
        y += GAP;
        words.push(format!("{name}: {}", counts.join(" then ")));
    }
    svg(y, &format!("Votes. {}", words.join("; ")), &body)
}

/// The line below a chart, with what its ends stand for.
fn axis(base: f64, low: &str, high: &str) -> String {
    let (end, below) = (WIDTH - RIGHT, base + 18.0);
    format!(
        "<line x1=\"{LEFT}\" y1=\"{base}\" x2=\"{end}\" y2=\"{base}\"/>\n\
         <text x=\"{LEFT}\" y=\"{below}\">{low}</text>\
         <text x=\"{end}\" y=\"{below}\" text-anchor=\"end\">{high}</text>\n"
    )
}

/// The numbers of a round.
fn numbers(question: &QuestionReport, vote: usize) -> Vec<f64> {
    let counts = question.rounds[vote].counts.iter();
    counts.filter_map(serde_json::Value::as_f64).collect()
}

fn histogram(question: &QuestionReport) -> String {
    let votes: Vec<Vec<f64>> = (0..question.rounds.len())
        .map(|vote| numbers(question, vote))
        .collect();
    let recorded = match &question.recorded {
        Some(Figure::Number(number)) => Some(*number),
        _ => None,
    };
    let all = || votes.iter().flatten().copied().chain(recorded);
    let scale = question.scale.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
    let low = all().fold(scale.0, f64::min);
    let high = all().fold(scale.1, f64::max);
    if !low.is_finite() || !high.is_finite() {
        return String::new();
    }
    let span = if high > low { high - low } else { 1.0 };
    let bin = |value: f64| (((value - low) / span * BINS as f64) as usize).min(BINS - 1);
    let mut counts = vec![[0_usize; BINS]; votes.len()];
    for (vote, values) in votes.iter().enumerate() {
        values
            .iter()
            .for_each(|value| counts[vote][bin(*value)] += 1);
    }
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let (height, width) = (120.0, (WIDTH - LEFT - RIGHT) / BINS as f64);
    let mut body = String::new();
    for (vote, counts) in counts.iter().enumerate() {
        let part = (width - 2.0) / votes.len() as f64;
        for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let tall = height * *count as f64 / most;
            let x = LEFT + place as f64 * width + vote as f64 * part;
            let _ = writeln!(
                body,
                "<rect class=\"{}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{part:.1}\" height=\"{tall:.1}\"/>",
                class(vote),
                GAP + height - tall
            );
        }
    }
    let base = GAP + height;
    body += &axis(base, &low.to_string(), &high.to_string());
    if let Some(value) = recorded {
        let x = LEFT + (value - low) / span * (WIDTH - LEFT - RIGHT);
        let _ = writeln!(
            body,
            "<line class=\"recorded\" x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{base}\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{value} recorded</text>",
            base + 34.0
        );
    }
    svg(base + 42.0, &in_words(&votes), &body)
}

/// `Guesses. vote 1: 8, 33; vote 2: 33`
fn in_words(votes: &[Vec<f64>]) -> String {
    let words = (1..).zip(votes).map(|(vote, values)| {
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        format!("vote {vote}: {}", values.join(", "))
    });
    let words: Vec<String> = words.collect();
    format!("Guesses. {}", words.join("; "))
}

/// How many seats had answered after so many seconds, a line for each vote.
pub(super) fn responses(question: &QuestionReport) -> String {
    let seconds = question.rounds.iter().flat_map(|round| &round.seconds);
    let longest = seconds.copied().fold(1.0, f64::max);
    let most = question
        .rounds
        .iter()
        .map(|round| round.seconds.len())
        .max();
    let most = most.unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let height = 100.0;
    let x = |at: f64| LEFT + (WIDTH - LEFT - RIGHT) * at / longest;
    let y = |count: usize| GAP + height * (1.0 - count as f64 / most as f64);
    let (mut body, mut words) = (String::new(), Vec::new());
    for (vote, round) in question.rounds.iter().enumerate() {
        let mut points = format!("{:.1},{:.1}", x(0.0), y(0));
        for (before, at) in round.seconds.iter().enumerate() {
            let _ = write!(
                points,
                " {0:.1},{1:.1} {0:.1},{2:.1}",
                x(*at),
                y(before),
                y(before + 1)
            );
        }
        let _ = write!(points, " {:.1},{:.1}", x(longest), y(round.seconds.len()));
        let _ = writeln!(
            body,
            "<polyline class=\"line {}\" points=\"{points}\"/>",
            class(vote)
        );
        if let Some(median) = round.median_seconds() {
            words.push(format!("vote {}: half within {median:.1} s", vote + 1));
        }
    }
    let base = GAP + height;
    body += &axis(base, "0 s", &format!("{longest:.0} s"));
    let _ = writeln!(
        body,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{most}</text>",
        LEFT - 8.0,
        GAP + 5.0
    );
    svg(
        base + 26.0,
        &format!("Answers over time. {}", words.join("; ")),
        &body,
    )
}
