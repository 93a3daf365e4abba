//! Joins the entries and exits of calls and keeps them as a [`Trace`]. On the way of an ordinary call it allocates
//! nothing (but for the growing list) and asks /proc nothing.

use std::{cmp::Ordering, ops::Range};

use super::{
    descriptors::{FdTable, NOT_OPEN, OpenFile, Table, TableId},
    kernel::{CallInfo, NUMBERS, Tid},
    memory, proc,
    requests::{RequestChange, RequestSink},
    tracee::Tracee,
};
use crate::model::{
    self, Call, CallRef, CallState, Counted, Descriptor, NO_DESCRIPTOR, SyscallEvent, Text, Trace,
};
use crate::syscall::{self, FICLONE, FICLONERANGE, Op, Returns, Syscall};

/// What is remembered of a thread.
pub(super) struct ThreadCalls {
    pub tracee: Tracee,
    /// Its place in [`Trace::tasks`], once it has made a call.
    index: Option<u16>,
    /// The call that it is in, and its number since the recording began. It may last longer than the list keeps it.
    pub call: Option<(u64, Call)>,
    /// That call's descriptors, as they were looked up.
    open: [OpenFile; 2],
    /// Its table of descriptors.
    pub files: TableId,
    /// The numbers in it that the call is about to change.
    pub changing: Option<Range<i32>>,
}

impl ThreadCalls {
    pub fn new(tracee: Tracee, files: TableId) -> ThreadCalls {
        ThreadCalls {
            tracee,
            index: None,
            call: None,
            open: [NOT_OPEN; 2],
            files,
            changing: None,
        }
    }

    /// The call that it is in.
    pub fn moving(&self) -> Option<CallRef> {
        let refer = |(number, call): (u64, Call)| CallRef {
            number,
            name: call.name,
            pid: self.tracee.pid,
            start_ns: call.start_ns,
        };
        self.call.map(refer)
    }

    /// The indices of descriptors that it holds.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        let call = self.call.iter_mut();
        let of_call = call.flat_map(|(_, call)| &mut call.descriptors);
        of_call.chain(self.open.iter_mut().map(|open| &mut open.index))
    }
}

#[derive(Default)]
pub(super) struct TraceBuilder {
    pub trace: Trace,
    /// By [`Call::name`].
    rows: Vec<Option<&'static Syscall>>,
    /// By the call's number on this machine: its [`Call::name`], or [`UNNAMED`].
    by_number: Vec<u16>,
    table: Table,
    /// How many descriptors were left when they were last numbered anew.
    descriptors_left: usize,
    /// Calls that are no longer in [`Trace::calls`]: the oldest ones.
    pub dropped: u64,
    /// How many requests have been numbered.
    requests: u64,
    /// Requests that are no longer in [`Trace::requests`].
    dropped_requests: u64,
    /// Calls that have returned, by [`Call::name`], with those that are no longer kept.
    pub returned: Vec<Counted>,
}

const F_SETFL: u64 = 4;
const UNNAMED: u16 = u16::MAX;

impl TraceBuilder {
    /// A thread enters a call, `now` nanoseconds after the recording began.
    pub fn enter(&mut self, task: &mut ThreadCalls, fds: &mut FdTable, info: &CallInfo, now: u64) {
        let name = self.name(info);
        let mut args = [0; 6];
        args.copy_from_slice(&info.data[1..7]);
        let mut open = [NOT_OPEN; 2];
        if let Some(row) = self.rows[usize::from(name)] {
            for (slot, arg) in row.descriptor_args().enumerate().take(2) {
                let list = &mut self.trace.descriptors;
                open[slot] = fds.open(task.tracee.tid, args[arg] as i32, &mut self.table, list);
            }
            if row.op == Op::Ioctl
                && let Some(source) = cloned(task.tracee.tid, &args)
            {
                let list = &mut self.trace.descriptors;
                open[1] = fds.open(task.tracee.tid, source, &mut self.table, list);
            }
            task.changing = changing(row.op, &args);
            if let Some(numbers) = &task.changing {
                fds.begin_change(numbers.clone());
            }
            self.read_texts(task.tracee.tid, row, &args);
        }
        let index = self.task_index(task);
        let call = Call {
            name,
            task: index,
            state: CallState::Unfinished,
            args,
            result: 0,
            start_ns: now,
            duration_ns: 0,
            descriptors: open.map(|open| open.index),
        };
        task.call = Some((self.dropped + self.trace.calls.len() as u64, call));
        task.open = open;
        self.trace.calls.push(call);
    }

    /// What a call does.
    pub fn op(&self, call: &Call) -> Op {
        let row = self.rows[usize::from(call.name)];
        row.map_or(Op::None, |row| row.op)
    }

    /// Whether the call that a thread is in gives it a table of descriptors of its own, if it succeeds.
    pub fn unshares_files(&self, task: &ThreadCalls) -> bool {
        const CLOSE_RANGE_UNSHARE: u64 = 2;
        let Some((_, call)) = &task.call else {
            return false;
        };
        match self.op(call) {
            Op::Unshare => call.args[0] & libc::CLONE_FILES as u64 != 0,
            Op::CloseRange => call.args[2] & CLOSE_RANGE_UNSHARE != 0,
            _ => false,
        }
    }

    /// Drops the oldest calls until at most this many are kept. How many were dropped.
    pub fn keep(&mut self, most: usize) -> usize {
        let old = self.trace.calls.len().saturating_sub(most);
        self.trace.calls.drain(..old);
        let texts = &mut self.trace.texts;
        let first = texts.partition_point(|text| (text.call as usize) < old);
        texts.drain(..first);
        for text in texts {
            text.call -= old as u32;
        }
        for request in &mut self.trace.requests {
            request.call = request.call.saturating_sub(old as u32);
            request.seen = request.seen.saturating_sub(old as u32);
        }
        self.dropped += old as u64;
        old
    }

    /// Whether so many descriptors are listed that those which are no longer named should go.
    pub fn is_crowded(&self) -> bool {
        /// So many are no trouble.
        const FEW: usize = 1000;
        self.trace.descriptors.len() > FEW + 2 * self.descriptors_left
    }

    /// Leaves out the descriptors that neither a kept call or request nor one of `others` names, and numbers the rest
    /// anew.
    pub fn renumber<'a>(&mut self, others: impl Iterator<Item = &'a mut u32>) {
        let Trace {
            calls,
            requests,
            descriptors,
            ..
        } = &mut self.trace;
        let mut old: Vec<Option<Descriptor>> = descriptors.drain(..).map(Some).collect();
        let mut new = vec![NO_DESCRIPTOR; old.len()];
        let mut renumber = |index: &mut u32| {
            let place = *index as usize;
            let Some(descriptor) = old.get_mut(place) else {
                return; // none
            };
            if let Some(descriptor) = descriptor.take() {
                new[place] = descriptors.len() as u32;
                descriptors.push(descriptor);
            }
            *index = new[place];
        };
        let of_calls = calls.iter_mut().flat_map(|call| &mut call.descriptors);
        of_calls.for_each(&mut renumber);
        let of_requests = requests
            .iter_mut()
            .flat_map(|request| &mut request.descriptors);
        of_requests.for_each(&mut renumber);
        others.for_each(&mut renumber);
        self.table.renumber(descriptors);
        self.descriptors_left = descriptors.len();
    }

    /// A thread leaves the call that it was in, if its entry was seen: the call, and its number since the recording
    /// began.
    pub fn leave(
        &mut self,
        task: &mut ThreadCalls,
        fds: &mut FdTable,
        result: i64,
        now: u64,
    ) -> Option<(u64, Call)> {
        let (number, mut call) = task.call.take()?;
        call.state = CallState::Returned;
        call.result = result;
        call.duration_ns = now.saturating_sub(call.start_ns);
        let row = self.rows[usize::from(call.name)];
        let counted = &mut self.returned[usize::from(call.name)];
        counted.calls += 1;
        counted.errors += u64::from(call.errno().is_some());
        if row.is_some_and(|row| row.returns == Returns::Bytes) {
            counted.bytes += result.max(0) as u64;
        }
        if let Some(numbers) = task.changing.take() {
            fds.end_change(&numbers);
        }
        if let Some(row) = row {
            let list = &mut self.trace.descriptors;
            let mut open = |fd: i32| {
                fds.forget(fd);
                fds.open(task.tracee.tid, fd, &mut self.table, list)
            };
            match (row.op, row.op.pair_arg()) {
                (_, Some(arg)) if result == 0 => {
                    // Two ints, as pipe(2) and socketpair(2) write them.
                    if let Some(pair) = memory::read_words(task.tracee.tid, call.args[arg]) {
                        task.open = pair.map(|fd| open(fd as i32));
                    }
                }
                (Op::Address, _) => fds.forget(call.args[0] as i32),
                (Op::Exec, _) => fds.forget_all(),
                // What was learnt of the socket is another thing now.
                (Op::SocketOption, _) => fds.forget(call.args[0] as i32),
                // O_DIRECT or O_APPEND may have come or gone.
                (Op::Fcntl, _) if call.args[1] == F_SETFL => fds.forget(call.args[0] as i32),
                _ if result >= 0 && row.returns_descriptor(&call.args) => {
                    let slot = row.descriptor_args().count();
                    task.open[slot] = open(result as i32);
                    if let Op::Dup | Op::Dup2 | Op::Fcntl = row.op {
                        fds.duplicate(call.args[0] as i32, result as i32, list);
                        task.open[slot] =
                            fds.open(task.tracee.tid, result as i32, &mut self.table, list);
                    }
                }
                _ => {}
            }
            call.descriptors = task.open.map(|open| open.index);
        }
        let place = number.checked_sub(self.dropped);
        if let Some(kept) = place.and_then(|place| self.trace.calls.get_mut(place as usize)) {
            *kept = call;
        }
        Some((number, call))
    }

    /// A call that a thread is in, or has just left, as an event.
    pub fn event<'a>(
        &'a self,
        task: &ThreadCalls,
        (number, call): &'a (u64, Call),
    ) -> SyscallEvent<'a> {
        SyscallEvent {
            call,
            number: *number,
            trace: &self.trace,
            generations: task.open.map(|open| open.generation),
        }
    }

    /// Where requests of rings are written down: those of the recorded call that a thread is in, if it is in one.
    pub fn request_sink<'a>(
        &'a mut self,
        call: Option<CallRef>,
        fds: &'a mut FdTable,
        is_recording: bool,
        changes: &'a mut Vec<RequestChange>,
    ) -> RequestSink<'a> {
        RequestSink {
            dropped: (self.dropped, self.dropped_requests),
            made: &mut self.requests,
            trace: &mut self.trace,
            table: &mut self.table,
            fds,
            is_recording,
            call,
            changes,
        }
    }

    /// Programs whose descriptors /proc does not show.
    pub fn refused(&self) -> &[String] {
        &self.table.refused
    }

    /// Drops the oldest requests until at most this many are kept.
    pub fn keep_requests(&mut self, most: usize) {
        let old = self.trace.requests.len().saturating_sub(most);
        self.trace.requests.drain(..old);
        self.dropped_requests += old as u64;
    }

    /// How often each call has returned.
    pub fn calls_by_name(&self) -> Vec<(String, Counted)> {
        let named = self.trace.names.iter().cloned();
        let counted = named.zip(self.returned.iter().copied());
        counted.filter(|(_, counted)| counted.calls > 0).collect()
    }

    /// A thread has executed another program: it has the process's id, and its program's name.
    pub fn executed(&mut self, task: &mut ThreadCalls, tracee: Tracee) {
        task.tracee = tracee;
        if let Some(index) = task.index {
            self.trace.tasks[usize::from(index)].name = proc::comm(tracee.tid);
        }
    }

    fn read_texts(&mut self, tid: Tid, row: &Syscall, args: &[u64; 6]) {
        for arg in row.path_args() {
            if let Some(text) = memory::read_string(tid, args[arg]) {
                let call = self.trace.calls.len() as u32;
                self.trace.texts.push(Text {
                    call,
                    arg: arg as u8,
                    text,
                });
            }
        }
    }

    fn task_index(&mut self, task: &mut ThreadCalls) -> u16 {
        *task.index.get_or_insert_with(|| {
            let tasks = &mut self.trace.tasks;
            let index = u16::try_from(tasks.len()).unwrap_or(u16::MAX);
            let Tracee { tid, pid } = task.tracee;
            let (tid, pid, name) = match tasks.len().cmp(&usize::from(u16::MAX)) {
                Ordering::Less => (tid, pid, proc::comm(tid)),
                Ordering::Equal => (0, 0, "(more threads than can be told apart)".to_owned()),
                Ordering::Greater => return index,
            };
            tasks.push(model::Task { tid, pid, name });
            index
        })
    }

    fn name(&mut self, info: &CallInfo) -> u16 {
        let number = info.data[0] as usize;
        if !info.is_native() || number >= NUMBERS {
            return self.intern(name_of(info));
        }
        if self.by_number.is_empty() {
            self.by_number = vec![UNNAMED; NUMBERS];
        }
        if self.by_number[number] == UNNAMED {
            self.by_number[number] = self.intern(name_of(info));
        }
        self.by_number[number]
    }

    fn intern(&mut self, name: String) -> u16 {
        let names = &mut self.trace.names;
        if let Some(place) = names.iter().position(|known| *known == name) {
            return place as u16;
        }
        if names.len() >= usize::from(UNNAMED) {
            return UNNAMED - 1; // a program that tries every number: the last name stands for the rest
        }
        self.rows.push(syscall::by_name(&name));
        names.push(name);
        self.returned.push(Counted::default());
        (names.len() - 1) as u16
    }
}

/// The numbers that a call closes, or gives another meaning.
fn changing(op: Op, args: &[u64; 6]) -> Option<Range<i32>> {
    let one = |fd: u64| fd as i32..(fd as i32).saturating_add(1);
    match op {
        Op::Close => Some(one(args[0])),
        Op::Dup2 => Some(one(args[1])),
        Op::CloseRange => Some(0..i32::MAX),
        _ => None,
    }
}

/// The file whose blocks an ioctl(2) shares (`struct file_clone_range` begins with it).
fn cloned(tid: Tid, args: &[u64; 6]) -> Option<i32> {
    match args[1] {
        FICLONE => Some(args[2] as i32),
        FICLONERANGE => Some(i64::from_ne_bytes(memory::read_array(tid, args[2])?) as i32),
        _ => None,
    }
}

/// What a call is called; `syscall_N` where it has no name here. Calls of another table than this machine's own say so.
fn name_of(info: &CallInfo) -> String {
    match info.is_native() {
        true => syscall::native_name(info.data[0]),
        false => syscall::compat_name(info.arch, info.data[0]),
    }
}
