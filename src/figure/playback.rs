//! A recording in time: what has been done before each call, what the call itself does, how long it is shown.
//!
//! A recording may have a million calls. Sums are kept for every 256th call, so any position is at most 256 calls
//! away from one that is known.

use std::{cell::RefCell, sync::Arc, time::Duration};

use super::{
    Edge, Plan, Position, Source,
    timing::{FLASH, Length, Motion, Pace, REST, STEP},
};
use crate::copypath::{CopyTracker, fetched, moving_requests, summarise};
use crate::model::{
    Basis, Call, DescriptorKind, Hop, How, Place, Recording, Request, Side, Summary, Trace,
};
use crate::syscall::{Op, by_name, op};

/// Calls from one known sum to the next.
const EVERY: usize = 256;
/// What all calls before a position come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub calls: u64,
    pub copied: u64,
    /// Bytes that came out of the source's pages.
    pub taken: u64,
    /// Bytes that the disk has brought into the source's pages, as far as the playback shows it.
    pub(super) fetched: u64,
    pub handed: u64,
    /// Bytes that the last read left in the buffer.
    pub buffer: u64,
    pub mapped: u64,
    pub piped: u64,
    /// Edges that were used: a bit each, by their number.
    edges: u16,
}

impl Sums {
    pub(crate) fn used(&self, edge: Edge) -> bool {
        self.edges & 1 << edge as u8 != 0
    }

    fn add(&mut self, plan: Plan, op: Op, call: &Call, hops: &[Hop]) {
        hops.iter().for_each(|hop| self.add_hop(plan, op, hop));
        self.add_return(op, call);
    }

    fn add_return(&mut self, op: Op, call: &Call) {
        self.calls += 1;
        if op == Op::Unmap && call.returned().is_some() {
            self.mapped = self.mapped.saturating_sub(call.args[1]);
        }
    }

    /// What one hop of a call has moved: a call that is not done yet may have done some.
    fn add_hop(&mut self, plan: Plan, op: Op, hop: &Hop) {
        if hop.how == How::CpuCopy {
            self.copied += hop.bytes;
        }
        let Some((edge, _)) = plan.edge(hop.from, hop.to, hop.how) else {
            return;
        };
        self.edges |= 1 << edge as u8;
        if edge.takes() {
            self.taken += hop.bytes;
        }
        // The pipe keeps what tee has shown to another one.
        if edge.hands() && (edge, op) != (Edge::Drain, Op::Tee) {
            self.handed += hop.bytes;
        }
        match edge {
            Edge::Fetch => self.fetched += hop.bytes,
            Edge::Read | Edge::Direct => self.buffer = hop.bytes,
            Edge::Fill => self.piped += hop.bytes,
            Edge::Drain if op != Op::Tee => self.piped = self.piped.saturating_sub(hop.bytes),
            Edge::View => self.mapped += hop.bytes,
            _ => {}
        }
    }
}

/// A position, looked up.
#[derive(Default)]
pub(super) struct Moment {
    /// What is done: all calls before, the hops of this one that are over.
    pub(super) before: Sums,
    /// The hop under way, or the last one of a call that has returned. None where the call moves nothing.
    pub(super) hop: Option<Hop>,
    /// The hop that the call itself makes: while the disk brings its bytes, the one that follows.
    pub(super) called: Option<Hop>,
    /// Which of the call's own hops that is.
    pub(super) number: usize,
    pub(super) is_last: bool,
    /// How long it has been under way.
    pub(super) time: Duration,
    pub(super) travel: Duration,
}

impl Moment {
    pub(super) fn has_arrived(&self) -> bool {
        self.time >= self.travel
    }

    pub(super) fn progress(&self) -> f64 {
        self.time.div_duration_f64(self.travel).min(1.0)
    }
}

/// What is known at every 256th call.
#[derive(Clone, Debug)]
struct Known {
    tracker: CopyTracker,
    sums: Sums,
    /// Calls before it, by [`Trace::names`].
    counts: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Named {
    op: Op,
    /// Lines of the source that make them.
    lines: Vec<usize>,
    pub(crate) how: Option<How>,
    pub(crate) first: Option<usize>,
}

/// A recording, ready to be played.
#[derive(Clone, Debug)]
pub struct Playback {
    recording: Arc<Recording>,
    pub(crate) summary: Summary,
    pub(crate) source: Source,
    pub(crate) plan: Plan,
    known: Vec<Known>,
    /// The call that was last looked up, with what is known before it: a frame asks for the same one many times, and
    /// the next frame for one soon after it.
    latest: RefCell<Option<(usize, CopyTracker, Sums)>>,
    empty: Trace,
    /// By [`Trace::names`].
    names: Vec<Named>,
    /// How the first bytes on each edge go, by its number, if any do.
    pub(super) hows: [Option<How>; Edge::COUNT],
    /// The most requests of an io_uring that one call hands over.
    pub(crate) most_requests: usize,
    pub(crate) pace: Pace,
}

impl Playback {
    /// Goes through a recording once. `source_text`: the method's own file, as the learner reads it; empty where
    /// there is none.
    pub fn new(recording: Arc<Recording>, source_text: &str) -> Playback {
        let source = Source::new(recording.spec.method.source_file(), source_text);
        let mut plan = Plan::of_transfer(recording.spec.method, recording.spec.to);
        let trace = recording.trace.as_ref();
        let is_empty = trace.is_none_or(|trace| trace.calls.is_empty());
        plan.peer &= recording.outcome.received > 0 || is_empty;
        let names = trace.iter().flat_map(|trace| &trace.names);
        let names = names.map(|name| Named {
            op: op(name),
            lines: source.lines_of(function(name)),
            how: None,
            first: None,
        });
        let names = names.collect();
        let requests = trace.map(|trace| trace.requests.chunk_by(|a, b| a.call == b.call));
        let requests = requests.into_iter().flatten().map(<[Request]>::len);
        let mut playback = Playback {
            summary: summarise(&recording),
            source,
            plan,
            known: Vec::new(),
            latest: RefCell::default(),
            empty: Trace::default(),
            names,
            hows: [None; Edge::COUNT],
            most_requests: requests.max().unwrap_or(0),
            pace: Pace::default(),
            recording: Arc::clone(&recording),
        };
        if let Some(trace) = trace {
            playback.survey(&recording, trace);
        }
        playback
    }

    fn survey(&mut self, recording: &Recording, trace: &Trace) {
        let mut now = Known {
            tracker: CopyTracker::of(&recording.outcome).on(&recording.machine.kernel),
            sums: Sums::default(),
            counts: vec![0; trace.names.len()],
        };
        let mut length = Length::default();
        for (number, call) in trace.calls.iter().enumerate() {
            if number % EVERY == 0 {
                self.known.push(now.clone());
            }
            let hops = now.tracker.hops(trace, number);
            for hop in &hops {
                if let Some(edge) = self.edge_of(hop) {
                    self.hows[edge as usize].get_or_insert(hop.how);
                }
            }
            if let Some(named) = self.names.get_mut(usize::from(call.name)) {
                named.first.get_or_insert(number);
                named.how = named.how.or(hops.first().map(|hop| hop.how));
                now.counts[usize::from(call.name)] += 1;
            }
            let shown = self.with_fetches(now.sums.taken, &hops);
            length.add_call(shown.iter().map(|hop| self.motion(hop)));
            now.sums.add(self.plan, self.op(call), call, &hops);
        }
        self.pace = length.pace();
        if trace.calls.len().is_multiple_of(EVERY) {
            self.known.push(now);
        }
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The trace; an empty one where the recording has none.
    pub(crate) fn trace(&self) -> &Trace {
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

    pub(crate) fn call(&self, number: usize) -> Option<&Call> {
        self.trace().calls.get(number)
    }

    pub(super) fn name(&self, number: usize) -> Option<&str> {
        Some(self.trace().name(self.call(number)?))
    }

    pub(super) fn op(&self, call: &Call) -> Op {
        self.named(call.name).map_or(Op::None, |named| named.op)
    }

    /// The line (from 0) of the source that made a call: the only one that calls it, or, of two that splice,
    /// the first one into the pipe and the second one out of it.
    pub fn line_of(&self, call: &Call) -> Option<usize> {
        self.line_among(&self.named(call.name)?.lines, call)
    }

    /// The same in another text of the method.
    pub fn line_in(&self, source: &Source, call: &Call) -> Option<usize> {
        self.line_among(&source.lines_of(function(self.trace().name(call))), call)
    }

    fn line_among(&self, lines: &[usize], call: &Call) -> Option<usize> {
        match *lines {
            [only] => Some(only),
            [into, out_of] if self.op(call) == Op::Splice => {
                let from = self.trace().descriptor(call, 0)?;
                let from_pipe = from.kind == DescriptorKind::Pipe;
                Some(if from_pipe { out_of } else { into })
            }
            _ => None,
        }
    }

    /// What all calls before `number` come to, and the ways of that call's own bytes, one after the other: a call that
    /// hands over requests of an io_uring may have several.
    pub fn hops_at(&self, number: usize) -> (Sums, Vec<Hop>) {
        let trace = self.trace();
        let number = number.min(trace.calls.len());
        let (mut tracker, sums) = self.before(number);
        (sums, tracker.hops(trace, number))
    }

    /// What the calls before `number` have left, and what they come to.
    fn before(&self, number: usize) -> (CopyTracker, Sums) {
        let trace = self.trace();
        let block = number / EVERY * EVERY;
        let latest = self.latest.borrow().clone();
        let latest = latest.filter(|(at, ..)| (block..=number).contains(at));
        let (start, mut tracker, mut sums) = match (latest, self.known.get(number / EVERY)) {
            (Some(latest), _) => latest,
            (None, Some(known)) => (block, known.tracker.clone(), known.sums.clone()),
            (None, None) => return Default::default(),
        };
        for (call, number) in trace.calls[start..number].iter().zip(start..) {
            let hops = tracker.hops(trace, number);
            sums.add(self.plan, self.op(call), call, &hops);
        }
        *self.latest.borrow_mut() = Some((number, tracker.clone(), sums.clone()));
        (tracker, sums)
    }

    /// How a call's own bytes go, the first of them where it has more than one hop.
    pub(crate) fn first_hop(&self, number: usize) -> Option<Hop> {
        self.hops_at(number).1.into_iter().next()
    }

    /// The calls from one on, each with what [`Playback::hops_at`] says of it.
    pub(crate) fn hops_from(&self, first: usize) -> impl Iterator<Item = (usize, Vec<Hop>)> {
        let first = first.min(self.len());
        let (mut tracker, _) = self.before(first);
        (first..self.len()).map(move |call| (call, tracker.hops(self.trace(), call)))
    }

    pub(super) fn moment(&self, position: Position) -> Moment {
        let (mut before, hops) = self.hops_at(position.call);
        let hops = self.with_fetches(before.taken, &hops);
        before.fetched = self.fetched_of(before.taken);
        let op = self.call(position.call).map_or(Op::None, |it| self.op(it));
        let mut time = position.time;
        let last = hops.len().saturating_sub(1);
        let mut number = 0;
        while number < last && time >= self.travel_of(&hops[number]) + REST {
            time -= self.travel_of(&hops[number]) + REST;
            before.add_hop(self.plan, op, &hops[number]);
            number += 1;
        }
        let hop = hops.get(number).cloned();
        let own = |hop: &&Hop| self.edge_of(hop) != Some(Edge::Fetch);
        Moment {
            before,
            travel: hop
                .as_ref()
                .map_or(self.travel_of_all(&[]), |hop| self.travel_of(hop)),
            hop,
            called: hops.iter().skip(number).find(own).cloned(),
            number: hops.iter().take(number).filter(own).count(),
            is_last: number == last,
            time,
        }
    }

    /// How much of the bytes that were taken the disk had to bring.
    fn fetched_of(&self, taken: u64) -> u64 {
        taken.min(self.fetched().map_or(0, |(bytes, _)| bytes))
    }

    /// A call's hops as they are shown, `taken` bytes after the start: from a cold cache nothing is taken before the disk
    /// has brought it. That the disk did is measured; when it did, nobody saw: read-ahead may have been earlier.
    fn with_fetches(&self, mut taken: u64, hops: &[Hop]) -> Vec<Hop> {
        let mut shown = Vec::with_capacity(hops.len());
        for hop in hops {
            if self.edge_of(hop).is_some_and(Edge::takes) {
                let bytes = self.fetched_of(taken + hop.bytes) - self.fetched_of(taken);
                taken += hop.bytes;
                shown.extend((bytes > 0).then(|| from_disk(bytes)));
            }
            shown.push(hop.clone());
        }
        shown
    }

    /// What all calls before a position come to, with the call at a position added once it has returned.
    pub(crate) fn sums(&self, position: Position) -> Sums {
        let moment = self.moment(position);
        let (done, mut sums) = (moment.is_last && moment.has_arrived(), moment.before);
        if let Some(call) = self.call(position.call).filter(|_| done) {
            let hops = moment.hop.as_slice();
            sums.add(self.plan, self.op(call), call, hops);
        }
        sums
    }

    /// The request of an io_uring that a call's hop of this number is the work of.
    pub(super) fn request_of(&self, call: usize, hop: usize) -> Option<&Request> {
        moving_requests(self.trace(), call).nth(hop)
    }

    /// How often a call of that name (an index into [`Trace::names`]) was made before call `number`.
    pub(crate) fn count_before(&self, name: u16, number: usize) -> u64 {
        let calls = &self.trace().calls;
        let number = number.min(calls.len());
        let Some(known) = self.known.get(number / EVERY) else {
            return 0;
        };
        let counted = known.counts.get(usize::from(name)).copied().unwrap_or(0);
        let rest = &calls[number / EVERY * EVERY..number];
        u64::from(counted) + rest.iter().filter(|call| call.name == name).count() as u64
    }

    /// What is known of a name (an index into [`Trace::names`]).
    pub(crate) fn named(&self, name: u16) -> Option<&Named> {
        self.names.get(usize::from(name))
    }

    /// The first and the last line (from 0) of [`Playback::source`] that make calls of this recording.
    pub(crate) fn lines(&self) -> Option<(usize, usize)> {
        let made = self.names.iter().filter(|named| named.first.is_some());
        let lines = made.flat_map(|named| &named.lines).copied();
        Some((lines.clone().min()?, lines.max()?))
    }

    pub(super) fn edge_of(&self, hop: &Hop) -> Option<Edge> {
        Some(self.plan.edge(hop.from, hop.to, hop.how)?.0)
    }

    /// The edge along which a hop's bytes can be seen to travel, and how many cells it has at 120x36.
    pub(super) fn edge_of_travel(&self, hop: &Hop) -> Option<(Edge, u32)> {
        let edge = self.edge_of(hop).filter(|_| hop.how != How::Mapping)?;
        Some((edge, self.plan.steps(edge)?))
    }

    fn motion(&self, hop: &Hop) -> Motion {
        match (self.edge_of_travel(hop), hop.how) {
            (None, _) => Motion::Still,
            (Some(_), How::Reference) => Motion::Reference,
            (Some(_), _) => Motion::Copy(hop.bytes),
        }
    }

    /// From the first token's start until the last one has arrived.
    fn travel_of(&self, hop: &Hop) -> Duration {
        self.pace.hop(self.motion(hop))
    }

    fn travel_of_all(&self, hops: &[Hop]) -> Duration {
        self.pace.call(hops.iter().map(|hop| self.motion(hop)))
    }

    fn shown_at(&self, call: usize) -> Vec<Hop> {
        let (sums, hops) = self.hops_at(call);
        self.with_fetches(sums.taken, &hops)
    }

    /// From a call's entry to its return: until its last token has arrived.
    pub(crate) fn travel(&self, call: usize) -> Duration {
        self.travel_of_all(&self.shown_at(call))
    }

    /// The very end: the last call has returned.
    pub(crate) fn end(&self) -> Position {
        let call = self.len().saturating_sub(1);
        let time = self.travel(call);
        Position { call, time }
    }

    /// Where a call is looked at in a still picture: its bytes in the middle of their way, of several ways the last.
    pub(crate) fn middle(&self, call: usize) -> Position {
        let call = call.min(self.len().saturating_sub(1));
        let hops = self.shown_at(call);
        let last = hops.last();
        let last = last.map_or(self.travel_of_all(&[]), |hop| self.travel_of(hop));
        let time = self.travel_of_all(&hops) - last / 2;
        Position { call, time }
    }

    /// Goes on by `elapsed`, before any speed-up: a rest after each call, no further than the end.
    pub(crate) fn advance(&self, from: Position, elapsed: Duration) -> Position {
        let mut time = from.time + elapsed;
        let mut taken = self.hops_at(from.call).0.taken;
        for (call, hops) in self.hops_from(from.call) {
            let whole = self.travel_of_all(&self.with_fetches(taken, &hops)) + REST;
            if time < whole && call + 1 < self.len() {
                return Position { call, time };
            }
            time = time.saturating_sub(whole);
            let takes = |hop: &&Hop| self.edge_of(hop).is_some_and(Edge::takes);
            taken += hops.iter().filter(takes).map(|hop| hop.bytes).sum::<u64>();
        }
        self.end()
    }

    /// How long, before any speed-up, until something else is to be seen; `tokens`: whether single tokens travel.
    pub(crate) fn next_change(&self, position: Position, tokens: bool) -> Duration {
        let travel = self.travel(position.call);
        let until = |time: Duration| time.checked_sub(position.time).filter(|it| !it.is_zero());
        match until(travel) {
            // On a large screen a step is two cells.
            Some(left) if tokens => left.min(STEP / 2),
            Some(left) => left,
            None => {
                let lit = until(travel + FLASH).filter(|_| tokens);
                lit.or(until(travel + REST)).unwrap_or_default()
            }
        }
    }

    /// Mode switches up to a position, and whether the last one was just now.
    pub(super) fn switches(&self, position: Position, now: &Moment) -> (u64, bool) {
        if position == Position::default() {
            return (0, false);
        }
        let returned = now.is_last && now.has_arrived();
        let since = match returned {
            true => now.time - now.travel,
            false => position.time,
        };
        let count = 2 * now.before.calls + 1 + u64::from(returned);
        (count, since < FLASH)
    }

    /// Bytes that came from the disk, where an instrument says that any did.
    pub(crate) fn fetched(&self) -> Option<(u64, &'static str)> {
        fetched(&self.recording).filter(|(bytes, _)| *bytes > 0)
    }
}

/// What the disk brings into the page cache.
fn from_disk(bytes: u64) -> Hop {
    Hop {
        from: Place::Disk,
        to: Place::PageCache,
        how: How::Dma,
        bytes,
        basis: Basis::Measured,
        source: None,
        side: Side::Sender,
        ghost: false,
    }
}

/// The function that makes a call in the texts of methods.
fn function(call: &str) -> &str {
    by_name(call).map_or(call, |row| row.function)
}
