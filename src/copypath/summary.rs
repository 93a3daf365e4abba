//! A whole recording added up: the copy path and the figures that questions are marked from.

use super::{CopyTracker, rule};
use crate::model::{Cache, Hop, How, Place, Recording, Side, Start, Step, Summary, Trace};

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
    let names = trace.calls_by_name().into_iter();
    summary.calls_by_name = names
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    for request in &trace.requests {
        let count = summary.requests_by_name.entry(request.name().into_owned());
        *count.or_default() += 1;
    }
    summary.cpu_copied_bytes = Some(copied);
    summary.cpu_copies_per_byte =
        (summary.bytes_moved > 0).then(|| copied as f64 / summary.bytes_moved as f64);
    summary.copy_path = from_disk(recording, &moved).into_iter().collect();
    summary.copy_path.extend(from_network(recording));
    summary.copy_path.extend(moved);
    summary.copy_path.extend(beyond(recording));
    summary.copy_path.extend(by_peer(recording));
    // What moved no byte did not happen.
    summary.copy_path.retain(|hop| hop.bytes > 0);
    summary
}

/// The hops of all calls, those of one kind added together, in the order in which they first appear.
fn hops_of_calls(recording: &Recording, trace: &Trace) -> Vec<Hop> {
    let mut tracker = CopyTracker::of(&recording.outcome).on(&recording.machine.kernel);
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
fn from_disk(recording: &Recording, moved: &[Hop]) -> Option<Hop> {
    let sum = |from| {
        let hops = moved.iter().filter(|hop: &&Hop| hop.from == from);
        hops.map(|hop| hop.bytes).sum::<u64>()
    };
    // What went by the page cache never was to be in it.
    let direct = sum(Place::Disk);
    let bytes = recording.outcome.bytes_moved.saturating_sub(direct);
    (bytes > 0 && sum(Place::PageCache) > 0).then_some(())?;
    match fetched(recording) {
        Some((fetched, source)) if fetched > direct => {
            Some(rule::fetch(Some(source)).of(fetched - direct, Side::Sender))
        }
        Some((_, source)) => Some(ghost(rule::fetch(Some(source)), bytes, Side::Sender)),
        None if recording.spec.cache == Cache::Warm => {
            Some(ghost(rule::fetch(None), bytes, Side::Sender))
        }
        None => None,
    }
}

/// What would happen on other hardware, or later: drawn, and counted nowhere.
fn ghost(step: Step, bytes: u64, side: Side) -> Hop {
    Hop {
        ghost: true,
        ..step.of(bytes, side)
    }
}

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
fn from_network(recording: &Recording) -> Option<Hop> {
    let bytes = recording.outcome.bytes_moved;
    let receives = recording.spec.method.receives();
    receives.then(|| ghost(rule::FROM_NETWORK, bytes, Side::Receiver))
}

/// What would follow.
fn beyond(recording: &Recording) -> Option<Hop> {
    let spec = &recording.spec;
    let step = rule::beyond(spec.to)?;
    Some(ghost(
        step,
        recording.outcome.bytes_moved,
        spec.method.side(),
    ))
}

/// The copy that the process at the other end makes, as it tells itself.
fn by_peer(recording: &Recording) -> Option<Hop> {
    let (outcome, sink) = (&recording.outcome, recording.spec.to);
    if recording.spec.method.receives() && outcome.bytes_moved > 0 {
        let step = rule::by_peer(Place::Peer, Place::SocketQueue);
        return Some(step.of(outcome.bytes_moved, Side::Sender));
    }
    // Shared memory is read where it is.
    let is_read = sink.has_reader() && outcome.received > 0 && outcome.passed_memory.is_none();
    let bytes = outcome.received + outcome.also_received.unwrap_or(0);
    let step = rule::by_peer(sink.place(), Place::Peer);
    let how = match recording.spec.method.encrypts() {
        true => How::Cipher,
        false => step.how,
    };
    is_read.then(|| Step { how, ..step }.of(bytes, Side::Receiver))
}
