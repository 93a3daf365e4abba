//! A whole recording added up: the copy path and the figures that questions are marked from.

use std::collections::BTreeMap;

use super::CopyTracker;
use crate::model::{
    Basis, Cache, Hop, How, Outcome, Place, Recording, Side, Start, Summary, Trace,
};

/// What a recording comes to. Calls and hops come from its traced run, [`Summary::measured`] from the untraced one.
pub fn summarise(recording: &Recording) -> Summary {
    let mut summary = Summary {
        bytes_moved: recording.outcome.bytes_moved,
        measured: recording.measured.clone(),
        ..Summary::default()
    };
    let Some(trace) = &recording.trace else {
        return summary;
    };
    let calls = trace.calls.len() as u64;
    let moved = hops_of_calls(recording, trace);
    let copied = moved.iter().filter(|hop| hop.how == How::CpuCopy);
    let copied: u64 = copied.map(|hop| hop.bytes).sum();
    summary.syscalls = Some(calls);
    summary.mode_switches = Some(2 * calls);
    summary.calls_by_name = named(trace);
    summary.requests_by_name = requested(trace);
    summary.cpu_copied_bytes = Some(copied);
    summary.cpu_copies_per_byte =
        (summary.bytes_moved > 0).then(|| copied as f64 / summary.bytes_moved as f64);
    summary.copy_path = [
        from_disk(recording, &moved),
        from_network(recording),
        moved,
        beyond(recording),
        by_the_other(recording),
    ]
    .concat();
    summary
}

fn named(trace: &Trace) -> BTreeMap<String, u64> {
    trace
        .calls_by_name()
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

fn requested(trace: &Trace) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for request in &trace.requests {
        *counts.entry(request.name().into_owned()).or_default() += 1;
    }
    counts
}

/// The hops of all calls, those of one kind added together, in the order in which they first appear.
fn hops_of_calls(recording: &Recording, trace: &Trace) -> Vec<Hop> {
    let mut tracker = CopyTracker::of(&recording.outcome);
    let side = recording.spec.method.side();
    let mut hops: Vec<Hop> = Vec::new();
    for number in 0..trace.calls.len() {
        for hop in tracker.hops(trace, number) {
            Hop { side, ..hop }.add_to(&mut hops);
        }
    }
    hops
}

/// What the disk had to do: measured where the source was cold, else a ghost.
fn from_disk(recording: &Recording, moved: &[Hop]) -> Vec<Hop> {
    let sum = |from| {
        let hops = moved.iter().filter(|hop: &&Hop| hop.from == from);
        hops.map(|hop| hop.bytes).sum::<u64>()
    };
    // What went by the page cache never was to be in it.
    let direct = sum(Place::Disk);
    let bytes = recording.outcome.bytes_moved.saturating_sub(direct);
    if bytes == 0 || sum(Place::PageCache) == 0 {
        return Vec::new();
    }
    let dma = |bytes, basis, source: &str, ghost| Hop {
        from: Place::Disk,
        to: Place::PageCache,
        how: How::Dma,
        bytes,
        basis,
        source: Some(source.to_owned().into()),
        side: Side::Sender,
        ghost,
    };
    let fetched =
        fetched(recording).map(|(fetched, source)| (fetched.saturating_sub(direct), source));
    vec![match fetched {
        Some((0, source)) => dma(bytes, Basis::Measured, source, true),
        Some((fetched, source)) => dma(fetched, Basis::Measured, source, false),
        None if recording.spec.cache == Cache::Warm => dma(bytes, Basis::Documented, WARM, true),
        None => return Vec::new(),
    }]
}

/// Why a warm source costs no DMA, where no instrument was asked.
const WARM: &str = "read(2): what is in the page cache is not read from the disk again";

/// Bytes that came from the disk, and the instrument that says so. None where no instrument does.
pub fn fetched(recording: &Recording) -> Option<(u64, &'static str)> {
    if recording.spec.method.start() != Start::File {
        return None;
    }
    let before = recording.outcome.residency_before;
    if before.is_some_and(|before| before.pages > 0 && before.resident >= before.pages) {
        return Some((0, "page residency: the whole source was in the page cache"));
    }
    let read_bytes = recording.measured.as_ref().and_then(|m| m.read_bytes);
    if let Some(bytes) = read_bytes {
        return Some((bytes, "read_bytes of /proc/PID/io, untraced run"));
    }
    let after = recording.outcome.residency_after?;
    let pages = after.resident.saturating_sub(before?.resident);
    let bytes = pages * recording.machine.page_size.max(1);
    Some((bytes, "page residency before and after"))
}

/// What a network card would have done before.
fn from_network(recording: &Recording) -> Vec<Hop> {
    let bytes = recording.outcome.bytes_moved;
    if bytes == 0 || !recording.spec.method.receives() {
        return Vec::new();
    }
    vec![Hop {
        from: Place::Device,
        to: Place::SocketQueue,
        how: How::Dma,
        bytes,
        basis: Basis::Documented,
        source: Some("loopback has no device; on a real network card".into()),
        side: Side::Receiver,
        ghost: true,
    }]
}

/// What would follow on other hardware, or later: drawn, and counted nowhere.
fn beyond(recording: &Recording) -> Vec<Hop> {
    let sink = recording.spec.to;
    let Some((to, source)) = sink.beyond() else {
        return Vec::new();
    };
    let bytes = recording.outcome.bytes_moved;
    if bytes == 0 {
        return Vec::new();
    }
    vec![Hop {
        from: sink.place(),
        to,
        how: How::Dma,
        bytes,
        basis: Basis::Documented,
        source: Some(source.to_owned().into()),
        side: recording.spec.method.side(),
        ghost: true,
    }]
}

/// The copy that the process at the other end makes, of which it tells itself.
fn by_the_other(recording: &Recording) -> Vec<Hop> {
    let other = |from, to, bytes, side| {
        vec![Hop {
            from,
            to,
            how: How::CpuCopy,
            bytes,
            basis: Basis::Told,
            source: None,
            side,
            ghost: false,
        }]
    };
    let Outcome {
        bytes_moved,
        received,
        also_received,
        passed_memory,
        ..
    } = recording.outcome;
    if recording.spec.method.receives() && bytes_moved > 0 {
        let (from, to) = (Place::Peer, Place::SocketQueue);
        return other(from, to, bytes_moved, Side::Sender);
    }
    let sink = recording.spec.to;
    // Shared memory is read where it is.
    if !sink.has_reader() || received == 0 || passed_memory.is_some() {
        return Vec::new();
    }
    let bytes = received + also_received.unwrap_or(0);
    other(sink.place(), Place::Peer, bytes, Side::Receiver)
}
