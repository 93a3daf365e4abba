//! The report as lines.

use std::fmt::Write;

use super::vote_line;
use crate::{
    class::{PollKind, QuestionReport, Report},
    cli::{markup::plain, wrapped},
    model::{Given, rfc3339, visible},
};

/// In lines of at most 80 columns.
pub(super) fn report(report: &Report) -> String {
    let long = lines(report);
    let long = long.lines().map(|line| {
        let indent = line.len() - line.trim_start().len() + 2;
        let indent = " ".repeat(indent);
        match line.is_empty() {
            true => "\n".to_owned(),
            false => wrapped(line, textwrap::Options::new(80).subsequent_indent(&indent)),
        }
    });
    long.collect()
}

fn lines(report: &Report) -> String {
    let mut out = String::new();
    let (seats, questions) = (report.seats, report.questions.len());
    let session = visible(&report.session);
    let began = rfc3339(report.began);
    let _ = writeln!(
        out,
        "session {session}, began {began}: {seats} seats, {questions} questions"
    );
    for question in &report.questions {
        out += &self::question(question);
    }
    if !report.attendance.is_empty() {
        out += "\nAnswered, by seat\n";
    }
    for seat in &report.attendance {
        let answered = seat.answered.iter().filter(|answered| **answered).count();
        let person = seat.person.as_deref().map(visible).unwrap_or_default();
        let line = format!(
            "  {}  {answered} of {questions}  {person}",
            visible(&seat.seat)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn question(question: &QuestionReport) -> String {
    let (id, lesson) = (visible(&question.id), visible(&question.lesson));
    let text = plain(&question.text);
    let mut out = format!(
        "\n{id} ({}, {lesson}): {}\n",
        question.kind.name(),
        visible(&text)
    );
    for (vote, round) in (1..).zip(&question.rounds) {
        let line = vote_line(vote, round);
        let median = round.median_seconds();
        let median = median.map(|median| format!(", half of them within {median:.0} s"));
        let _ = writeln!(out, "  {line}{}", median.unwrap_or_default());
    }
    for (place, option) in question.options.iter().enumerate() {
        out += &option_line(question, place, option);
    }
    if let Some(gain) = question.gain {
        let _ = writeln!(out, "  normalized gain: {gain:.2}");
    }
    for shown in &question.misconceptions {
        let counts: Vec<String> = shown.counts.iter().map(usize::to_string).collect();
        let misconception = visible(&shown.misconception);
        let _ = writeln!(
            out,
            "  misconception, {} votes: {misconception}",
            counts.join(" then ")
        );
    }
    out
}

/// `    b)  4 then 9  none`, for the kinds that count their options.
fn option_line(question: &QuestionReport, place: usize, option: &str) -> String {
    let mark = match question.kind {
        PollKind::Choice | PollKind::Multi => Given::letter(place).to_string(),
        PollKind::Bug => (place + 1).to_string(),
        _ => return String::new(),
    };
    let counts = question.rounds.iter();
    let counts: Vec<String> = counts
        .map(|round| {
            round
                .counts
                .get(place)
                .map_or_else(|| "0".to_owned(), ToString::to_string)
        })
        .collect();
    let right = match question.is_right(place) {
        true => "  (right)",
        false => "",
    };
    format!(
        "    {mark}) {}  {}{right}\n",
        counts.join(" then "),
        visible(option.trim())
    )
}
