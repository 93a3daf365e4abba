//! What would save what, in one sentence a flow.

use crate::model::{EndKind, Flow, Place, Size, grouped};

/// The verdict on a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// In two or three words: `zero-copy`, `2 copies to save`.
    pub short: String,
    /// In one sentence, with its conditions.
    pub sentence: String,
    /// How many CPU copies a byte it would save.
    pub saves: u64,
}

/// sendfile(2) and splice(2) move no more than this by one call.
const MOST_BY_ONE_CALL: u64 = 0x7fff_f000;
/// MSG_ZEROCOPY pays above about this (kernel documentation, msg_zerocopy.rst).
const WORTH_PINNING: u64 = 10 << 10;

/// The verdict on so many flows of one kind, added up.
pub(super) fn advice(flow: &Flow, flows: u64) -> Advice {
    let copied = flow.cpu_copied_bytes();
    if flow.transformed {
        return said(
            "transformed",
            "The program changes the bytes on the way: no advice.",
        );
    }
    match (flow.from.kind, flow.to.kind) {
        (EndKind::Memory, _) => made(flow),
        (EndKind::Unknown, _) => said(
            "origin unknown",
            "Nobody can know where the program had the bytes from: no advice.",
        ),
        (_, EndKind::Memory) => said(
            "kept",
            "The program keeps the bytes, so it has to have them.",
        ),
        _ if copied == 0 => said(
            "zero-copy",
            "The CPU copies no byte of it: only references are passed on.",
        ),
        (EndKind::Tty | EndKind::Device, _) | (_, EndKind::Tty | EndKind::Device) => said(
            "device",
            "One end is a device or a terminal: no call would save a copy.",
        ),
        _ => passed(flow, flows),
    }
}

fn said(short: &str, sentence: &str) -> Advice {
    Advice {
        short: short.to_owned(),
        sentence: sentence.to_owned(),
        saves: 0,
    }
}

/// Bytes that the program makes itself.
fn made(flow: &Flow) -> Advice {
    let sends_much = flow.bytes / flow.calls.max(1) >= WORTH_PINNING;
    match flow.to.kind {
        _ if flow.cpu_copied_bytes() == 0 => said(
            "zero-copy",
            "The program makes the bytes, and only references to its pages are passed on.",
        ),
        EndKind::Tcp if sends_much => said(
            "made here",
            "The program makes the bytes; send with MSG_ZEROCOPY could save the copy of each, where the device takes \
             scattered pages and the buffer stays untouched until the kernel reports it.",
        ),
        EndKind::Pipe if sends_much => said(
            "made here",
            "The program makes the bytes; vmsplice could save the copy of each, if it leaves the pages untouched until \
             they are read.",
        ),
        _ => said(
            "made here",
            "The program makes the bytes: they have to be copied once.",
        ),
    }
}

/// What could move bytes in place of reads and writes.
struct Replacement {
    call: &'static str,
    /// CPU copies per byte that it makes.
    copies: u64,
    /// Calls that it takes, as often as one call moves what it can.
    calls: u64,
    conditions: &'static str,
}

fn replacement(from: EndKind, to: EndKind) -> Replacement {
    let (call, copies, calls, conditions) = match (from, to) {
        (EndKind::File, EndKind::File) => (
            "copy_file_range",
            1,
            1,
            "if the sink is not open for appending; none is left where the file system shares blocks",
        ),
        (EndKind::File, EndKind::Tcp | EndKind::Unix | EndKind::Pipe) => (
            "sendfile",
            0,
            1,
            "if the bytes may change until they are read, and the program need not see them",
        ),
        (_, EndKind::File) => (
            "splice through a pipe",
            1,
            2,
            "if the program need not see the bytes and the sink is not open for appending",
        ),
        _ => (
            "splice through a pipe",
            0,
            2,
            "if the program need not see the bytes",
        ),
    };
    Replacement {
        call,
        copies,
        calls,
        conditions,
    }
}

/// Bytes that pass through unchanged.
fn passed(flow: &Flow, flows: u64) -> Advice {
    let by = replacement(flow.from.kind, flow.to.kind);
    let saved = flow
        .cpu_copied_bytes()
        .saturating_sub(by.copies * flow.bytes);
    // The last run of a loop is one copy short, or a part went another way: rounded.
    let copies = (saved as f64 / flow.bytes.max(1) as f64).round() as u64;
    if copies == 0 {
        let sentence = match flow.to.kind {
            EndKind::File => {
                "One CPU copy a byte: a file takes no references, so only shared blocks would save it."
            }
            _ => "Hardly anything is copied.",
        };
        return said("nothing to save", sentence);
    }
    let plural = if copies == 1 { "copy" } else { "copies" };
    let needed = by.calls * flow.bytes.div_ceil(MOST_BY_ONE_CALL).max(flows);
    let calls = match (flow.calls.saturating_sub(needed), by.calls) {
        (0, _) => String::new(),
        (1, _) => " and 1 call".to_owned(),
        // How much a splice moves depends on the pipe and on who reads.
        (_, 2) => format!(" and many of the {} calls", grouped(flow.calls)),
        (fewer, _) => format!(" and up to {} calls", grouped(fewer)),
    };
    let own = flow
        .copy_path
        .iter()
        .any(|hop| (hop.from, hop.to) == (Place::UserBuffer, Place::UserBuffer));
    let own = match own {
        true => " (one of them the program makes itself, from buffer to buffer)",
        false => "",
    };
    let Replacement {
        call, conditions, ..
    } = by;
    let size = Size(flow.bytes);
    Advice {
        saves: copies,
        short: format!("{copies} {plural} to save"),
        sentence: format!(
            "{call} would save {copies} CPU {plural} of {size}{own}{calls}, {conditions}."
        ),
    }
}
