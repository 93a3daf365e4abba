//! Makes a [`Trace`] of what the engine reports, and tells an [`Observer`] of each call and each request in a ring.

use std::time::Instant;

use rustc_hash::FxHashMap;

use super::{
    asynchronous::Asynchronous,
    descriptors::{FdTable, FdTables, TableId},
    engine::Consumer,
    handle::Handle,
    kernel::{CallInfo, Tid, share_files},
    limits::Limits,
    outcome::Outcome,
    requests::{RequestChange, RequestSink},
    trace_builder::{ThreadCalls, TraceBuilder},
    tracee::Tracee,
};
use crate::model::{CallRef, RingEvent, RingEventKind, SyscallEvent, Trace};

/// Sees what happens, in order. The thread that it happens to stands still meanwhile.
#[allow(unused_variables)]
pub(crate) trait Observer {
    /// A thread is there. `parent` made it; none where it was there before, or nobody knows.
    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, shares_memory: bool) {}
    /// A call is about to be made.
    fn entered(&mut self, tracee: &Tracee, event: &SyscallEvent) {}
    /// A call has returned.
    fn left(&mut self, tracee: &Tracee, event: &SyscallEvent) {}
    /// What has become of a request in a ring.
    fn requested(&mut self, tracee: &Tracee, event: &RingEvent) {}
    /// The process has executed another program: its memory is new.
    fn executed(&mut self, tracee: &Tracee) {}
    /// A thread is gone; with `last`, its process too.
    fn ended(&mut self, tracee: &Tracee, last: bool) {}
    /// So many of the oldest calls are no longer kept.
    fn dropped(&mut self, calls: usize) {}
    /// The trace's descriptors have other indices now.
    fn renumbered(&mut self) {}
    /// Some time went by (about twenty times a second while calls are made).
    fn progress(&mut self, trace: &Trace) {}
}

/// What is remembered of a process.
struct Process {
    /// A thread of it that lives, and that thread's table of descriptors.
    thread: Tid,
    files: TableId,
}

/// No process.
const NOBODY: Tracee = Tracee { tid: 0, pid: 0 };

pub(super) struct Recorder<'a> {
    observer: &'a mut dyn Observer,
    handle: &'a Handle,
    limits: Limits,
    /// At most so many calls, of all threads together: the newest.
    keep: Option<usize>,
    builder: TraceBuilder,
    threads: FxHashMap<Tid, ThreadCalls>,
    processes: FxHashMap<Tid, Process>,
    tables: FdTables,
    began: Instant,
    is_recording: bool,
    asynchronous: Asynchronous,
    /// What has become of requests, and has not been told. Empty between two events of the engine.
    changes: Vec<RequestChange>,
}

impl<'a> Recorder<'a> {
    pub fn new(
        keep: Option<usize>,
        handle: &'a Handle,
        observer: &'a mut dyn Observer,
    ) -> Recorder<'a> {
        Recorder {
            observer,
            handle,
            limits: Limits::new(handle.ending()),
            keep,
            builder: TraceBuilder::default(),
            threads: FxHashMap::default(),
            processes: FxHashMap::default(),
            tables: FdTables::default(),
            began: Instant::now(),
            is_recording: false,
            asynchronous: Asynchronous::default(),
            changes: Vec::new(),
        }
    }

    /// Adds the trace to what the engine knows.
    pub fn conclude(mut self, outcome: Outcome) -> Outcome {
        self.finish(Instant::now());
        if let Some(keep) = self.keep {
            let dropped = self.builder.keep(keep);
            self.observer.dropped(dropped);
        }
        let calls_by_name = self.builder.calls_by_name();
        let refused = self.builder.refused().to_vec();
        let mut trace = self.builder.trace;
        // Threads that share a ring leave their calls in another order than they entered them.
        trace.requests.sort_by_key(|request| request.call);
        let mut notes = outcome.notes;
        for name in &refused {
            notes.push(format!(
                "descriptors: /proc does not show those of {name}, which made itself undumpable (prctl PR_SET_DUMPABLE) or whose file may not be read: where its bytes come from and go to is not known (root sees it)"
            ));
        }
        for unread in &trace.unread {
            let note = format!("io_uring: requests are in no flow: {}", unread.reason);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Outcome {
            trace,
            calls_by_name,
            notes,
            ..outcome
        }
    }

    fn time(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_nanos() as u64
    }

    /// Drops old calls, a good number at once: what stays has to be moved.
    fn keep_few(&mut self) {
        if let Some(keep) = self.keep
            && self.builder.trace.calls.len() > keep + keep / 16
        {
            let dropped = self.builder.keep(keep);
            self.observer.dropped(dropped);
            self.builder.keep_requests(keep);
            if self.builder.is_crowded() {
                self.forget_descriptors();
            }
        }
    }

    /// Descriptors of calls that are no longer kept go, too: a server opens one for each connection.
    fn forget_descriptors(&mut self) {
        let threads = self.threads.values_mut();
        let of_threads = threads.flat_map(ThreadCalls::descriptors);
        let of_tables = self.tables.indices();
        let of_requests = self.asynchronous.descriptors();
        self.builder
            .renumber(of_threads.chain(of_tables).chain(of_requests));
        self.observer.renumbered();
    }

    /// The thread that a process was asked about is gone: another one takes its place.
    fn find_living_thread(&mut self, gone: &Tracee) {
        if let Some(process) = self.processes.get_mut(&gone.pid)
            && process.thread == gone.tid
        {
            let threads = self.threads.values();
            let living = threads
                .filter(|thread| thread.tracee.pid == gone.pid)
                .min_by_key(|thread| thread.tracee.tid);
            if let Some(living) = living {
                (process.thread, process.files) = (living.tracee.tid, living.files);
            }
        }
    }

    /// Does something about a process's requests, and tells what has become of them. `call`: the one that it is made by.
    fn with_requests(
        &mut self,
        who: Tracee,
        call: Option<CallRef>,
        act: impl FnOnce(&mut Asynchronous, &mut RequestSink),
    ) {
        let mut gone = FdTable::default();
        let thread = self.threads.get(&who.tid).map(|thread| thread.files);
        let files = thread.or_else(|| Some(self.processes.get(&who.pid)?.files));
        let fds = files.map_or(&mut gone, |files| self.tables.get(files));
        let is_recording = self.is_recording;
        let mut sink = self
            .builder
            .request_sink(call, fds, is_recording, &mut self.changes);
        act(&mut self.asynchronous, &mut sink);
        self.tell_changes(who);
    }

    /// Tells what has become of requests, request by request: what a read has brought is there when the write after it
    /// is looked at.
    fn tell_changes(&mut self, tracee: Tracee) {
        self.changes.sort_by_key(|change| change.number);
        for change in self.changes.drain(..) {
            if let RingEventKind::Completed { result } = change.kind {
                self.limits
                    .count_bytes(change.request.does(), result.max(0) as u64);
            }
            let event = RingEvent {
                kind: change.kind,
                request: &change.request,
                number: change.number,
                last: change.last,
                memory: change.memory.as_deref(),
                call: change.call,
                trace: &self.builder.trace,
            };
            // The thread that handed it over may be gone.
            let is_there = self.threads.contains_key(&change.who.tid);
            let who = match change.who {
                who if who.pid == tracee.pid && !is_there => tracee,
                who => who,
            };
            self.observer.requested(&who, &event);
        }
    }

    /// Takes what has become of a process's requests by now.
    fn look(&mut self, who: Tracee) {
        if !self.asynchronous.is_empty() {
            self.with_requests(who, None, |requests, sink| requests.look(who, sink));
        }
    }
}

impl Consumer for Recorder<'_> {
    fn begin(&mut self, now: Instant) {
        self.began = now;
        self.is_recording = true;
        self.with_requests(NOBODY, None, |requests, sink| requests.begin(sink));
    }

    fn finish(&mut self, now: Instant) {
        if self.is_recording {
            self.with_requests(NOBODY, None, |requests, sink| requests.finish(sink));
            self.builder.trace.wall_ns = self.time(now);
            self.is_recording = false;
        }
    }

    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, flags: u64) {
        let has = |flag: i32| flags & flag as u64 != 0;
        let maker = parent.and_then(|parent| self.threads.get(&parent.tid));
        let process = self.processes.get(&child.pid);
        let shared = match (maker, process) {
            (Some(maker), _) => has(libc::CLONE_FILES).then_some(maker.files),
            (None, Some(process)) => {
                share_files(child.tid, process.thread).then_some(process.files)
            }
            (None, None) => None,
        };
        let files = match shared {
            Some(shared) => self.tables.share(shared),
            None => self.tables.create(),
        };
        self.threads
            .insert(child.tid, ThreadCalls::new(*child, files));
        let is_new = process.is_none();
        self.processes.entry(child.pid).or_insert(Process {
            thread: child.tid,
            files,
        });
        match parent {
            Some(parent) if is_new => self.asynchronous.forked(parent.pid, child.pid),
            None if is_new => {
                let who = *child;
                self.with_requests(who, None, |requests, sink| requests.attached(who, sink));
            }
            _ => {}
        }
        self.observer.started(parent, child, has(libc::CLONE_VM));
    }

    fn entered(&mut self, tracee: &Tracee, info: &CallInfo, now: Instant) {
        let now = self.time(now);
        self.look(*tracee);
        let Some(thread) = self.threads.get_mut(&tracee.tid) else {
            return;
        };
        let fds = self.tables.get(thread.files);
        if self.is_recording {
            self.builder.enter(thread, fds, info, now);
        }
        if let Some(call) = &thread.call {
            let event = self.builder.event(thread, call);
            self.observer.entered(tracee, &event);
        }
        if self.asynchronous.concerns(info) {
            let call = thread.moving();
            self.with_requests(*tracee, call, |requests, sink| {
                requests.enter(*tracee, info, sink);
            });
        }
        self.keep_few();
    }

    fn left(&mut self, tracee: &Tracee, result: i64, now: Instant) {
        if self.limits.are_reached() {
            return;
        }
        let at = now;
        let now = self.time(at);
        let Some(thread) = self.threads.get_mut(&tracee.tid) else {
            return;
        };
        if result == 0 && self.builder.unshares_files(thread) {
            thread.files = self.tables.unshare(thread.files);
        }
        let call = thread.moving();
        let fds = self.tables.get(thread.files);
        let left = self.builder.leave(thread, fds, result, now);
        if let Some(call) = &left {
            let event = self.builder.event(thread, call);
            self.observer.left(tracee, &event);
            let (op, call) = (self.builder.op(&call.1), &call.1);
            let returned = call.returned().unwrap_or(0);
            self.limits.count_call();
            self.limits.count_bytes(op, op.moved(&call.args, returned));
        }
        if !self.asynchronous.is_empty() {
            self.with_requests(*tracee, call, |requests, sink| {
                requests.leave(*tracee, result, sink);
            });
        }
        if self.limits.are_reached() {
            self.finish(at);
            self.handle.set_enough();
        }
    }

    fn executed(&mut self, tracee: &Tracee, former: Tid) {
        if former != tracee.tid
            && let Some(thread) = self.threads.remove(&former)
            && let Some(first) = self.threads.insert(tracee.tid, thread)
        {
            self.tables.leave(first.files);
        }
        if let Some(thread) = self.threads.get_mut(&tracee.tid) {
            self.builder.executed(thread, *tracee);
            thread.files = self.tables.unshare(thread.files);
            if let Some(process) = self.processes.get_mut(&tracee.pid) {
                (process.thread, process.files) = (tracee.tid, thread.files);
            }
        }
        self.with_requests(*tracee, None, |requests, sink| {
            sink.fds.forget_all();
            requests.executed(*tracee, sink);
        });
        self.observer.executed(tracee);
    }

    fn look_at(&mut self, tracee: &Tracee) {
        self.look(*tracee);
    }

    fn stores(&self, tracee: &Tracee) -> Vec<u64> {
        match self.asynchronous.is_empty() {
            true => Vec::new(),
            false => self.asynchronous.stores(*tracee),
        }
    }

    fn watched(&mut self, tracee: &Tracee) {
        self.asynchronous.watched(*tracee);
    }

    fn ended(&mut self, tracee: &Tracee, last: bool) {
        self.with_requests(*tracee, None, |requests, sink| {
            requests.ended(*tracee, last, sink);
        });
        if last {
            self.processes.remove(&tracee.pid);
        }
        if let Some(thread) = self.threads.remove(&tracee.tid) {
            if let Some(numbers) = &thread.changing {
                self.tables.get(thread.files).end_change(numbers);
            }
            self.tables.leave(thread.files);
        }
        self.find_living_thread(tracee);
        self.observer.ended(tracee, last);
    }

    fn look_again(&mut self) -> bool {
        let pids: Vec<_> = self.asynchronous.polled().collect();
        for pid in &pids {
            let mut threads = self.threads.values().map(|thread| thread.tracee);
            if let Some(who) = threads.find(|tracee| tracee.pid == *pid) {
                self.look(who);
            }
        }
        !pids.is_empty()
    }

    fn progress(&mut self) {
        self.observer.progress(&self.builder.trace);
    }
}
