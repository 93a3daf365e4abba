//! What would save copies, in one sentence a flow. It is checked against what was learnt of both ends; what cannot be
//! checked stands in the sentence as its condition.

use super::context::Context;
use crate::copypath::rule;
use crate::model::{End, EndKind, Flow, Hop, Place, Size, Storage, grouped};

/// The verdict on a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// In two or three words: `zero-copy`, `2 copies to save`.
    pub short: String,
    /// In one sentence, with its conditions.
    pub sentence: String,
    /// How many CPU copies a byte it would save.
    pub saves: u64,
    /// Whether the sentence says what to do.
    pub suggests: bool,
}

/// sendfile(2) and splice(2) move no more than this by one call.
const MOST_BY_ONE_CALL: u64 = 0x7fff_f000;
/// MSG_ZEROCOPY pays above about this (kernel documentation, msg_zerocopy.rst).
const WORTH_PINNING: u64 = 10 << 10;

/// The verdict on so many flows of one kind, added up.
pub(super) fn advice(flow: &Flow, flows: u64, context: &Context) -> Advice {
    if flow.transformed {
        return verdict(
            "transformed",
            "The program changes the bytes on the way: no call can do that for it.",
        );
    }
    if let Some(advice) = useless_copier(flow, context) {
        return advice;
    }
    match (flow.from.kind, flow.to.kind) {
        (EndKind::Memory, _) => produced(flow),
        (EndKind::Unknown, _) => verdict(
            "origin unknown",
            "Nobody can know where the program had the bytes from: no advice.",
        ),
        (_, EndKind::Memory) => verdict(
            "needed by the program",
            "The program needs the bytes, so they have to be copied to it.",
        ),
        _ if flow.has_unknown_copies() => verdict(
            "copies not known",
            "The file system's server or daemon copies the bytes or shares their blocks: it cannot be asked from here.",
        ),
        _ if flow.cpu_copied_bytes() == 0 && flow.is_ciphered() => verdict(
            "encrypted",
            "No byte is copied, but the kernel encrypts each on the CPU (kTLS in software): one pass over the bytes.",
        ),
        _ if flow.cpu_copied_bytes() == 0 => verdict(
            "zero-copy",
            "The CPU copies no byte of it: only references are passed on.",
        ),
        (EndKind::Tty | EndKind::Device, _) | (_, EndKind::Tty | EndKind::Device) => verdict(
            "ends at a device",
            "One end is a device or a terminal: no call would save a copy.",
        ),
        _ => obstacle(flow)
            .or_else(|| needless_direct(flow))
            .unwrap_or_else(|| passed(flow, flows, context)),
    }
}

fn verdict(short: &str, sentence: &str) -> Advice {
    Advice {
        short: short.to_owned(),
        sentence: sentence.to_owned(),
        saves: 0,
        suggests: false,
    }
}

/// Bytes that the program makes itself.
fn produced(flow: &Flow) -> Advice {
    let sends_much = flow.bytes / flow.calls.max(1) >= WORTH_PINNING;
    let could = |sentence: &str| Advice {
        suggests: true,
        ..verdict("produced by the program", sentence)
    };
    match flow.to.kind {
        _ if flow.is_zero_copy() == Some(true) => verdict(
            "zero-copy",
            "The program produces the bytes, and only references to its pages are passed on.",
        ),
        EndKind::Tcp if sends_much && !flow.traits[1].tls && !is_looped(&flow.to) => could(
            "The program produces the bytes; send with MSG_ZEROCOPY could save the copy of each, if the device takes \
             scattered pages and the program leaves the buffer untouched until the kernel reports it.",
        ),
        EndKind::Pipe if sends_much => could(
            "The program produces the bytes; vmsplice could save the copy of each, if the program leaves the pages \
             untouched until they have been read.",
        ),
        _ => verdict(
            "produced by the program",
            "Nothing that the program was seen to read explains the bytes: it produces them, and they have to be copied once.",
        ),
    }
}

/// A connection of this machine with itself: what is sent with MSG_ZEROCOPY is copied when it is received
/// (msg_zerocopy.rst, Loopback).
fn is_looped(end: &End) -> bool {
    let Some((own, peer)) = end.name.split_once(" > ") else {
        return false;
    };
    let host = |address: &str| address.rsplit_once(':').map(|(host, _)| host.to_owned());
    rule::is_loopback(own) || rule::is_loopback(peer) || host(own) == host(peer)
}

/// `cat file | gzip`: the program reads the file itself.
fn useless_copier(flow: &Flow, context: &Context) -> Option<Advice> {
    let [first, second, ..] = &flow.programs[..] else {
        return None;
    };
    let [from, _] = &flow.traits;
    // A program that reads the pipe by another descriptor has no `<` to take its place.
    let whole = flow.from.kind == EndKind::File && from.read_to_end && !from.captured;
    if !whole || !context.only_copies(first, &flow.from) {
        return None;
    }
    let through_pipes = flow
        .copy_path
        .iter()
        .filter(|hop| (hop.from, hop.to) == (Place::UserBuffer, Place::Pipe) && hop.is_cpu_copy());
    let copied: u64 = through_pipes.map(|hop| hop.bytes).sum();
    let pipes = flow.programs.len() as u64 - 1;
    (copied == pipes * flow.bytes).then(|| Advice {
        short: "2 copies to save".to_owned(),
        sentence: format!(
            "`{second} < {}` would save 2 CPU copies of {} and the pipe, if {first} has nothing else to do than to \
             copy the file into it.",
            flow.from.name,
            Size(flow.bytes)
        ),
        saves: 2,
        suggests: true,
    })
}

/// Why no call would do, as far as that was learnt of the ends.
fn obstacle(flow: &Flow) -> Option<Advice> {
    if passes_a_socket(flow) {
        return Some(verdict(
            "through a socket",
            "Two processes pass the bytes on through a socket: what would save a copy on the side of one, a trace of that \
             one alone says.",
        ));
    }
    let [from, to] = &flow.traits;
    let none = |sentence: &str| Some(verdict("nothing to save", sentence));
    let is_parted = |end: &End| end.kind == EndKind::Udp;
    if is_parted(&flow.from) || is_parted(&flow.to) {
        return none(
            "Datagrams have boundaries, which splice would lose. recvmmsg and sendmmsg save calls, UDP_GRO and UDP_SEGMENT \
             too; no call saves the copies.",
        );
    }
    if from.has_boundaries() || to.has_boundaries() {
        return none(
            "Messages have boundaries, which splice would lose. recvmmsg and sendmmsg save calls; no call saves the copies.",
        );
    }
    if [flow.from.kind, flow.to.kind].contains(&EndKind::Socket) {
        return none("No call moves the bytes of such a socket without a copy.");
    }
    for (end, traits) in [(&flow.from, from), (&flow.to, to)] {
        if traits.file_system.storage() == Storage::Generated {
            let name = traits.file_system.name();
            let sentence = format!(
                "{} is on {name}, whose files are made as they are read or written: they have no pages that could be passed on.",
                end.name
            );
            return none(&sentence);
        }
    }
    if flow.to.kind == EndKind::File && to.append {
        return none(
            "The sink is open for appending (O_APPEND), and the calls that would save a copy refuse that: copy_file_range \
             with EBADF, sendfile and splice with EINVAL.",
        );
    }
    None
}

/// What could move bytes in place of reads and writes.
struct Replacement {
    call: &'static str,
    /// CPU copies per byte that it makes.
    copies: u64,
    /// Calls that it takes, as often as one call moves what it can.
    calls: u64,
    /// Beside that the program need not see the bytes.
    conditions: Vec<&'static str>,
    /// What else is to be known of it.
    remark: &'static str,
}

fn replacement(flow: &Flow) -> Replacement {
    let [from, to] = &flow.traits;
    let mut conditions = Vec::new();
    if flow.to.kind == EndKind::File && !to.known {
        conditions.push("the sink is not open for appending");
    }
    let is_unix = |end: &End| end.kind == EndKind::Unix;
    if (is_unix(&flow.from) && !from.known) || (is_unix(&flow.to) && !to.known) {
        conditions.push("it is a stream socket");
    }
    let (call, copies, calls, remark) = match (flow.from.kind, flow.to.kind) {
        (EndKind::File, EndKind::File) => {
            let on_known = from.device != 0 && to.device != 0;
            if on_known && from.device != to.device {
                let refused = " (copy_file_range fails with EXDEV between two file systems)";
                ("sendfile", 1, 1, refused)
            } else {
                if !on_known {
                    conditions.push("both files are on one file system");
                }
                let shares = "; none is left where the file system shares the blocks";
                let may_share =
                    !matches!(to.file_system.storage(), Storage::Disk | Storage::Memory);
                ("copy_file_range", 1, 1, if may_share { shares } else { "" })
            }
        }
        (EndKind::File, _) => {
            conditions.push("nobody changes the file until they have been received");
            if from.direct_ignored {
                conditions.push("the file is opened without O_DIRECT");
            }
            ("sendfile", 0, 1, "")
        }
        (EndKind::Pipe, EndKind::File) => ("splice", 1, 1, ""),
        (EndKind::Pipe, _) | (_, EndKind::Pipe) => ("splice", 0, 1, ""),
        (_, EndKind::File) => ("splice through a pipe", 1, 2, ""),
        _ => ("splice through a pipe", 0, 2, ""),
    };
    Replacement {
        call,
        copies,
        calls,
        conditions,
        remark,
    }
}

/// `O_DIRECT` on a file system that ignores it for reads, and has splice copy because of it.
fn needless_direct(flow: &Flow) -> Option<Advice> {
    let is_spliced = |hop: &Hop| (hop.from, hop.to) == (Place::PageCache, Place::Pipe);
    let mut hops = flow.copy_path.iter();
    let copies = hops.any(|hop| is_spliced(hop) && hop.is_cpu_copy());
    (copies && flow.traits[0].direct_ignored).then(|| Advice {
        short: "1 copy to save".to_owned(),
        sentence: format!(
            "Opened without O_DIRECT, which {} has no use for, the source would be passed on by reference: that would save 1 \
             CPU copy of {}.",
            flow.traits[0].file_system.name(),
            Size(flow.bytes)
        ),
        saves: 1,
        suggests: true,
    })
}

/// Bytes that pass through unchanged.
fn passed(flow: &Flow, flows: u64, context: &Context) -> Advice {
    let by = replacement(flow);
    let saved = flow
        .cpu_copied_bytes()
        .saturating_sub(by.copies * flow.bytes);
    // The last run of a loop is one copy short, or a part went another way: rounded.
    let copies = (saved as f64 / flow.bytes.max(1) as f64).round() as u64;
    if copies == 0 {
        return verdict(
            "nothing to save",
            match flow.to.kind {
                EndKind::File => {
                    "One CPU copy per byte: a file takes no references, so only shared blocks would save it."
                }
                _ => "Hardly anything is copied.",
            },
        );
    }
    if let Some(advice) = needs_bytes(flow, context) {
        return advice;
    }
    let plural = if copies == 1 { "copy" } else { "copies" };
    let needed = by.calls * flow.bytes.div_ceil(MOST_BY_ONE_CALL).max(flows);
    let calls = match (flow.calls.saturating_sub(needed), by.calls) {
        (0, _) => String::new(),
        (1, _) => " and 1 call".to_owned(),
        // How much a splice moves depends on the pipe and on who reads.
        _ if by.call.starts_with("splice") => {
            format!(" and many of the {} calls", grouped(flow.calls))
        }
        (fewer, _) => format!(" and up to {} calls", grouped(fewer)),
    };
    let own = match (own_copies(flow), copies) {
        (0, _) => String::new(),
        (_, 1) => " (the program makes it itself, from buffer to buffer)".to_owned(),
        (1, _) => " (one of them the program makes itself, from buffer to buffer)".to_owned(),
        (own, _) => format!(" ({own} of them the program makes itself, from buffer to buffer)"),
    };
    // Processes of one name are one program.
    let one_program = match flow.programs.len() > 1 || passes_a_pipe(flow) {
        false => "",
        true => " in one program, without the pipes between,",
    };
    let conditions = by.conditions.iter().map(|it| format!(" and {it}"));
    Advice {
        saves: copies,
        suggests: true,
        short: format!("{copies} {plural} to save"),
        sentence: format!(
            "{}{one_program} would save {copies} CPU {plural} of {}{own}{calls}, if the program need not see the bytes{}{}.",
            by.call,
            Size(flow.bytes),
            conditions.collect::<String>(),
            by.remark,
        ),
    }
}

/// Whether the program that passes a flow on needs its bytes in memory.
fn needs_bytes(flow: &Flow, context: &Context) -> Option<Advice> {
    if context.has_looked(flow) {
        return Some(verdict(
            "looked at",
            "The program chooses or changes bytes of what it reads, so it has to see them: no call can do that for it.",
        ));
    }
    let is_resent = flow.from.kind != EndKind::File && flow.traits[0].resent;
    is_resent.then(|| {
        verdict(
            "sent again",
            "The program writes the bytes more than once, and splice takes them out of their source once: the program has to \
             keep them, unless the source is a pipe, whose bytes tee(2) doubles.",
        )
    })
}

/// Whether a socket lies between the ends.
fn passes_a_socket(flow: &Flow) -> bool {
    let is_socket = matches!(
        flow.from.kind,
        EndKind::Tcp | EndKind::Udp | EndKind::Unix | EndKind::Socket
    );
    let hops = flow.copy_path.iter();
    let received = hops.filter(|hop| hop.from == Place::SocketQueue);
    let received: u64 = received.map(|hop| hop.bytes).sum();
    received > if is_socket { flow.bytes } else { 0 }
}

fn passes_a_pipe(flow: &Flow) -> bool {
    let is_end = [flow.from.kind, flow.to.kind].contains(&EndKind::Pipe);
    !is_end && flow.copy_path.iter().any(|hop| hop.to == Place::Pipe)
}

/// How many copies of each byte the programs make themselves, rounded: some libraries' buffers copy a part.
fn own_copies(flow: &Flow) -> u64 {
    let hops = flow.copy_path.iter();
    let own = hops.filter(|hop| (hop.from, hop.to) == (Place::UserBuffer, Place::UserBuffer));
    let bytes: u64 = own.map(|hop| hop.bytes).sum();
    (bytes as f64 / flow.bytes.max(1) as f64).round() as u64
}
