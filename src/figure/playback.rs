//! A recording in time: what has been done before each call, what the call itself does, how long it is shown.
//!
//! A recording may have a million calls. Sums are kept for every 256th call, so any position is at most 256 calls
//! away from one that is known.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    source::Source,
    stage::{Plan, Road, Stage, Upper},
};
use crate::copypath::{Fold, fetched, moving_requests, summarise};
use crate::model::{
    Call, DescriptorKind, Hop, How, Method, Recording, Request, Sink, Start, Summary, Trace,
};

/// Calls from one known sum to the next.
const EVERY: usize = 256;
/// Cells that a token passes in a second at speed 1.
pub const CELLS_A_SECOND: f64 = 30.0;
/// Rest after a hop, in cells: 150 ms at speed 1.
pub const REST: f64 = 4.5;
/// Tokens that stand for one call's bytes, and the cells from one to the next.
pub const TOKENS: usize = 4;
/// Cells from one token to the next.
pub const SPACING: usize = 2;
/// How long a call is shown in which nothing travels, in cells.
const STILL: f64 = 12.0;

/// A place in the playback: a call, and how far it has come. A call's first cell is its entry; from
/// [`Playback::travel`] on it has returned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// Which call, from 0.
    pub call: usize,
    /// Cells that its first token has gone.
    pub cells: f64,
}

/// How fast the playback goes: from a quarter to sixteen times, by doubling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(i8);

impl Speed {
    /// Twice as fast, to 16.
    pub fn faster(self) -> Speed {
        Speed((self.0 + 1).min(4))
    }

    /// Half as fast, to 1/4.
    pub fn slower(self) -> Speed {
        Speed((self.0 - 1).max(-2))
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        2f64.powi(i32::from(self.0))
    }

    /// Too fast for single tokens: whole hops light up.
    pub fn is_blur(self) -> bool {
        self.0 >= 3
    }

    /// `1/2x`, `4x`.
    pub fn name(self) -> String {
        match self.0 {
            0.. => format!("{}x", 1 << self.0),
            below => format!("1/{}x", 1 << -below),
        }
    }
}

/// What all calls before a position come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls.
    pub calls: u64,
    /// Bytes that the CPU copied.
    pub copied: u64,
    /// Bytes that came out of the source's pages.
    pub taken: u64,
    /// Bytes handed to the sink.
    pub handed: u64,
    /// Bytes that the last read left in the buffer.
    pub buffer: u64,
    /// Bytes mapped now.
    pub mapped: u64,
    /// Bytes that the pipe on the way holds now.
    pub piped: u64,
    /// Roads that were used: a bit each, by their number.
    roads: u16,
}

impl Sums {
    /// Whether a road has been used.
    pub fn used(&self, road: Road) -> bool {
        self.roads & 1 << road as u8 != 0
    }

    fn add(&mut self, plan: Plan, name: &str, call: &Call, hops: &[Hop]) {
        self.calls += 1;
        if name == "munmap" && call.returned().is_some() {
            self.mapped = self.mapped.saturating_sub(call.args[1]);
        }
        hops.iter().for_each(|hop| self.add_hop(plan, name, hop));
    }

    /// What one hop of a call has moved: a call that is not done yet may have done some.
    pub(super) fn add_hop(&mut self, plan: Plan, name: &str, hop: &Hop) {
        if hop.how == How::CpuCopy {
            self.copied += hop.bytes;
        }
        let Some((road, _)) = Road::on(plan, hop.from, hop.to, hop.how) else {
            return;
        };
        self.roads |= 1 << road as u8;
        match road {
            Road::Read => {
                self.taken += hop.bytes;
                self.buffer = hop.bytes;
            }
            Road::Direct => self.buffer = hop.bytes,
            Road::Across => {
                self.taken += hop.bytes;
                self.handed += hop.bytes;
            }
            Road::Write => self.handed += hop.bytes,
            Road::Fill => {
                self.taken += hop.bytes;
                self.piped += hop.bytes;
            }
            // The pipe keeps what tee has shown to another one.
            Road::Drain if name == "tee" => {}
            Road::Drain => {
                self.piped = self.piped.saturating_sub(hop.bytes);
                self.handed += hop.bytes;
            }
            Road::View => self.mapped += hop.bytes,
            Road::Fetch | Road::Out | Road::Receive | Road::Share => {}
        }
    }
}

/// What is known at every 256th call.
#[derive(Clone, Debug)]
struct Known {
    fold: Fold,
    sums: Sums,
    /// Calls before it, by [`Trace::names`].
    counts: Vec<u32>,
}

/// A recording, ready to be played.
#[derive(Clone, Debug)]
pub struct Playback {
    recording: Arc<Recording>,
    summary: Summary,
    source: Source,
    known: Vec<Known>,
    empty: Trace,
    lines: BTreeMap<u16, Vec<usize>>,
    hows: BTreeMap<u16, How>,
    /// How the first bytes on each road go.
    ways: BTreeMap<u8, How>,
    firsts: BTreeMap<u16, usize>,
}

impl Playback {
    /// Goes through a recording once. `source_text`: the method's own file, as the learner reads it; empty where
    /// there is none.
    pub fn new(recording: Arc<Recording>, source_text: &str) -> Playback {
        let source = Source::new(recording.spec.method.source_file(), source_text);
        let summary = summarise(&recording);
        let Survey {
            known,
            hows,
            ways,
            firsts,
        } = survey(&recording);
        let names = recording.trace.iter().flat_map(|trace| &trace.names);
        let lines = names
            .enumerate()
            .map(|(id, name)| (id as u16, source.lines_of(function(name))))
            .collect();
        Playback {
            recording,
            summary,
            source,
            known,
            empty: Trace::default(),
            lines,
            hows,
            ways,
            firsts,
        }
    }

    /// The recording.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What the whole recording comes to.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The source that made the calls.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The trace; an empty one where the recording has none.
    pub fn trace(&self) -> &Trace {
        self.recording.trace.as_ref().unwrap_or(&self.empty)
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.trace().calls.len()
    }

    /// Whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A call.
    pub fn call(&self, number: usize) -> Option<&Call> {
        self.trace().calls.get(number)
    }

    /// The line (from 0) of [`Playback::source`] that made a call: the only one that calls it, or, of two that splice,
    /// the first one into the pipe and the second one out of it.
    pub fn line_of(&self, call: &Call) -> Option<usize> {
        let lines = self.lines.get(&call.name)?;
        match lines[..] {
            [only] => Some(only),
            [into, out_of] if self.trace().name(call) == "splice" => {
                let from = self.trace().descriptor(call, 0)?;
                let from_pipe = from.kind == DescriptorKind::Pipe;
                Some(if from_pipe { out_of } else { into })
            }
            _ => None,
        }
    }

    /// What the stage has to show for this recording.
    pub fn plan(&self) -> Plan {
        let mut plan = plan(self.recording.spec.method, self.recording.spec.to);
        plan.peer &= self.recording.outcome.received > 0 || self.is_empty();
        plan
    }

    /// What all calls before `number` come to, and the way of that call's own bytes, the first of them where it has
    /// more than one.
    pub fn at(&self, number: usize) -> (Sums, Option<Hop>) {
        let (sums, hops) = self.hops_at(number);
        (sums, hops.first().cloned())
    }

    /// What all calls before `number` come to, and the ways of that call's own bytes, one after the other: a call that
    /// hands over requests of an io_uring may have several.
    pub fn hops_at(&self, number: usize) -> (Sums, Vec<Hop>) {
        let trace = self.trace();
        let number = number.min(trace.calls.len());
        let Some(known) = self.known.get(number / EVERY) else {
            return (Sums::default(), Vec::new());
        };
        let (mut fold, mut sums) = (known.fold.clone(), known.sums.clone());
        for before in number / EVERY * EVERY..number {
            let call = &trace.calls[before];
            let hops = fold.hops(trace, before);
            sums.add(self.plan(), trace.name(call), call, &hops);
        }
        (sums, fold.hops(trace, number))
    }

    /// [`Playback::at`], with the call at a position added once it has returned.
    pub fn sums(&self, stage: &Stage, position: Position) -> Sums {
        let (mut sums, hops) = self.hops_at(position.call);
        let Some(call) = self.call(position.call) else {
            return sums;
        };
        let name = self.trace().name(call);
        if position.cells >= self.travel_of_all(stage, &hops) {
            sums.add(self.plan(), name, call, &hops);
        } else {
            let (under_way, _) = self.under_way(stage, &hops, position.cells);
            let done = &hops[..under_way.min(hops.len())];
            done.iter()
                .for_each(|hop| sums.add_hop(self.plan(), name, hop));
        }
        sums
    }

    /// The most requests of an io_uring that one call hands over.
    pub fn most_requests(&self) -> usize {
        let requests = self.trace().requests.chunk_by(|a, b| a.call == b.call);
        requests.map(<[Request]>::len).max().unwrap_or(0)
    }

    /// Which of a call's hops is under way so many cells after its entry, and how many cells it has come itself.
    pub(super) fn under_way(&self, stage: &Stage, hops: &[Hop], cells: f64) -> (usize, f64) {
        let mut left = cells;
        for (number, hop) in hops.iter().enumerate() {
            let whole = self.travel_of(stage, Some(hop)) + REST;
            if left < whole || number + 1 == hops.len() {
                return (number, left);
            }
            left -= whole;
        }
        (0, left)
    }

    /// The request of an io_uring that a call's hop of this number is the work of.
    pub(super) fn request_of(&self, call: usize, hop: usize) -> Option<&Request> {
        moving_requests(self.trace(), call).nth(hop)
    }

    /// How often a call of that name (an index into [`Trace::names`]) was made before call `number`.
    pub fn count_before(&self, name: u16, number: usize) -> u64 {
        let calls = &self.trace().calls;
        let number = number.min(calls.len());
        let Some(known) = self.known.get(number / EVERY) else {
            return 0;
        };
        let counted = known.counts.get(usize::from(name)).copied().unwrap_or(0);
        let rest = &calls[number / EVERY * EVERY..number];
        u64::from(counted) + rest.iter().filter(|call| call.name == name).count() as u64
    }

    /// How the bytes of calls of that name (an index into [`Trace::names`]) go, if they move any.
    pub fn how_of(&self, name: u16) -> Option<How> {
        self.hows.get(&name).copied()
    }

    /// How the bytes on a road go, if any do.
    pub fn way_of(&self, road: Road) -> Option<How> {
        self.ways.get(&(road as u8)).copied()
    }

    /// The first call of that name (an index into [`Trace::names`]).
    pub fn first_of(&self, name: u16) -> Option<usize> {
        self.firsts.get(&name).copied()
    }

    /// The first and the last line (from 0) of [`Playback::source`] that make calls of this recording.
    pub fn lines(&self) -> Option<(usize, usize)> {
        let used = || {
            self.lines
                .iter()
                .filter(|(name, _)| self.firsts.contains_key(name))
        };
        Some((
            used().flat_map(|(_, lines)| lines).copied().min()?,
            used().flat_map(|(_, lines)| lines).copied().max()?,
        ))
    }

    /// Whether a call's bytes can be seen travelling: its wire has cells, and what travels is bytes or references.
    pub fn travels(&self, stage: &Stage, hop: Option<&Hop>) -> Option<Road> {
        let hop = hop.filter(|hop| hop.how != How::Mapping)?;
        let (road, _) = Road::on(self.plan(), hop.from, hop.to, hop.how)?;
        (stage.length(road) > 1).then_some(road)
    }

    pub(super) fn travel_of(&self, stage: &Stage, hop: Option<&Hop>) -> f64 {
        match self.travels(stage, hop) {
            Some(road) => (stage.length(road) - 1 + (TOKENS - 1) * SPACING) as f64,
            None => STILL,
        }
    }

    fn travel_of_all(&self, stage: &Stage, hops: &[Hop]) -> f64 {
        match hops {
            [] => STILL,
            [first, rest @ ..] => rest
                .iter()
                .fold(self.travel_of(stage, Some(first)), |sum, hop| {
                    sum + REST + self.travel_of(stage, Some(hop))
                }),
        }
    }

    /// Cells from a call's entry to its return: the length of its wires, until the last token has arrived.
    pub fn travel(&self, stage: &Stage, call: usize) -> f64 {
        self.travel_of_all(stage, &self.hops_at(call).1)
    }

    /// Whether the call at a position has returned.
    pub fn has_returned(&self, stage: &Stage, position: Position) -> bool {
        position.cells >= self.travel(stage, position.call)
    }

    /// The very end: the last call has returned.
    pub fn end(&self, stage: &Stage) -> Position {
        let call = self.len().saturating_sub(1);
        let cells = self.travel(stage, call);
        Position { call, cells }
    }

    /// Where a call is looked at in a still picture: its bytes in the middle of their way.
    pub fn middle(&self, stage: &Stage, call: usize) -> Position {
        let call = call.min(self.len().saturating_sub(1));
        let (_, hops) = self.hops_at(call);
        // Of several ways the last one.
        let last = self.travel_of(stage, hops.last());
        let cells = self.travel_of_all(stage, &hops) - last / 2.0;
        Position { call, cells }
    }

    /// Goes on by `elapsed`: 30 cells a second at speed 1, a rest after each call, no further than the end.
    pub fn advance(
        &self,
        stage: &Stage,
        from: Position,
        elapsed: Duration,
        speed: Speed,
    ) -> Position {
        let end = self.end(stage);
        let mut at = from;
        at.cells += elapsed.as_secs_f64() * CELLS_A_SECOND * speed.factor();
        while at.call < end.call {
            let whole = self.travel(stage, at.call) + REST;
            if at.cells < whole {
                return at;
            }
            at.cells -= whole;
            at.call += 1;
        }
        Position {
            call: end.call,
            cells: at.cells.min(end.cells),
        }
    }

    /// Bytes that came from the disk, where an instrument says that any did.
    pub fn fetched(&self) -> Option<(u64, &'static str)> {
        fetched(&self.recording).filter(|(bytes, _)| *bytes > 0)
    }
}

/// The function by which a program makes a call, where it has another name.
fn function(call: &str) -> &str {
    match call {
        "sendto" => "send",
        "recvfrom" => "recv",
        "ppoll" => "poll",
        "pread64" => "pread",
        "io_uring_enter" => "submit_and_wait",
        name => name,
    }
}

/// What a transfer's stage shows before anything is known of its run.
pub fn plan(method: Method, sink: Sink) -> Plan {
    Plan {
        upper: match method {
            Method::ReadWrite
            | Method::SendZerocopy
            | Method::UringFixed
            | Method::UringSendZc
            | Method::DirectSend
            | Method::RecvWrite => Upper::Buffer,
            Method::MmapWrite => Upper::Mapping,
            Method::Vmsplice | Method::SharedMemory => Upper::Memory,
            Method::Sendfile
            | Method::Splice
            | Method::UringSplice
            | Method::CopyFileRange
            | Method::Tee
            | Method::SpliceReceive => Upper::Empty,
        },
        direct: method.bypasses_cache(),
        pipe: method.has_pipe(sink),
        sink,
        start: method.start(),
        peer: sink != Sink::File || method.receives(),
        shares: method == Method::SharedMemory,
        disk: method.start() != Start::Memory,
        device: matches!(sink, Sink::Tcp | Sink::File),
    }
}

/// What going through all calls once tells.
#[derive(Default)]
struct Survey {
    /// At every 256th call.
    known: Vec<Known>,
    /// How the first bytes of each name went.
    hows: BTreeMap<u16, How>,
    /// And those on each road, by its number.
    ways: BTreeMap<u8, How>,
    /// The first call of each name.
    firsts: BTreeMap<u16, usize>,
}

fn survey(recording: &Recording) -> Survey {
    let Some(trace) = &recording.trace else {
        return Survey::default();
    };
    let plan = plan(recording.spec.method, recording.spec.to);
    let mut hows = BTreeMap::new();
    let mut ways = BTreeMap::new();
    let mut firsts = BTreeMap::new();
    let mut now = Known {
        fold: Fold::of(&recording.outcome),
        sums: Sums::default(),
        counts: vec![0; trace.names.len()],
    };
    let mut known = Vec::with_capacity(trace.calls.len() / EVERY + 1);
    for (number, call) in trace.calls.iter().enumerate() {
        if number % EVERY == 0 {
            known.push(now.clone());
        }
        let all = now.fold.hops(trace, number);
        for hop in &all {
            hows.entry(call.name).or_insert(hop.how);
            if let Some((road, _)) = Road::on(plan, hop.from, hop.to, hop.how) {
                ways.entry(road as u8).or_insert(hop.how);
            }
        }
        firsts.entry(call.name).or_insert(number);
        now.sums.add(plan, trace.name(call), call, &all);
        if let Some(count) = now.counts.get_mut(usize::from(call.name)) {
            *count += 1;
        }
    }
    if trace.calls.len().is_multiple_of(EVERY) {
        known.push(now);
    }
    Survey {
        known,
        hows,
        ways,
        firsts,
    }
}
