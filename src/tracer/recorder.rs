//! Makes a [`Trace`] of what the engine reports, and tells an [`Observer`] of each call and each request in a ring.

use std::time::Instant;

use rustc_hash::FxHashMap;

use super::{
    descriptors::{FdTables, TableId},
    engine::Consumer,
    kernel::{CallInfo, Tid, share_files},
    outcome::Outcome,
    rings::{RequestChange, RequestSink, Rings},
    trace_builder::{ThreadCalls, TraceBuilder},
    tracee::Tracee,
};
use crate::model::{Call, RingEvent, SyscallEvent, Trace};

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
    rings: Rings,
    /// A thread of it that lives, and that thread's table of descriptors.
    thread: Tid,
    files: TableId,
}

pub(super) struct Recorder<'a> {
    observer: &'a mut dyn Observer,
    /// At most so many calls, of all threads together: the newest.
    keep: Option<usize>,
    builder: TraceBuilder,
    threads: FxHashMap<Tid, ThreadCalls>,
    processes: FxHashMap<Tid, Process>,
    tables: FdTables,
    began: Instant,
    is_recording: bool,
    /// Requests that are no longer in [`Trace::requests`].
    dropped_requests: u64,
    /// Requests were lost with [`Recorder::keep`].
    has_lost_requests: bool,
    /// What has become of requests, and has not been told. Empty between two events of the engine.
    changes: Vec<RequestChange>,
}

impl<'a> Recorder<'a> {
    pub fn new(keep: Option<usize>, observer: &'a mut dyn Observer) -> Recorder<'a> {
        Recorder {
            observer,
            keep,
            builder: TraceBuilder::default(),
            threads: FxHashMap::default(),
            processes: FxHashMap::default(),
            tables: FdTables::default(),
            began: Instant::now(),
            is_recording: false,
            dropped_requests: 0,
            has_lost_requests: false,
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
        if self.has_lost_requests {
            notes.push("io_uring: some requests were not done when --keep folded them away: they are in no flow".to_owned());
        }
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
            self.forget_requests(keep);
            if self.builder.is_crowded() {
                self.forget_descriptors();
            }
        }
    }

    /// Descriptors of calls that are no longer kept go, too: a server opens one for each connection.
    fn forget_descriptors(&mut self) {
        let threads = self.threads.values_mut();
        let of_threads = threads.flat_map(ThreadCalls::descriptors);
        let processes = self.processes.values_mut();
        let of_rings = processes.flat_map(|process| process.rings.descriptors());
        let of_tables = self.tables.indices();
        self.builder
            .renumber(of_threads.chain(of_rings).chain(of_tables));
        self.observer.renumbered();
    }

    /// Requests are kept like calls. Those that are outstanding when too many are there are lost.
    fn forget_requests(&mut self, keep: usize) {
        if self.builder.trace.requests.len() <= keep {
            return;
        }
        let mut lost = false;
        self.each_process(|rings, who, sink| {
            rings.begin(who, sink);
            lost |= !sink.changes.is_empty();
        });
        self.has_lost_requests |= lost;
        self.dropped_requests += self.builder.trace.requests.len() as u64;
        self.builder.trace.requests.clear();
    }

    /// Does something to the rings of each process, outside of any call of theirs.
    fn each_process(&mut self, mut act: impl FnMut(&mut Rings, Tracee, &mut RequestSink)) {
        let mut pids: Vec<Tid> = self.processes.keys().copied().collect();
        pids.sort_unstable();
        for pid in pids {
            self.outside_calls(pid, &mut act);
        }
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

    fn outside_calls(&mut self, pid: Tid, act: impl FnOnce(&mut Rings, Tracee, &mut RequestSink)) {
        let Some(process) = self.processes.get_mut(&pid) else {
            return;
        };
        let fds = self.tables.get(process.files);
        let sink = &mut self.builder.request_sink(None, fds, &mut self.changes);
        let who = Tracee {
            tid: process.thread,
            pid,
        };
        act(&mut process.rings, who, sink);
        self.tell_changes(who, None);
    }

    /// Tells what has become of requests, request by request: what a read has brought is there when the write after it
    /// is looked at.
    fn tell_changes(&mut self, tracee: Tracee, shown_by: Option<&(u64, Call)>) {
        if self.changes.is_empty() {
            return;
        }
        self.changes.sort_by_key(|change| change.index);
        let thread = self.threads.get(&tracee.tid);
        let shown_by = shown_by.zip(thread);
        let shown_by = shown_by.map(|(call, thread)| self.builder.event(thread, call));
        for change in self.changes.drain(..) {
            let Some(request) = self.builder.trace.requests.get(change.index) else {
                continue;
            };
            let Some(shown_by) = shown_by.or_else(|| self.builder.old_event(request.call)) else {
                continue;
            };
            let event = RingEvent {
                kind: change.kind,
                request,
                number: self.dropped_requests + change.index as u64,
                last: change.last,
                shown_by,
            };
            self.observer.requested(&tracee, &event);
        }
    }
}

impl Consumer for Recorder<'_> {
    fn begin(&mut self, now: Instant) {
        self.began = now;
        self.is_recording = true;
        self.each_process(|rings, who, sink| {
            sink.call = Some(0);
            rings.begin(who, sink);
        });
    }

    fn finish(&mut self, now: Instant) {
        if self.is_recording {
            self.each_process(|rings, _, sink| rings.finish(sink));
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
        self.processes.entry(child.pid).or_insert(Process {
            rings: Rings::default(),
            thread: child.tid,
            files,
        });
        self.observer.started(parent, child, has(libc::CLONE_VM));
    }

    fn entered(&mut self, tracee: &Tracee, info: &CallInfo, now: Instant) {
        let now = self.time(now);
        let Some(thread) = self.threads.get_mut(&tracee.tid) else {
            return;
        };
        let Some(process) = self.processes.get_mut(&tracee.pid) else {
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
        let place = self.builder.place(thread);
        let sink = &mut self.builder.request_sink(place, fds, &mut self.changes);
        process.rings.enter(*tracee, info, sink);
        if !self.changes.is_empty() {
            let call = thread.call;
            self.tell_changes(*tracee, call.as_ref());
        }
        self.keep_few();
    }

    fn left(&mut self, tracee: &Tracee, result: i64, now: Instant) {
        let now = self.time(now);
        let Some(thread) = self.threads.get_mut(&tracee.tid) else {
            return;
        };
        let Some(process) = self.processes.get_mut(&tracee.pid) else {
            return;
        };
        if result == 0 && self.builder.unshares_files(thread) {
            thread.files = self.tables.unshare(thread.files);
        }
        let place = self.builder.place(thread);
        let fds = self.tables.get(thread.files);
        let sink = &mut self.builder.request_sink(place, fds, &mut self.changes);
        process.rings.leave(*tracee, result, sink);
        let left = self.builder.leave(thread, fds, result, now);
        if let Some(call) = &left {
            let event = self.builder.event(thread, call);
            self.observer.left(tracee, &event);
        }
        self.tell_changes(*tracee, left.as_ref());
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
        // io_uring_setup(2): the descriptors of rings are closed.
        self.outside_calls(tracee.pid, |rings, _, sink| {
            sink.fds.forget_all();
            std::mem::take(rings).finish(sink);
        });
        self.observer.executed(tracee);
    }

    fn ended(&mut self, tracee: &Tracee, last: bool) {
        if last && self.is_recording {
            self.outside_calls(tracee.pid, |rings, _, sink| rings.finish(sink));
        }
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

    fn progress(&mut self) {
        self.observer.progress(&self.builder.trace);
    }
}
