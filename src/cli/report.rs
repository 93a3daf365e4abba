//! A recording's figures: as the JSON document of `run` and `replay`, and as lines for people.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

use super::ink::INK;
use crate::copypath::{self, CountedSide};
use crate::model::{
    Cache, CountedCopies, Hop, How, Machine, Measured, Method, Origin, Outcome, Place, Recording,
    Residency, Served, Side, Sink, Size, Start,
};
use crate::model::{Summary, Trace, Unavailable, duration as time, grouped};

#[derive(Debug, Serialize)]
pub(crate) struct RunDocument<'a> {
    method: Method,
    /// Where the bytes are when the transfer begins: `file`, `memory`, or `tcp`, at the other end of a connection.
    from: Start,
    to: Sink,
    /// Whose figures `measured`, `traced` and `cpu_copied_bytes` are.
    side: Side,
    size: Size,
    chunk: Size,
    cache: Cache,
    file_system: &'a str,
    bytes_moved: u64,
    received: u64,
    /// By the second receiver, where there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    also_received: Option<u64>,
    verified: Option<bool>,
    measured: Option<&'a Measured>,
    traced: Option<Traced>,
    residency: BeforeAndAfter,
    /// What the pipe on the way can hold, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pipe_size: Option<u64>,
    /// Bytes of the sink whose blocks on the disk are the source's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_blocks: Option<u64>,
    /// What the kernel said of its zero-copy sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel_reports: Option<Reports>,
    /// Bytes that it said it mapped for the receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapped_bytes: Option<u64>,
    /// What a server received and sent besides the bodies, whose figures the others are.
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<Served>,
    copy_path: Vec<Hop>,
    cpu_copied_bytes: Option<u64>,
    cpu_copies_per_byte: Option<f64>,
    /// What the kernel's own functions moved, where that was asked for; null where it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Option<Counted<'a>>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
    /// Where a recording was made that was not made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Recorded<'a>>,
}

#[derive(Debug, Serialize)]
struct Counted<'a> {
    #[serde(flatten)]
    counted: &'a CountedCopies,
    /// Whether the rule says the same of both sides.
    agrees: bool,
}

#[derive(Debug, Serialize)]
struct Traced {
    syscalls: u64,
    mode_switches: u64,
    wall_ns: u64,
    calls_by_name: BTreeMap<String, u64>,
    /// Requests of an io_uring, where there are any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    requests_by_name: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct Reports {
    completions: u64,
    copied: u64,
}

#[derive(Debug, Serialize)]
struct BeforeAndAfter {
    before: Option<Residency>,
    after: Option<Residency>,
}

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    origin: Origin,
    machine: &'a Machine,
}

impl RunDocument<'_> {
    pub(crate) fn of(recording: &Recording) -> RunDocument<'_> {
        let summary = copypath::summarise(recording);
        let spec = &recording.spec;
        let outcome = &recording.outcome;
        let live = recording.origin == Origin::Live;
        let counted = recording.counted.as_ref().map(|it| {
            let sides = copypath::counted_sides(&summary, it, spec.method.side());
            Some(Counted {
                counted: it,
                agrees: sides.iter().all(CountedSide::agrees),
            })
        });
        RunDocument {
            method: spec.method,
            from: spec.method.start(),
            to: spec.to,
            side: spec.method.side(),
            size: spec.size,
            chunk: spec.chunk,
            cache: spec.cache,
            file_system: &outcome.file_system,
            bytes_moved: outcome.bytes_moved,
            received: outcome.received,
            also_received: outcome.also_received,
            verified: outcome.verified,
            measured: recording.measured.as_ref(),
            traced: recording.trace.as_ref().map(|trace| Traced {
                syscalls: summary.syscalls.unwrap_or_default(),
                mode_switches: summary.mode_switches.unwrap_or_default(),
                wall_ns: trace.wall_ns,
                calls_by_name: summary.calls_by_name,
                requests_by_name: summary.requests_by_name,
            }),
            residency: BeforeAndAfter {
                before: outcome.residency_before,
                after: outcome.residency_after,
            },
            kernel_reports: outcome.kernel_reports.as_ref().map(|reports| Reports {
                completions: reports.completions,
                copied: reports.copied,
            }),
            mapped_bytes: outcome.mapped_receives.as_deref().map(all_mapped),
            pipe_size: outcome.pipe_size,
            shared_blocks: outcome.shared_blocks,
            served: outcome.served,
            copy_path: summary.copy_path,
            cpu_copied_bytes: summary.cpu_copied_bytes,
            cpu_copies_per_byte: summary.cpu_copies_per_byte,
            counted,
            unavailable: &recording.unavailable,
            recorded: (!live).then_some(Recorded {
                origin: recording.origin,
                machine: &recording.machine,
            }),
        }
    }
}

impl RunDocument<'_> {
    /// Says `null` of a count that was asked for and refused.
    pub(crate) fn with_count(mut self, asked: bool) -> Self {
        if asked && self.counted.is_none() {
            self.counted = Some(None);
        }
        self
    }
}

/// The figures for people. What is measured and what is traced come from two runs and stand in two groups.
pub(crate) fn for_people(recording: &Recording) -> String {
    let summary = copypath::summarise(recording);
    let mut text = Text(heading(recording));
    path_line(&mut text, recording, &summary);
    if let Some(measured) = &recording.measured {
        measured_group(&mut text, measured, recording.spec.method.side());
    }
    if let (Some(trace), Some(calls)) = (&recording.trace, summary.syscalls) {
        text.group(match recording.outcome.served {
            Some(_) => "Traced: the server's calls",
            None => "Traced run: the same transfer once more, for its calls",
        });
        let named = trace.calls_by_name();
        let named: Vec<_> = named
            .iter()
            .map(|(name, count)| format!("{name} {}", grouped(*count)))
            .collect();
        text.row("system calls", &grouped(calls), &named.join(", "));
        let switches = summary.mode_switches.unwrap_or_default();
        text.row("mode switches", &grouped(switches), "");
        requests_row(&mut text, trace, &summary);
        text.row(
            "wall time",
            &time(trace.wall_ns),
            "the tracer's own cost is in it",
        );
    }
    path_group(&mut text, &summary, recording.spec.method.side());
    if let Some(counted) = &recording.counted {
        counted_group(&mut text, counted, &summary, recording.spec.method.side());
    }
    if let Some(served) = recording.outcome.served {
        let note = "requests and heads, one copy each, not counted above";
        let bytes = Size(served.request_bytes + served.head_bytes);
        text.row("besides the bodies", &bytes.to_string(), note);
    }
    text.0
}

/// Requests of an io_uring, which are no calls: read from its rings, or why they could not be.
fn requests_row(text: &mut Text, trace: &Trace, summary: &Summary) {
    let each = summary.requests_by_name.iter();
    let each: Vec<_> = each
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    if !each.is_empty() {
        let all = grouped(trace.requests.len() as u64);
        text.row("requests in rings", &all, &each.join(", "));
    }
    for unread in &trace.unread {
        text.row("requests in rings", "unknown", &unread.reason);
    }
}

fn heading(recording: &Recording) -> String {
    let mut text = about(recording);
    made_elsewhere(&mut text, recording);
    if recording.outcome.served.is_none() {
        outcome(&mut text, recording);
    }
    text
}

/// What was run, in a line.
fn about(recording: &Recording) -> String {
    let spec = &recording.spec;
    let outcome = &recording.outcome;
    if let Some(served) = outcome.served {
        let answers = match served.answers {
            1 => "1 answer".to_owned(),
            many => format!("{} answers", grouped(many)),
        };
        let about = format!(
            "a server by {}: {answers}, bodies of {} in all, from {}",
            spec.method, spec.size, outcome.file_system
        );
        return super::wrapped(&about, WIDTH);
    }
    let (from, source) = match spec.method.start() {
        Start::Tcp => (" from tcp", "the peer's file"),
        _ => ("", &*format!("source {}", spec.cache)),
    };
    let cut = match spec.method.passes_memory() {
        true => "by one message".to_owned(),
        false => format!("in chunks of {}", spec.chunk),
    };
    let verified = match outcome.verified {
        Some(true) => ", verified",
        Some(false) => ", NOT verified",
        None => "",
    };
    let title = format!("{}{from} to {}", spec.method, spec.to);
    let about = format!(
        "{title}: {} {cut}, {source} on {}{verified}",
        spec.size, outcome.file_system
    );
    let about = super::wrapped(&about, WIDTH);
    about.replacen(&title, &INK.strong(&title), 1)
}

/// What the kernel and the file system said of it.
fn outcome(text: &mut String, recording: &Recording) {
    let spec = &recording.spec;
    let outcome = &recording.outcome;
    if let Some(Residency { resident, pages }) = outcome.residency_before {
        let after = outcome
            .residency_after
            .map(|after| format!(", {} after", grouped(after.resident)))
            .unwrap_or_default();
        let said = format!(
            "Of the source's {} pages {} were in the page cache before{after}.",
            grouped(pages),
            grouped(resident)
        );
        *text += &super::wrapped(&said, WIDTH);
    }
    kernel_says(text, outcome);
    if let Some(size) = outcome.pipe_size {
        let _ = writeln!(text, "The pipe on the way holds up to {}.", Size(size));
    }
    if spec.method.may_share_blocks() {
        *text += &blocks(outcome.shared_blocks, &outcome.file_system);
    }
}

/// What the kernel reported of zero-copy sends and receives, where a method asks it.
fn kernel_says(text: &mut String, outcome: &Outcome) {
    if let Some(reports) = &outcome.kernel_reports {
        let (all, copied) = (grouped(reports.completions), grouped(reports.copied));
        let _ = writeln!(
            text,
            "The kernel reports {all} sends completed, {copied} of them copied after all."
        );
    }
    if let Some(receives) = &outcome.mapped_receives {
        let (mapped, moved) = (all_mapped(receives), outcome.bytes_moved);
        let rest = match mapped < moved {
            true => "; the rest was copied",
            false => "",
        };
        let (mapped, moved) = (grouped(mapped), grouped(moved));
        let _ = writeln!(
            text,
            "The kernel reports {mapped} of {moved} bytes mapped{rest}."
        );
    }
}

/// What all receives with TCP_ZEROCOPY_RECEIVE mapped.
fn all_mapped(receives: &[u32]) -> u64 {
    receives.iter().map(|bytes| u64::from(*bytes)).sum()
}

/// Whether the file system shared blocks instead of copying.
fn blocks(shared: Option<u64>, file_system: &str) -> String {
    match shared {
        Some(0) => format!("No block on the disk is shared: {file_system} copies.\n"),
        Some(shared) => format!(
            "Blocks on the disk are shared (FIEMAP): {}.\n",
            Size(shared)
        ),
        None => format!("{file_system} cannot say whether blocks are shared: no FIEMAP.\n"),
    }
}

fn made_elsewhere(text: &mut String, recording: &Recording) {
    if recording.origin != Origin::Live {
        let Machine { kernel, arch, .. } = &recording.machine;
        let _ = writeln!(text, "Recorded on {kernel}, {arch}: not made just now.");
    }
}

fn measured_group(text: &mut Text, measured: &Measured, side: Side) {
    let who = side.name();
    text.group(&format!("Untraced run: what it cost the {who}"));
    text.row("wall time", &time(measured.wall_ns), "");
    let split = measured.user_ns.zip(measured.system_ns);
    let split = split.map(|(user, system)| format!("user {}, system {}", time(user), time(system)));
    text.row(
        "CPU time",
        &time(measured.cpu_ns),
        &split.unwrap_or_default(),
    );
    let voluntary = measured.voluntary_context_switches;
    let involuntary = measured.involuntary_context_switches;
    text.row(
        "context switches",
        &grouped(voluntary + involuntary),
        &kinds(("voluntary", voluntary), ("involuntary", involuntary)),
    );
    let (minor, major) = (measured.minor_faults, measured.major_faults);
    text.row(
        "page faults",
        &grouped(minor + major),
        &kinds(("minor", minor), ("major", major)),
    );
    if minor + major > 0 {
        let note = "in user mode each is two mode switches more; inside a call it is none";
        text.row("", "", note);
    }
    if let Some(bytes) = measured.peak_memory_bytes {
        let note = "its buffers and mappings at their largest";
        text.row("memory, at most", &Size(bytes).to_string(), note);
    }
    if let Some(bytes) = measured.read_bytes {
        text.row("read from storage", &Size(bytes).to_string(), "");
    }
}

fn kinds(one: (&str, u64), other: (&str, u64)) -> String {
    match one.1 + other.1 {
        0 => String::new(),
        _ => format!(
            "{} {}, {} {}",
            grouped(one.1),
            one.0,
            grouped(other.1),
            other.0
        ),
    }
}

fn path_group(text: &mut Text, summary: &Summary, side: Side) {
    let Some(copied) = summary.cpu_copied_bytes else {
        return;
    };
    let happened = |side| {
        let hops = summary.copy_path.iter();
        hops.filter(move |hop| hop.side == side && !hop.ghost)
    };
    text.group(&format!("Copy path of the {}", side.name()));
    happened(side).for_each(|hop| text.hop(hop));
    let each = summary.cpu_copies_per_byte;
    let each = each.map(|copies| format!("{copies:.1} per byte"));
    text.row(
        "copied by the CPU",
        &Size(copied).to_string(),
        &each.unwrap_or_default(),
    );
    let other = side.other();
    if happened(other).next().is_some() {
        let title = format!("Copy path of the {}, not counted above", other.name());
        text.group(&title);
        happened(other).for_each(|hop| text.hop(hop));
    }
    let ghosts: Vec<_> = summary.copy_path.iter().filter(|hop| hop.ghost).collect();
    if !ghosts.is_empty() {
        text.group("Did not happen here: would, with a cold cache or a real device");
        ghosts.into_iter().for_each(|hop| text.hop(hop));
    }
}

/// What the kernel's own functions counted, beside the rule.
fn counted_group(text: &mut Text, counted: &CountedCopies, summary: &Summary, own: Side) {
    let sides = copypath::counted_sides(summary, counted, own);
    for (side, bytes) in [(own, &counted.own), (own.other(), &counted.peer)] {
        if side != own && bytes.by_function.is_empty() {
            continue; // a file has nobody at its other end
        }
        text.group(&format!(
            "Counted run: what the kernel's own functions moved, {}",
            side.name()
        ));
        for (name, figure) in [
            ("copied by the CPU", bytes.cpu_copied_bytes),
            ("passed by reference", bytes.reference_bytes),
            ("through a cipher", bytes.cipher_bytes),
        ] {
            if figure > 0 || name == "copied by the CPU" {
                text.row(name, &Size(figure).to_string(), "");
            }
        }
        if let Some(mapped) = counted.mapped_bytes.filter(|_| side == own) {
            text.row("mapped, not copied", &Size(mapped).to_string(), "");
        }
        for (name, figure) in &bytes.by_function {
            text.row("", &Size(*figure).to_string(), name);
        }
        if let Some(found) = sides.iter().find(|found| found.side == side) {
            let _ = writeln!(text.0, "  {}", found.sentence());
        }
    }
}

/// The copy path in one line: `page cache ═copy═> your buffer ═copy═> socket queue`.
fn path_line(text: &mut Text, recording: &Recording, summary: &Summary) {
    let side = recording.spec.method.side();
    let hops = summary.copy_path.iter();
    let mut hops = hops.filter(|hop| hop.side == side && !hop.ghost).peekable();
    let Some(first) = hops.peek() else {
        return;
    };
    let mut at = first.from;
    let mut line = INK.strong(place(at));
    for hop in hops {
        if hop.from != at {
            line += &format!("; {}", INK.strong(place(hop.from)));
        }
        let arrow = match hop.how.drawn() {
            How::Dma => "─dma─>",
            How::Reference => "┄reference┄>",
            How::Mapping => "~mapping~>",
            _ => "═copy═>",
        };
        line += &format!(" {} {}", INK.how(hop.how, arrow), INK.strong(place(hop.to)));
        at = hop.to;
    }
    let _ = writeln!(text.0, "\n{line}");
}

fn place(place: Place) -> &'static str {
    match place {
        Place::PageCache => "page cache",
        Place::UserBuffer => "buffer",
        Place::SocketQueue => "socket",
        other => other.name(),
    }
}

/// No line is longer.
const WIDTH: usize = 80;
/// Where a row's note begins.
const NOTE: usize = 39;

struct Text(String);

impl Text {
    fn group(&mut self, title: &str) {
        let _ = writeln!(self.0, "\n{}", INK.strong(title));
    }

    /// A figure behind its name, and a note: folded under its own beginning where it is long.
    fn row(&mut self, name: &str, figure: &str, note: &str) {
        let figure = format!("{figure:>14}");
        let first = format!("  {name:<20}{}", INK.strong(figure));
        let mut notes = textwrap::wrap(note, WIDTH - NOTE).into_iter();
        let line = match notes.next().filter(|note| !note.is_empty()) {
            Some(note) => format!("{first}   {}", INK.dim(note)),
            None => first,
        };
        let _ = writeln!(self.0, "{}", line.trim_end());
        for note in notes {
            let _ = writeln!(self.0, "{:NOTE$}{}", "", INK.dim(note));
        }
    }

    fn hop(&mut self, hop: &Hop) {
        let path = format!("{} → {}", hop.from.name(), hop.to.name());
        let bytes = Size(hop.bytes).to_string();
        let how = INK.how(hop.how, format!("{:<16}", hop.how.title()));
        let basis = INK.dim(hop.basis.name());
        let _ = writeln!(self.0, "  {path:<29}{how}{bytes:>10}   {basis}");
        if let Some(source) = &hop.source {
            let options = textwrap::Options::new(WIDTH)
                .initial_indent("      ")
                .subsequent_indent("      ");
            let source = super::wrapped(source, options);
            let _ = writeln!(self.0, "{}", INK.dim(source.trim_end()));
        }
    }
}
