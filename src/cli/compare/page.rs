//! What `zclab compare` prints for people: rows as ranges on one scale, with their figures, and the verdicts.

use std::io::{IsTerminal, stdout};

use crate::cli::wrapped;
use crate::experiment::claims::Claim;
use crate::experiment::comparison::Comparison;
use crate::experiment::plan::{Entry, Load};
use crate::experiment::tracing_cost::TracingCost;
use crate::experiment::verdict::Varies;
use crate::figure::chart::{Marks, Scale};
use crate::measure::statistics::{CPU, WALL};
use crate::model::{duration, grouped};

/// How a page is drawn.
#[derive(Clone, Copy)]
pub struct Style {
    marks: Marks,
    ascii: bool,
}

/// ASCII where it is asked for, and where the locale is not UTF-8.
pub fn style(ascii: bool) -> Style {
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name));
    let locale = locale.and_then(|name| std::env::var(name).ok());
    // Without any locale nothing is known: most terminals are UTF-8.
    let utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    let ascii = ascii || !utf8;
    Style {
        marks: Marks::new(ascii),
        ascii,
    }
}

impl Style {
    /// The page with its verdicts.
    fn finish(self, mut out: String, verdicts: &[String]) -> String {
        let bullet = if self.ascii { "> " } else { "▸ " };
        let options = textwrap::Options::new(78)
            .initial_indent(bullet)
            .subsequent_indent("  ");
        for verdict in verdicts {
            out += &wrapped(verdict, options.clone());
        }
        match self.ascii {
            true => out.replace('µ', "u").replace('\u{a0}', " "),
            false => out,
        }
    }
}

/// Methods side by side.
pub fn comparison(
    done: &Comparison,
    claim: Option<&Claim>,
    verdicts: &[String],
    style: Style,
) -> String {
    let marks = style.marks;
    let varies = Varies::among(&done.rows);
    let labels: Vec<_> = done.rows.iter().map(|row| varies.label(row)).collect();
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    // With the space behind it, where there is a label at all.
    let label = longest(&mut labels.iter().map(|label| label.chars().count()));
    let label = if label > 0 { label + 1 } else { 0 };
    let method = longest(&mut done.rows.iter().map(|row| row.entry.method.name().len()));
    let chart = columns().saturating_sub(label + method + 35).clamp(12, 60);
    let scale = Scale::over(done.rows.iter().map(|row| row.runs.range(WALL)), chart);
    let indent = " ".repeat(label + method + 2);

    let mut out = heading(done, claim, varies);
    let example = marks.example();
    out += &format!("\n{indent}wall, untraced   {example} fastest, median, slowest\n");
    for [median, cpu, calls] in [["median", "CPU", "calls,"], ["", "", "traced"]] {
        out += &format!("{indent}{:chart$} {median:>9} {cpu:>9} {calls:>9}\n", "");
    }
    let mut before = None;
    for (row, name) in done.rows.iter().zip(&labels) {
        let again = before == Some(name);
        if before.is_some() && !again {
            out.push('\n');
        }
        before = Some(name);
        let wall = row.runs.range(WALL);
        out += &format!(
            "{:label$}{:method$}  {} {:>9} {:>9} {:>9}\n",
            if again { "" } else { name },
            row.entry.method.name(),
            scale.draw(wall, marks),
            duration(wall.median),
            duration(row.runs.range(CPU).median),
            row.syscalls.map_or_else(|| "-".to_owned(), grouped),
        );
    }
    let [axis, figures] = scale.axis(marks);
    out += &format!("{indent}{axis}\n{indent}{figures}\n");
    if scale.is_logarithmic() {
        out += &format!("{indent}a logarithmic scale\n");
    }
    style.finish(out + "\n", verdicts)
}

/// What all rows have in common.
fn heading(done: &Comparison, claim: Option<&Claim>, varies: Varies) -> String {
    let mut out = String::new();
    if let Some(claim) = claim {
        out += &format!("{}: \"{}\"\n", claim.name, claim.says);
        out += &wrapped(claim.runs, 78);
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

/// One transfer, traced in several ways.
pub fn tracing(found: &TracingCost, verdicts: &[String], style: Style) -> String {
    let spec = &found.spec;
    let calls = found
        .syscalls
        .map(|calls| format!(", {} calls", grouped(calls)));
    let mut out = format!(
        "The cost of watching: {} to {}, {} in chunks of {}{}\n\
         the sender on one CPU throughout; its own counters, also where it is traced\n\n",
        spec.method,
        spec.to,
        spec.size,
        spec.chunk,
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
    let scale = Scale::over(found.rows.iter().map(|row| row.runs.range(WALL)), 24);
    for row in &found.rows {
        let wall = row.runs.range(WALL);
        out += &format!(
            "{:10} {} {:>9} {:>9} {:>11} {:>11}\n",
            row.watched.name(),
            scale.draw(wall, style.marks),
            duration(wall.median),
            duration(row.runs.range(CPU).median),
            grouped(row.runs.range(|run| run.voluntary_context_switches).median),
            grouped(
                row.runs
                    .range(|run| run.involuntary_context_switches)
                    .median
            ),
        );
    }
    let [axis, figures] = scale.axis(style.marks);
    let logarithmic = match scale.is_logarithmic() {
        true => "   (logarithmic)",
        false => "",
    };
    out += &format!("{:11}{axis}\n{:11}{figures}{logarithmic}\n\n", "", "");
    style.finish(out, verdicts)
}
