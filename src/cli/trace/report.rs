//! What came of watching a program, as text of at most 80 columns.

use std::fmt::Write;

use crate::cli::{ink::Ink, wrapped};
use crate::copypath::flows::{Group, groups, hazard_sentence, is_of_start};
use crate::model::{
    End, EndKind, Exit, Flow, StorageUse, TraceReport, Unexplained, grouped, visible,
};

/// More flows than this are added up in one line.
const SHOWN: usize = 24;
const WIDTH: usize = 80;
/// The room of a flow's name.
const NAME: usize = 41;

/// As text: the flows with their verdicts, the calls, what is in no flow, the notes.
pub(crate) fn for_people(watched: &TraceReport, ink: Ink) -> String {
    let mut out = format!("\n{}\n", ink.strong(summary(watched)));
    flows(&mut out, watched, ink);
    zero_copy_sends(&mut out, watched);
    storage(&mut out, watched);
    counted(&mut out, watched);
    calls(&mut out, watched, ink);
    let unexplained = watched.unexplained;
    let _ = writeln!(
        out,
        "\nunexplained: {} bytes read, {} bytes written",
        grouped(unexplained.read_bytes),
        grouped(unexplained.written_bytes)
    );
    if unexplained != Unexplained::default() {
        out += &folded(&format!("  {}", visible(&why_unexplained(watched))), "  ");
    }
    for hazard in &watched.hazards {
        let text = format!("hazard: {}", visible(&hazard_sentence(hazard)));
        out += &folded(&text, "  ");
    }
    for note in &watched.notes {
        out += &folded(&format!("note: {}", visible(note)), "  ");
    }
    out
}

/// Text in lines, those after the first indented.
fn folded(text: &str, indent: &str) -> String {
    wrapped(
        text,
        textwrap::Options::new(WIDTH).subsequent_indent(indent),
    )
}

/// Why bytes are in no flow, as the notes have it.
fn why_unexplained(watched: &TraceReport) -> String {
    let is_reason = |note: &&String| note.contains("unexplained") || note.contains("in no flow");
    let names = watched.notes.iter().filter(is_reason);
    let names: Vec<&str> = names.filter_map(|note| note.split(':').next()).collect();
    match names.is_empty() {
        true => {
            "calls whose memory or descriptors could not be read when they were made".to_owned()
        }
        false => format!("see the notes: {}", names.join(", ")),
    }
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

/// What a flow is to its program: the sections of the report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Passed,
    Produced,
    Unknown,
    Needed,
}

impl Section {
    const ALL: [Section; 4] = [
        Section::Passed,
        Section::Produced,
        Section::Unknown,
        Section::Needed,
    ];

    fn of(flow: &Flow) -> Section {
        match (flow.from.kind, flow.to.kind) {
            (EndKind::Memory, _) => Section::Produced,
            (EndKind::Unknown, _) => Section::Unknown,
            (_, EndKind::Memory) => Section::Needed,
            _ => Section::Passed,
        }
    }

    /// What stands above its flows; none: each has a verdict of its own.
    fn title(self) -> Option<&'static str> {
        match self {
            Section::Passed => None,
            Section::Produced => Some("produced by the program"),
            Section::Unknown => Some("origin unknown"),
            Section::Needed => Some("needed by the program"),
        }
    }
}

fn flows(out: &mut String, watched: &TraceReport, ink: Ink) {
    if watched.flows.is_empty() {
        *out += match watched.unexplained == Unexplained::default() {
            true => "\nno bytes were moved\n",
            false => "\nno bytes could be followed\n",
        };
        return;
    }
    let groups = groups(&watched.flows, &watched.shared_calls);
    let is_start = |group: &&Group| is_of_start(&group.flow, &watched.command);
    let (start, own): (Vec<_>, Vec<_>) = groups.iter().partition(is_start);
    let (shown, rest) = own.split_at(own.len().min(SHOWN));
    if !shown.is_empty() {
        let head = row("flow", "bytes", "calls", "copies per byte");
        let _ = write!(out, "\n{}", ink.dim(head.trim_end()) + "\n");
    }
    for section in Section::ALL {
        let of_section = shown
            .iter()
            .filter(|group| Section::of(&group.flow) == section);
        for (place, group) in of_section.enumerate() {
            if let Some(title) = section.title().filter(|_| place == 0) {
                let _ = writeln!(out, "{}", ink.strong(title));
            }
            flow(out, group, ink);
        }
    }
    let bytes = |groups: &[&Group]| grouped(groups.iter().map(|group| group.flow.bytes).sum());
    if !rest.is_empty() {
        let name = format!("and {} smaller flows", grouped(rest.len() as u64));
        *out += &row(&name, &bytes(rest), "", "");
    }
    if !start.is_empty() {
        let files = match start.len() {
            1 => "1 file".to_owned(),
            many => format!("{} files", grouped(many as u64)),
        };
        let name = format!("program start: {files}");
        *out += &row(&name, &bytes(&start), "", "");
    }
}

/// A row of the table, numbers at the right.
fn row(name: &str, bytes: &str, calls: &str, copies: &str) -> String {
    let row = format!("{}{bytes:>14}{calls:>9}{copies:>16}", padded(name));
    row.trim_end().to_owned() + "\n"
}

/// A flow: its row, and what there is to say of it.
fn flow(out: &mut String, Group { flow, advice, .. }: &Group, ink: Ink) {
    let whole = name(flow);
    let mut short = fitting(flow);
    if short.chars().count() > NAME {
        // A line of its own.
        let fits = whole.chars().count() <= WIDTH;
        *out += &cut(if fits { &whole } else { &short }, WIDTH);
        out.push('\n');
        short.clear();
    }
    let (bytes, calls) = (grouped(flow.bytes), grouped(flow.calls));
    *out += &row(&short, &bytes, &calls, &flow.copies_text());
    let is_told = flow.passes_through() || advice.suggests || flow.transformed;
    if is_told {
        let sentence = visible(&advice.sentence);
        let text = format!("{}: {sentence}", advice.short);
        let text = folded(&format!("  {text}"), "  ");
        let verdict = match () {
            () if advice.saves > 0 => ink.copied(&advice.short),
            () if flow.is_zero_copy() == Some(true) => ink.shared(&advice.short),
            () => ink.strong(&advice.short),
        };
        // It is short enough to stand on the first line.
        *out += &text.replacen(&advice.short, &verdict, 1);
    }
    if let Some(tried) = flow.fallbacks_text() {
        *out += &folded(&format!("  tried first: {tried}"), "    ");
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

/// Text in its column.
fn padded(text: &str) -> String {
    let text = cut(text, NAME);
    let length = text.chars().count();
    text + &" ".repeat(NAME - length)
}

/// Cut in its middle where it is too long.
fn cut(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let head: String = text.chars().take(width / 2 - 1).collect();
    let tail: String = text.chars().skip(length - (width - width / 2)).collect();
    format!("{head}…{tail}")
}

/// A line a socket: what was asked, reported, copied.
fn zero_copy_sends(out: &mut String, watched: &TraceReport) {
    for sends in &watched.zero_copy {
        let over = if sends.loopback {
            "loopback"
        } else {
            "a device"
        };
        let counted = [
            (sends.asked, "asked"),
            (sends.ignored, "ignored (no SO_ZEROCOPY)"),
            (sends.reported, "reported"),
            (sends.copied, "copied after all"),
        ];
        let counted = counted.iter().enumerate();
        let counted =
            counted.filter(|(place, (count, _))| *place == 0 || *place == 2 || *count > 0);
        let counted = counted.map(|(_, (count, what))| format!("{} {what}", grouped(*count)));
        let text = format!(
            "zero-copy sends, {} {} over {over}: {}",
            sends.to.kind.name(),
            visible(&sends.to.name),
            counted.collect::<Vec<_>>().join(", ")
        );
        *out += &format!("\n{}", folded(&text, "  "));
    }
}

/// A line a program that moved bytes of files: whether they were in the page cache, or came from a device.
fn storage(out: &mut String, watched: &TraceReport) {
    let is_file = |flow: &Flow| [flow.from.kind, flow.to.kind].contains(&EndKind::File);
    let own = watched
        .flows
        .iter()
        .filter(|flow| is_file(flow) && !is_of_start(flow, &watched.command));
    let own: Vec<&Flow> = own.collect();
    let moves_files = |program: &&StorageUse| {
        own.iter()
            .any(|flow| flow.programs.contains(&program.program))
    };
    for (place, used) in watched.storage.iter().filter(moves_files).enumerate() {
        let from = match used.read_bytes {
            0 => "nothing read from a device (it was in the page cache)".to_owned(),
            bytes => format!("{} bytes read from a device", grouped(bytes)),
        };
        let text = format!(
            "storage, {}: {from}, {} bytes to be written to one",
            visible(&used.program),
            grouped(used.write_bytes)
        );
        *out += if place == 0 { "\n" } else { "" };
        *out += &folded(&text, "  ");
    }
}

/// What the kernel's own functions counted, and what the flows come to.
fn counted(out: &mut String, watched: &TraceReport) {
    let Some(counted) = &watched.counted else {
        return;
    };
    let mut text = format!(
        "counted by the kernel's own functions: {} bytes copied; the flows come to {}",
        grouped(counted.cpu_copied_bytes),
        grouped(watched.kernel_copied_bytes())
    );
    for (bytes, what) in [
        (counted.reference_bytes, "passed by reference"),
        (counted.cipher_bytes, "through a cipher"),
    ] {
        if bytes > 0 {
            text += &format!("; {} bytes {what}", grouped(bytes));
        }
    }
    *out += &format!("\n{}", folded(&text, "  "));
    for (function, bytes) in &counted.by_function {
        let _ = writeln!(out, "  {:>18}  {function}", grouped(*bytes));
    }
}

fn calls(out: &mut String, watched: &TraceReport, ink: Ink) {
    let head = format!("{:>9} {:>9} {:>18}  call", "calls", "errors", "bytes");
    let _ = writeln!(out, "\n{}", ink.dim(head));
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
