//! What came of watching a program, as text.

use std::fmt::Write;

use crate::copypath::flows::{Group, groups, hazard_sentence};
use crate::model::{End, EndKind, Exit, Flow, TraceReport, grouped, visible};

/// More flows than this are added up in one line.
const SHOWN: usize = 24;
/// The room of a flow's name.
const NAME: usize = 52;

/// As text: the flows with their verdicts, the calls, what is in no flow, the notes.
pub(crate) fn for_people(watched: &TraceReport) -> String {
    let mut out = format!("\n{}\n", summary(watched));
    flows(&mut out, watched);
    calls(&mut out, watched);
    let unexplained = watched.unexplained;
    let _ = writeln!(
        out,
        "\nunexplained: {} bytes read, {} bytes written",
        grouped(unexplained.read_bytes),
        grouped(unexplained.written_bytes)
    );
    for hazard in &watched.hazards {
        let _ = writeln!(out, "hazard: {}", visible(&hazard_sentence(hazard)));
    }
    for note in &watched.notes {
        let _ = writeln!(out, "note: {}", visible(note));
    }
    out
}

fn summary(watched: &TraceReport) -> String {
    let count = |number: u64, one: &str, many: &str| {
        format!(
            "{} {}",
            grouped(number),
            if number == 1 { one } else { many }
        )
    };
    let exit = match &watched.exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => signal.clone(),
    };
    format!(
        "{}: {}, {}, {}, {}",
        visible(watched.command.first().map_or("", String::as_str)),
        count(watched.processes, "process", "processes"),
        count(watched.threads, "thread", "threads"),
        count(watched.syscalls(), "call seen", "calls seen"),
        exit
    )
}

fn flows(out: &mut String, watched: &TraceReport) {
    if watched.flows.is_empty() {
        *out += "\nno bytes were moved\n";
        return;
    }
    let head = ("flow", "bytes", "calls", "switches", "copies per byte");
    let _ = writeln!(
        out,
        "\n{:<NAME$} {:>15} {:>9} {:>9}  {:>13}  verdict",
        head.0, head.1, head.2, head.3, head.4
    );
    let groups = groups(&watched.flows);
    for Group { flow, advice, .. } in groups.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "{} {:>15} {:>9} {:>9}  {:>13}  {}",
            padded(&fitting(flow)),
            grouped(flow.bytes),
            grouped(flow.calls),
            grouped(2 * flow.calls),
            flow.copies_text(),
            advice.short
        );
    }
    let rest = groups.get(SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        let bytes = rest.iter().map(|group| group.flow.bytes).sum();
        let name = format!("and {} smaller flows", grouped(rest.len() as u64));
        let _ = writeln!(out, "{} {:>15}", padded(&name), grouped(bytes));
    }
    sentences(out, &groups);
}

/// One sentence for each flow with something to save, and for those that pass through.
fn sentences(out: &mut String, groups: &[Group]) {
    out.push('\n');
    let passing = groups.iter().take(SHOWN);
    for group in passing.filter(|group| group.flow.passes_through()) {
        let _ = writeln!(out, "{}: {}", name(&group.flow), group.advice.sentence);
        if let Some(tried) = group.flow.fallbacks_text() {
            let _ = writeln!(out, "  tried first: {tried}");
        }
    }
}

/// `/a > cat, gzip > /b`.
pub(crate) fn name(flow: &Flow) -> String {
    let end = |end: &End, _| match end.kind {
        EndKind::Memory => format!("memory of {}", end.name),
        EndKind::Unknown => format!("unknown origin, {}", end.name),
        EndKind::Tcp | EndKind::Udp => format!("{} {}", end.kind.name(), end.name),
        _ => end.name.clone(),
    };
    name_by(flow, end)
}

/// The name, or one in fewer words where there is no room for it.
fn fitting(flow: &Flow) -> String {
    let whole = Some(name(flow)).filter(|name| name.chars().count() <= NAME);
    whole.unwrap_or_else(|| name_by(flow, End::short))
}

fn name_by(flow: &Flow, end: impl Fn(&End, bool) -> String) -> String {
    let programs = match flow.programs.len() {
        0 | 1 => String::new(),
        _ => format!("{} > ", flow.programs.join(", ")),
    };
    let (from, to) = (end(&flow.from, true), end(&flow.to, false));
    visible(&format!("{from} > {programs}{to}")).into_owned()
}

/// Cut in its middle where it is too long.
fn padded(text: &str) -> String {
    let length = text.chars().count();
    if length <= NAME {
        return text.to_owned() + &" ".repeat(NAME - length);
    }
    let head: String = text.chars().take(NAME / 2 - 1).collect();
    let tail: String = text.chars().skip(length - (NAME - NAME / 2)).collect();
    format!("{head}…{tail}")
}

fn calls(out: &mut String, watched: &TraceReport) {
    let _ = writeln!(
        out,
        "\n{:>9} {:>9} {:>18}  call",
        "calls", "errors", "bytes"
    );
    let mut rows: Vec<_> = watched.calls_by_name.iter().collect();
    rows.sort_by(|a, b| b.1.calls.cmp(&a.1.calls).then(a.0.cmp(b.0)));
    let blank_if_none = |number: u64| match number {
        0 => String::new(),
        number => grouped(number),
    };
    for (name, counted) in rows {
        let _ = writeln!(
            out,
            "{:>9} {:>9} {:>18}  {name}",
            grouped(counted.calls),
            blank_if_none(counted.errors),
            blank_if_none(counted.bytes)
        );
    }
}
