//! A trace as a timeline for Perfetto and chrome://tracing: JSON in Google's Trace Event Format (a track a thread, a slice
//! a call, an asynchronous slice a request of a ring, and an arrow wherever bytes of a flow are handed on).

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Result;
use serde_json::{Value, json};

use super::replace;
use crate::model::{Call, CallState, Flow, NO_FLOW, Request, Task, Trace, TraceReport};
use crate::syscall::{Moves, Op, Ops, errno_name};

/// Calls, and of those that moved bytes of a flow, which.
#[derive(Clone, Copy)]
pub(crate) struct Timeline<'a> {
    pub trace: &'a Trace,
    /// Empty where flows are not known.
    pub flows: &'a [Flow],
    /// As [`TraceReport::flow_of`].
    pub flow_of: &'a [u32],
}

impl<'a> Timeline<'a> {
    /// Calls alone.
    pub(crate) fn of_calls(trace: &'a Trace) -> Timeline<'a> {
        Timeline {
            trace,
            flows: &[],
            flow_of: &[],
        }
    }
}

impl<'a> From<&'a TraceReport> for Timeline<'a> {
    fn from(report: &'a TraceReport) -> Timeline<'a> {
        Timeline {
            trace: &report.trace,
            flows: &report.flows,
            flow_of: &report.flow_of,
        }
    }
}

/// Writes it to a file, whole or not at all.
///
/// # Errors
/// One line: the directory cannot be written, the disk is full.
pub(crate) fn save(path: &Path, timeline: Timeline) -> Result<()> {
    replace::save(path, &|file| write(file, timeline))
}

fn write(
    file: &File,
    Timeline {
        trace,
        flows,
        flow_of,
    }: Timeline,
) -> Result<()> {
    let mut events = Events {
        out: BufWriter::new(file),
        written: 0,
    };
    write!(events.out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    for task in &trace.tasks {
        events.names(task)?;
    }
    let mut ops = Ops::default();
    let mut carried = Carried::default();
    for (index, call) in trace.calls.iter().enumerate() {
        let flow = flow_of.get(index).copied().unwrap_or(NO_FLOW);
        let op = ops.of(trace, call);
        events.call(trace, call, op, flows.get(flow as usize))?;
        for (number, request) in trace.requests_of(index).iter().enumerate() {
            let id = format!("{index}.{number}");
            events.request(trace, call, request, &id)?;
        }
        let Some(of) = flows.get(flow as usize) else {
            continue;
        };
        if let Some(from) = carried.on(trace, index, op.moves(), flow) {
            events.arrow(trace, &trace.calls[from], call, &label(of))?;
        }
    }
    events.out.write_all(b"\n]}\n")?;
    events.out.flush()?;
    Ok(())
}

/// The last calls that have bytes of a flow to hand on.
#[derive(Default)]
struct Carried {
    /// Into the memory of a process: by flow and process.
    read: HashMap<(u32, i32), usize>,
    /// Into a queue: by flow and queue.
    queued: HashMap<(u32, u64), usize>,
}

impl Carried {
    /// The call whose bytes this one hands on; and it is one to hand on from.
    fn on(&mut self, trace: &Trace, index: usize, moves: Moves, flow: u32) -> Option<usize> {
        let call = &trace.calls[index];
        let pid = task(trace, call).0;
        let queue = queue(trace, call).map(|queue| (flow, queue));
        match (moves.reads, moves.writes) {
            (true, false) => {
                self.read.insert((flow, pid), index);
                self.queued.get(&queue?).copied()
            }
            (false, true) => {
                if let Some(queue) = queue {
                    self.queued.insert(queue, index);
                }
                self.read.get(&(flow, pid)).copied()
            }
            _ => None,
        }
    }
}

/// The pipe or the unix socket that a call takes from or gives to.
fn queue(trace: &Trace, call: &Call) -> Option<u64> {
    let descriptor = trace.descriptor(call, 0)?;
    (descriptor.kind.is_queue() && descriptor.identity != 0).then_some(descriptor.identity)
}

fn label(flow: &Flow) -> String {
    format!("{} > {}", flow.from.short(true), flow.to.short(false))
}

/// Events, written one by one: a million calls are no document in memory.
struct Events<W: Write> {
    out: W,
    written: u64,
}

impl<W: Write> Events<W> {
    fn event(&mut self, event: &Value) -> Result<()> {
        let comma = if self.written > 0 { ",\n" } else { "\n" };
        self.written += 1;
        self.out.write_all(comma.as_bytes())?;
        serde_json::to_writer(&mut self.out, event).map_err(std::io::Error::from)?;
        Ok(())
    }

    fn names(&mut self, task: &Task) -> Result<()> {
        let Task { pid, tid, name } = task;
        if pid == tid {
            self.event(&json!({
                "ph": "M", "name": "process_name", "pid": pid, "tid": tid, "args": { "name": name },
            }))?;
        }
        self.event(&json!({
            "ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": { "name": name },
        }))
    }

    fn call(&mut self, trace: &Trace, call: &Call, op: Op, flow: Option<&Flow>) -> Result<()> {
        let mut args = serde_json::Map::new();
        let files = (0..2).filter_map(|which| trace.descriptor(call, which));
        let files: Vec<&str> = files.map(|descriptor| descriptor.name.as_str()).collect();
        if !files.is_empty() {
            args.insert("descriptors".into(), json!(files));
        }
        match (call.state, call.errno()) {
            (CallState::Unfinished, _) => args.insert("unfinished".into(), json!(true)),
            (_, Some(errno)) => args.insert("error".into(), error(errno)),
            (_, None) => args.insert("result".into(), json!(call.result)),
        };
        let moves = op.moves();
        if let Some(returned) = call.returned().filter(|_| moves.reads || moves.writes) {
            args.insert("bytes".into(), json!(op.moved(&call.args, returned)));
        }
        if let Some(flow) = flow {
            args.insert("flow".into(), json!(label(flow)));
        }
        // A call that never returned lasts until the end.
        let lasts = match call.state {
            CallState::Returned => call.duration_ns,
            CallState::Unfinished => trace.wall_ns.saturating_sub(call.start_ns),
        };
        let (pid, tid) = task(trace, call);
        self.event(&json!({
            "ph": "X", "name": trace.name(call), "cat": category(op), "pid": pid, "tid": tid,
            "ts": microseconds(call.start_ns), "dur": microseconds(lasts), "args": args,
        }))
    }

    /// From the call that handed it over to the end of the call after which its last completion was seen.
    fn request(&mut self, trace: &Trace, call: &Call, request: &Request, id: &str) -> Result<()> {
        let (pid, tid) = task(trace, call);
        let name = request.name();
        let seen = trace.calls.get(request.seen as usize).unwrap_or(call);
        let args = match request.errno() {
            Some(errno) => json!({ "error": error(errno) }),
            None => json!({ "result": request.result }),
        };
        for (phase, at) in [
            ("b", call.start_ns),
            ("e", seen.start_ns + seen.duration_ns),
        ] {
            self.event(&json!({
                "ph": phase, "cat": "ring", "name": name, "id": id, "pid": pid, "tid": tid,
                "ts": microseconds(at), "args": args,
            }))?;
        }
        Ok(())
    }

    fn arrow(&mut self, trace: &Trace, from: &Call, to: &Call, name: &str) -> Result<()> {
        let id = self.written;
        // Bound to the slice that the time lies in: the start of each.
        for (phase, call) in [("s", from), ("f", to)] {
            let (pid, tid) = task(trace, call);
            self.event(&json!({
                "ph": phase, "bp": "e", "cat": "flow", "name": name, "id": id, "pid": pid, "tid": tid,
                "ts": microseconds(call.start_ns),
            }))?;
        }
        Ok(())
    }
}

fn error(errno: i32) -> Value {
    errno_name(errno).map_or_else(|| json!(errno), |name| json!(name))
}

fn category(op: Op) -> &'static str {
    let moves = op.moves();
    match (moves.reads, moves.writes) {
        (true, true) => "moves",
        (true, false) => "reads",
        (false, true) => "writes",
        (false, false) => "call",
    }
}

fn task(trace: &Trace, call: &Call) -> (i32, i32) {
    let task = trace.tasks.get(usize::from(call.task));
    task.map_or((0, 0), |task| (task.pid, task.tid))
}

/// The format's unit of time.
fn microseconds(ns: u64) -> f64 {
    ns as f64 / 1000.0
}
