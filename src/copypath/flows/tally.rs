//! The flows added up.

use std::{
    cell::RefCell,
    collections::{BTreeMap, hash_map::Entry},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::{
    ends::{EndId, Ends},
    path::{PathId, Paths},
    refused::Refused,
};
use crate::model::{Basis, CallRef, Fallback, Flow, Hop, NO_FLOW, SharedCalls, Side, SyscallEvent};

/// The number of no call: a thread of the kernel moves the bytes, because it was asked without one.
pub(super) const NO_CALL: u64 = u64::MAX;

/// A call that moves bytes. Each flow counts it once.
#[derive(Debug)]
pub(super) struct MovingCall {
    /// Its number since the watching began.
    pub number: u64,
    /// Its name: an index into the trace's.
    pub name: u16,
    /// The process that makes it.
    pub pid: i32,
    /// Its entry, in nanoseconds since the tracing began.
    pub start_ns: u64,
    /// The flows that have counted it.
    counted_in: RefCell<Vec<u32>>,
}

impl MovingCall {
    pub fn of(event: &SyscallEvent) -> Rc<MovingCall> {
        let call = event.call;
        let task = event.trace.tasks.get(usize::from(call.task));
        MovingCall::new(CallRef {
            number: event.number,
            name: call.name,
            pid: task.map_or(0, |task| task.pid),
            start_ns: call.start_ns,
        })
    }

    pub fn new(call: CallRef) -> Rc<MovingCall> {
        let CallRef {
            number,
            name,
            pid,
            start_ns,
        } = call;
        Rc::new(MovingCall {
            number,
            name,
            pid,
            start_ns,
            counted_in: RefCell::default(),
        })
    }
}

/// The calls that moved some bytes so far, the last one first.
#[derive(Debug)]
pub(super) struct Provenance {
    pub call: Rc<MovingCall>,
    pub before: Option<Rc<Provenance>>,
    depth: u32,
}

impl Provenance {
    pub fn after(before: Option<Rc<Provenance>>, call: &Rc<MovingCall>) -> Rc<Provenance> {
        /// A loop through pipes must not grow for ever.
        const DEEPEST: u32 = 64;
        let depth = before.as_ref().map_or(0, |before| before.depth + 1);
        Rc::new(Provenance {
            call: Rc::clone(call),
            before: before.filter(|_| depth < DEEPEST),
            depth: depth.min(DEEPEST),
        })
    }
}

/// Origin, sink, transformed.
type Key = (EndId, EndId, bool);

/// One flow, growing.
#[derive(Default)]
struct Growing {
    key: Key,
    bytes: u64,
    /// Bytes by the way that they went.
    ways: Vec<(PathId, u64)>,
    calls: Vec<(u16, u64)>,
}

#[derive(Default)]
pub(super) struct Tally {
    flows: Vec<Growing>,
    known: FxHashMap<Key, u32>,
    /// The flow, and the place among its ways, of bytes that went a way to an end.
    routes: FxHashMap<(PathId, EndId), (u32, usize)>,
    /// By a call's number, less those that are no longer kept: the last flow of which it moved bytes.
    pub flow_of: Vec<u32>,
    /// Calls, by number, that moved bytes of a flow before that one, and of which.
    pub also_of: Vec<(u64, u32)>,
    pub dropped: u64,
    /// How many calls of a name moved bytes of just these flows: several.
    shared: FxHashMap<(Vec<u32>, u16), u64>,
}

/// So many combinations of flows are told apart, and so many flows of a call.
const MOST_SHARED: usize = 1 << 14;
const MOST_FLOWS_OF_A_CALL: usize = 16;

impl Tally {
    /// So many bytes arrived at an end.
    pub fn add(
        &mut self,
        paths: &Paths,
        path: PathId,
        sink: EndId,
        bytes: u64,
        provenance: Option<&Rc<Provenance>>,
    ) {
        if bytes == 0 {
            return;
        }
        let (flow, way) = self.route(paths, path, sink);
        let growing = &mut self.flows[flow as usize];
        growing.bytes += bytes;
        growing.ways[way].1 += bytes;
        let mut next = provenance;
        while let Some(provenance) = next {
            self.count(flow, &provenance.call);
            next = provenance.before.as_ref();
        }
    }

    /// How many bytes went to an end.
    pub fn bytes_to(&self, sink: EndId) -> u64 {
        let to_it = self.flows.iter().filter(|growing| growing.key.1 == sink);
        to_it.map(|growing| growing.bytes).sum()
    }

    fn count(&mut self, flow: u32, call: &MovingCall) {
        if call.number == NO_CALL {
            return;
        }
        let mut counted_in = call.counted_in.borrow_mut();
        if counted_in.contains(&flow) {
            return;
        }
        self.share(&counted_in, flow, call.name);
        counted_in.push(flow);
        let calls = &mut self.flows[flow as usize].calls;
        match calls.iter_mut().find(|(name, _)| *name == call.name) {
            Some((_, count)) => *count += 1,
            None => calls.push((call.name, 1)),
        }
        if let Some(place) = call.number.checked_sub(self.dropped) {
            let place = place as usize;
            if place >= self.flow_of.len() {
                self.flow_of.resize(place + 1, NO_FLOW);
            }
            let before = std::mem::replace(&mut self.flow_of[place], flow);
            if before != NO_FLOW {
                self.also_of.push((call.number, before));
            }
        }
    }

    /// A call that moved bytes of these flows has moved some of another one.
    fn share(&mut self, before: &[u32], flow: u32, name: u16) {
        if before.is_empty() || before.len() >= MOST_FLOWS_OF_A_CALL {
            return;
        }
        let mut key = (before.to_vec(), name);
        key.0.sort_unstable();
        if let Some(count) = self.shared.get_mut(&key) {
            *count = count.saturating_sub(1);
        }
        key.0.push(flow);
        key.0.sort_unstable();
        let is_full = self.shared.len() >= MOST_SHARED;
        match self.shared.entry(key) {
            Entry::Vacant(_) if is_full => {}
            entry => *entry.or_default() += 1,
        }
    }

    /// The calls that moved bytes of several flows, by the places of those.
    pub fn shared_calls(&self, places: &[u32], names: &[String]) -> Vec<SharedCalls> {
        let shared = self.shared.iter().filter(|(_, calls)| **calls > 0);
        let shared = shared.map(|((flows, name), calls)| {
            let places = flows.iter().map(|flow| places[*flow as usize]);
            let mut flows: Vec<u32> = places.collect();
            flows.sort_unstable();
            SharedCalls {
                flows,
                call: names.get(usize::from(*name)).cloned().unwrap_or_default(),
                calls: *calls,
            }
        });
        let mut shared: Vec<_> = shared.collect();
        shared.sort_by(|a, b| (&a.flows, &a.call).cmp(&(&b.flows, &b.call)));
        shared
    }

    fn route(&mut self, paths: &Paths, path: PathId, sink: EndId) -> (u32, usize) {
        if let Some(route) = self.routes.get(&(path, sink)) {
            return *route;
        }
        let way = paths.get(path);
        let key = (way.origin, sink, way.transformed);
        let flow = *self.known.entry(key).or_insert_with(|| {
            self.flows.push(Growing {
                key,
                ..Growing::default()
            });
            (self.flows.len() - 1) as u32
        });
        let ways = &mut self.flows[flow as usize].ways;
        ways.push((path, 0));
        let route = (flow, ways.len() - 1);
        self.routes.insert((path, sink), route);
        route
    }

    /// So many of the oldest calls are no longer kept.
    pub fn drop_calls(&mut self, calls: usize) {
        self.flow_of.drain(..calls.min(self.flow_of.len()));
        self.dropped += calls as u64;
        self.also_of.retain(|(number, _)| *number >= self.dropped);
    }

    /// The flows, the largest first, and the place of each among them by its number.
    pub fn report(&self, known: &Known) -> (Vec<Flow>, Vec<u32>) {
        let flows = self.flows.iter();
        let flows = flows.map(|growing| growing.report(known));
        let mut numbered: Vec<(usize, Flow)> = flows.enumerate().collect();
        numbered.sort_by(|(_, a), (_, b)| {
            let by_bytes = b.bytes.cmp(&a.bytes);
            by_bytes.then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to)))
        });
        let mut places = vec![NO_FLOW; numbered.len()];
        for (place, (number, _)) in numbered.iter().enumerate() {
            places[*number] = place as u32;
        }
        let flows = numbered.into_iter().map(|(_, flow)| flow).collect();
        (flows, places)
    }
}

/// What numbers of a flow stand for.
pub(super) struct Known<'a> {
    pub paths: &'a Paths,
    pub ends: &'a Ends,
    pub programs: &'a [String],
    /// Of calls.
    pub names: &'a [String],
    pub refused: &'a [Refused],
}

impl Known<'_> {
    fn fallbacks(&self, ends: (EndId, EndId), programs: &[u32], hops: &[Hop]) -> Vec<Fallback> {
        let refused = self.refused.iter();
        let of_flow = refused.filter(|it| it.is_of(ends, programs, hops));
        let mut fallbacks: Vec<Fallback> = Vec::new();
        for fallback in of_flow.map(|it| it.report(self.names)) {
            if !fallbacks.contains(&fallback) {
                fallbacks.push(fallback);
            }
        }
        fallbacks
    }
}

impl Growing {
    fn report(&self, known: &Known) -> Flow {
        let Known {
            paths, ends, names, ..
        } = known;
        let (origin, sink, transformed) = self.key;
        let mut numbers: Vec<u32> = Vec::new();
        let mut hops: Vec<Hop> = Vec::new();
        let mut passed: Vec<String> = Vec::new();
        let mut joined = false;
        for (path, bytes) in &self.ways {
            let path = paths.get(*path);
            joined |= path.joined;
            for step in &path.steps {
                step.of(*bytes, Side::Sender).add_to(&mut hops);
            }
            for program in &path.programs {
                let name = &known.programs[*program as usize];
                numbers.push(*program);
                if !passed.contains(name) {
                    passed.push(name.clone());
                }
            }
        }
        let name = |number: u16| names.get(usize::from(number)).cloned().unwrap_or_default();
        let calls = self.calls.iter();
        let calls_by_name: BTreeMap<_, _> =
            calls.map(|(call, count)| (name(*call), *count)).collect();
        Flow {
            from: ends.get(origin).clone(),
            to: ends.get(sink).clone(),
            bytes: self.bytes,
            calls: self.calls.iter().map(|(_, count)| count).sum(),
            calls_by_name,
            transformed,
            basis: match joined {
                true => Basis::Inferred,
                false => Basis::Observed,
            },
            fallbacks: known.fallbacks((origin, sink), &numbers, &hops),
            copy_path: hops,
            programs: passed,
            traits: [ends.traits(origin), ends.traits(sink)],
        }
    }
}
