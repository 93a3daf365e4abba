//! What `zclab compare` prints for people: rows as ranges on one scale, with their figures, and the verdicts.

use std::io::{IsTerminal, stdout};

use crate::cli::{
    ink::{self, INK},
    wrapped,
};
use crate::experiment::claims::Claim;
use crate::figure::chart::{Scale, example};
use crate::model::{Compared, ComparedRow, WatchCost, duration, grouped};

#[derive(Clone, Copy)]
pub(super) struct Style {
    ascii: bool,
}

/// ASCII where it is asked for, and where the locale is not UTF-8.
pub(super) fn style(ascii: bool) -> Style {
    let ascii = ascii || !ink::is_utf8();
    Style { ascii }
}

impl Style {
    fn finish(self, mut out: String, verdicts: &[String]) -> String {
        let bullet = if self.ascii { "> " } else { "▸ " };
        let options = textwrap::Options::new(78)
            .initial_indent(bullet)
            .subsequent_indent("  ");
        for (index, verdict) in verdicts.iter().enumerate() {
            let said = wrapped(verdict, options.clone());
            // The last sentence is what the others come to.
            match index + 1 == verdicts.len() {
                true => out += &(INK.strong(said.trim_end()) + "\n"),
                false => out += &said,
            }
        }
        match self.ascii {
            true => out.replace('µ', "u").replace('\u{a0}', " "),
            false => out,
        }
    }
}

pub(super) fn comparison(found: &Compared, claim: Option<&Claim>, style: Style) -> String {
    let rows = &found.rows;
    let longest = |of: fn(&ComparedRow) -> usize| rows.iter().map(of).max().unwrap_or(0);
    // With the space behind it, where there is a label at all.
    let label = match longest(|row| row.label.chars().count()) {
        0 => 0,
        label => label + 1,
    };
    let method = longest(|row| row.method.name().len());
    let chart = columns().saturating_sub(label + method + 35).clamp(12, 60);
    let scale = Scale::over(rows.iter().map(|row| row.wall), chart);
    let indent = " ".repeat(label + method + 2);

    let mut out = heading(found, claim);
    let example = example(style.ascii);
    out += &format!("\n{indent}wall, untraced   {example} fastest, median, slowest\n");
    for [median, cpu, calls] in [["median", "CPU", "calls,"], ["", "", "traced"]] {
        let head = format!("{indent}{:chart$} {median:>9} {cpu:>9} {calls:>9}", "");
        out += &(INK.dim(head.trim_end()) + "\n");
    }
    let mut before = None;
    for row in rows {
        let again = before == Some(&row.label);
        if before.is_some() && !again {
            out.push('\n');
        }
        before = Some(&row.label);
        out += &format!(
            "{}{:method$}  {} {} {:>9} {:>9}\n",
            INK.strong(format!("{:label$}", if again { "" } else { &row.label })),
            row.method.name(),
            scale.draw(row.wall, style.ascii),
            INK.strong(format!("{:>9}", duration(row.wall.median))),
            duration(row.cpu.median),
            row.syscalls.map_or_else(|| "-".to_owned(), grouped),
        );
    }
    let [axis, figures] = scale.axis(style.ascii);
    let axis = format!("{indent}{axis}\n{indent}{}", figures.trim_end());
    out += &(INK.dim(axis) + "\n");
    if scale.logarithmic {
        out += &format!("{indent}a logarithmic scale\n");
    }
    if rows.iter().any(|row| row.cpu.median > row.wall.median) {
        out += &format!("{indent}CPU above wall: threads or senders at once\n");
    }
    style.finish(out + "\n", &found.verdicts)
}

/// What all rows have in common.
fn heading(found: &Compared, claim: Option<&Claim>) -> String {
    let mut out = String::new();
    if let Some(claim) = claim {
        out += &format!("{}: \"{}\"\n", INK.strong(claim.name), claim.says());
        out += &wrapped(claim.runs, 78);
        out.push('\n');
    }
    let Some(first) = found.rows.first() else {
        return out;
    };
    let all = |is_same: &dyn Fn(&ComparedRow) -> bool| found.rows.iter().all(is_same);
    let mut words = Vec::new();
    if all(&|row| row.to == first.to) {
        words.push(format!("to {}", first.to));
    }
    if all(&|row| row.size == first.size) {
        words.push(format!("size {}", first.size));
    }
    if all(&|row| row.chunk == first.chunk) {
        words.push(format!("chunk {}", first.chunk));
    }
    words.push(format!("cache warm, {}", found.filesystem));
    words.push(format!("runs {}, interleaved", first.runs));
    match first.of_claim {
        Some(row) if row.transfers > 1 && !row.at_once => {
            words.push(format!("{} transfers a run", grouped(row.transfers.into())));
        }
        _ => {}
    }
    out + &wrapped(&words.join("   "), 80)
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

pub(super) fn tracing(found: &WatchCost, style: Style) -> String {
    let calls = found
        .syscalls
        .map(|calls| format!(", {} calls", grouped(calls)));
    let mut out = format!(
        "The cost of watching: {}{}\n\
         the sender on one CPU throughout; its own counters, also where it is traced\n\n",
        found.transfer(),
        calls.unwrap_or_default()
    );
    out += &format!(
        "{:10} {:24} {:>9} {:>9}   context switches\n",
        "", "wall", "median", "CPU"
    );
    out += &format!(
        "{:10} {:24} {:>9} {:>9} {:>11} {:>11}\n",
        "", "", "", "", "voluntary", "involuntary"
    );
    let scale = Scale::over(found.rows.iter().map(|row| row.wall), 24);
    for row in &found.rows {
        out += &format!(
            "{:10} {} {:>9} {:>9} {:>11} {:>11}\n",
            row.name,
            scale.draw(row.wall, style.ascii),
            duration(row.wall.median),
            duration(row.cpu.median),
            grouped(row.switches.median),
            grouped(row.involuntary.median),
        );
    }
    let [axis, figures] = scale.axis(style.ascii);
    let logarithmic = match scale.logarithmic {
        true => "   (logarithmic)",
        false => "",
    };
    out += &format!("{:11}{axis}\n{:11}{figures}{logarithmic}\n\n", "", "");
    style.finish(out, &found.verdicts)
}
