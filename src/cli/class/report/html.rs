//! The report as a page: one file, no script, nothing from elsewhere.

use super::{chart, vote_line};
use crate::{
    class::{PollKind, QuestionReport, Report},
    cli::markup::{escaped, html},
    model::{Given, rfc3339},
};

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1a1a1a; --ground: #ffffff; --dim: #595959; --line: #767676; --fill: #0b5fa5; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ececec; --ground: #16181b; --dim: #b0b0b0; --line: #8f8f8f; --fill: #7db8ee; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 3rem; } h3 { font-size: 1rem; }
svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--text); font-size: 13px; }
svg line { stroke: var(--line); stroke-width: 1; }
svg line.recorded { stroke: var(--text); stroke-width: 2; stroke-dasharray: 5 3; }
.first { fill: none; stroke: var(--fill); stroke-width: 2; }
.later { fill: var(--fill); stroke: var(--fill); stroke-width: 2; }
svg .line { fill: none; } svg .line.first { stroke-dasharray: 4 3; }
.dim { color: var(--dim); }
.key { display: inline-block; width: 1.6em; height: .8em; border: 2px solid var(--fill); vertical-align: middle; }
.key.filled { background: var(--fill); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; } th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; }
code, pre { font-family: ui-monospace, monospace; } pre { overflow-x: auto; }
@media print { body { max-width: none; } h2 { break-after: avoid; } }
";

pub(super) fn page(report: &Report) -> String {
    let title = escaped(&format!("Class {}", report.session));
    let began = rfc3339(report.began);
    let questions: String = report.questions.iter().map(question).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p>{} seats, {} questions; began {began}.</p>\n\
         <p><span class=\"key\"></span> first vote &nbsp; <span class=\"key filled\"></span> later vote</p>\n\
         {}{questions}{}</main>\n</body>\n</html>\n",
        report.seats,
        report.questions.len(),
        summary(report),
        attendance(report)
    )
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

fn gain(question: &QuestionReport) -> String {
    question
        .gain
        .map_or_else(|| "–".to_owned(), |gain| format!("{gain:.2}"))
}

/// A row for each question.
fn summary(report: &Report) -> String {
    let row = |question: &QuestionReport| {
        let first = question.rounds.first().and_then(|round| round.share());
        let last = match &question.rounds[..] {
            [_, .., last] => last.share(),
            _ => None,
        };
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escaped(&question.id),
            percent(first),
            percent(last),
            gain(question)
        )
    };
    let rows: String = report.questions.iter().map(row).collect();
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"Summary\" tabindex=\"0\"><table>\n<tr><th scope=\"col\">Question</th>\
         <th scope=\"col\">First vote right</th><th scope=\"col\">Last vote right</th><th scope=\"col\">Normalized gain</th></tr>\n\
         {rows}</table></div>\n"
    )
}

fn question(question: &QuestionReport) -> String {
    let votes = (1..).zip(&question.rounds);
    let votes: String = votes
        .map(|(vote, round)| format!("<li>{}</li>\n", vote_line(vote, round)))
        .collect();
    let gain = match question.gain {
        Some(gain) => format!("<p>Normalized gain: {gain:.2}</p>\n"),
        None => String::new(),
    };
    let responses = match chart::responses(question) {
        chart if chart.is_empty() => chart,
        chart => format!("<h3>Answers over time</h3>\n{chart}"),
    };
    format!(
        "<section>\n<h2>{}</h2>\n<p class=\"dim\">{}, {}</p>\n{}\n{}<ul>\n{votes}</ul>\n{gain}{}{}{responses}</section>\n",
        escaped(&question.id),
        escaped(&question.lesson),
        question.kind.name(),
        html(&question.text),
        options(question),
        chart::votes(question),
        misconceptions(question)
    )
}

/// What could be chosen, each behind its mark.
fn options(question: &QuestionReport) -> String {
    let is_code = matches!(question.kind, PollKind::Bug | PollKind::Order);
    let option = |(place, text): (usize, &String)| {
        let mark = match question.kind {
            PollKind::Choice | PollKind::Multi => Given::letter(place).to_string(),
            _ => (place + 1).to_string(),
        };
        let text = match is_code {
            true => format!("<code>{}</code>", escaped(text)),
            false => html(text).replace("<p>", "").replace("</p>", ""),
        };
        let right = match question.is_right(place) {
            true => " <strong>(right)</strong>",
            false => "",
        };
        format!("<tr><th scope=\"row\">{mark}</th><td>{text}{right}</td></tr>\n")
    };
    let options: String = question.options.iter().enumerate().map(option).collect();
    match options.is_empty() {
        true => options,
        false => format!(
            "<div class=\"wide\" role=\"region\" aria-label=\"Options of {0}\" tabindex=\"0\"><table>\n{options}</table></div>\n",
            escaped(&question.id)
        ),
    }
}

fn misconceptions(question: &QuestionReport) -> String {
    if question.misconceptions.is_empty() {
        return String::new();
    }
    let shown = question.misconceptions.iter().map(|shown| {
        let counts: Vec<String> = shown.counts.iter().map(usize::to_string).collect();
        format!(
            "<li>{}: {}</li>\n",
            counts.join(" then "),
            escaped(&shown.misconception)
        )
    });
    let shown: String = shown.collect();
    format!("<h3>Misconceptions, the commonest first</h3>\n<ul>\n{shown}</ul>\n")
}

/// Who answered which question.
fn attendance(report: &Report) -> String {
    if report.attendance.is_empty() {
        return String::new();
    }
    let heads = report.questions.iter();
    let heads: String = heads
        .map(|question| format!("<th scope=\"col\">{}</th>", escaped(&question.id)))
        .collect();
    let rows = report.attendance.iter().map(|seat| {
        let answered = seat.answered.iter().map(|answered| match answered {
            true => "<td>●<span class=\"dim\"> yes</span></td>",
            false => "<td><span class=\"dim\">no</span></td>",
        });
        let name = match &seat.person {
            Some(person) => format!("{} ({})", escaped(&seat.seat), escaped(person)),
            None => escaped(&seat.seat),
        };
        format!(
            "<tr><th scope=\"row\">{name}</th>{}</tr>\n",
            answered.collect::<String>()
        )
    });
    let rows: String = rows.collect();
    format!(
        "<section>\n<h2>Attendance by seat</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"Attendance by seat\" tabindex=\"0\"><table>\n\
         <tr><th scope=\"col\">Seat</th>{heads}</tr>\n{rows}</table></div>\n</section>\n"
    )
}
