//! The io_urings of the processes: read from their memory, because ptrace sees no more of their requests than
//! io_uring_enter(2).
//!
//! A ring's memory is shared between its program and the kernel, and whoever has the descriptor may map it, too. So
//! the tracer takes a duplicate of the descriptor (pidfd_getfd, Linux 5.6), maps it read-only, and gives the duplicate
//! back at once. At the entry of io_uring_enter it reads what the program has put into the submission queue, and at each
//! stop what the kernel has put into the completion queue. The mapping goes when the last descriptor is closed that is
//! known here: it would keep the ring alive.
//!
//! With SQPOLL a thread of the kernel takes the requests, and there may be no call at all. There the program's threads
//! stop at each store to the end of the submissions or the beginning of the completions; where that cannot be had, the
//! rings are looked at all the time, and what was written over meanwhile is counted.
//!
//! [`Rings`] has to see the calls of its processes from the first one on, recorded or not: rings, registered files and
//! registered ring descriptors are followed from the calls that make them.

use std::{collections::HashMap, fs, os::unix::fs::MetadataExt};

use rustc_hash::FxHashMap;

use super::{
    kernel::{CallInfo, Tid},
    memory::{read_array, read_words},
    requests::RequestSink,
    ring::{Message, Registration, Ring, long},
    ring_files::Files,
    ring_memory::RingMemory,
    tracee::Tracee,
};
use crate::model::Unread;
use crate::syscall::Op;

#[derive(Default)]
pub(super) struct Rings {
    rings: FxHashMap<u32, Ring>,
    made: u32,
    /// By process.
    known: FxHashMap<Tid, Known>,
    /// The calls that threads are in.
    entered: FxHashMap<Tid, Entered>,
}

/// The rings that a process can name.
#[derive(Clone, Default)]
struct Known {
    by_fd: HashMap<i32, u32>,
    /// By a thread's index of a registered ring descriptor.
    by_index: HashMap<(Tid, u32), u32>,
}

enum Entered {
    Setup {
        params: u64,
    },
    Enter(u32),
    Register(u32, Registration),
    /// io_uring_register(2) with the descriptors of rings.
    RegisterRings(Registration),
    /// The descriptor of a ring is given a second number.
    Duplicate(u32),
}

/// What `/proc/PID/fd` shows of a ring.
const RING: &str = "anon_inode:[io_uring]";
const SETUP_FLAGS: u64 = 8;
const SETUP_REGISTERED_FD_ONLY: u32 = 1 << 15;
const ENTER_REGISTERED_RING: u32 = 1 << 4;
const REGISTER_USE_REGISTERED_RING: u32 = 1 << 31;
const REGISTER_RING_FDS: u32 = 20;
const UNREGISTER_RING_FDS: u32 = 21;
const REGISTER_SEND_MSG_RING: u32 = 31;
/// A thread registers no more rings (`IO_RINGFD_REG_MAX`).
const MOST_REGISTERED: u32 = 16;

impl Rings {
    pub fn enter(&mut self, who: Tracee, info: &CallInfo, sink: &mut RequestSink) {
        let [_, first, second, _, fourth, ..] = info.data;
        let fd = first as i32;
        let entered = match info.does() {
            Op::RingSetup => Some(Entered::Setup { params: second }),
            Op::RingEnter => {
                let is_registered = fourth as u32 & ENTER_REGISTERED_RING != 0;
                self.entering(who, (first, is_registered), second as u32, sink)
            }
            Op::RingRegister => self.registering(who, first, info, sink),
            Op::Close => return self.close(who, fd, sink),
            Op::Map => return self.remapped(who),
            Op::Dup | Op::Fcntl => self.by_fd(who.pid, fd).map(Entered::Duplicate),
            Op::Dup2 => {
                let duplicate = self.by_fd(who.pid, fd).map(Entered::Duplicate);
                self.close(who, second as i32, sink);
                duplicate
            }
            Op::CloseRange => {
                let is_closed = |fd: &i32| (first..=second).contains(&(*fd as u64));
                let known = self.known.get(&who.pid);
                let fds = known
                    .into_iter()
                    .flat_map(|known| known.by_fd.keys().copied());
                let gone: Vec<_> = fds.filter(is_closed).collect();
                return gone.into_iter().for_each(|fd| self.close(who, fd, sink));
            }
            _ => return,
        };
        if let Some(entered) = entered {
            self.entered.insert(who.tid, entered);
        }
    }

    /// A call has returned: whether it is one that hands requests over or waits for them.
    pub fn leave(&mut self, who: Tracee, result: i64, sink: &mut RequestSink) -> bool {
        if self.entered.is_empty() {
            return false;
        }
        let entered = self.entered.remove(&who.tid);
        let shows = matches!(entered, Some(Entered::Enter(_)));
        match entered {
            Some(Entered::Setup { params }) if result >= 0 => {
                self.set_up(who, result, params, sink)
            }
            Some(Entered::Enter(ring)) => {
                if let Some(ring) = self.rings.get_mut(&ring) {
                    let taken = usize::try_from(result).unwrap_or(0);
                    ring.book.leave(who.tid, taken, sink);
                    ring.look(who, sink);
                }
            }
            Some(Entered::Register(ring, what)) if result >= 0 => {
                if let Some(ring) = self.rings.get_mut(&ring) {
                    ring.registered(who, &what);
                }
            }
            // The kernel has written the indices to the list.
            Some(Entered::RegisterRings(what)) => {
                let count = what.count.min(result.max(0) as u32);
                for [index, fd] in ring_updates(who.tid, what.arg, count) {
                    if let Some(ring) = self.by_fd(who.pid, fd as i32) {
                        let known = self.known.entry(who.pid).or_default();
                        known.by_index.insert((who.tid, index), ring);
                    }
                }
            }
            Some(Entered::Duplicate(ring)) if result >= 0 => {
                let fd = result as i32;
                if inode_of(who.tid, fd).is_some() {
                    self.known
                        .entry(who.pid)
                        .or_default()
                        .by_fd
                        .insert(fd, ring);
                }
            }
            _ => {}
        }
        shows
    }

    pub fn is_empty(&self) -> bool {
        self.rings.is_empty() && self.entered.is_empty()
    }

    /// Takes what stands in a process's rings by now.
    pub fn look(&mut self, who: Tracee, sink: &mut RequestSink) {
        let Some(known) = self.known.get(&who.pid) else {
            return;
        };
        for id in known.ids() {
            if let Some(ring) = self.rings.get_mut(&id) {
                ring.look(who, sink);
            }
        }
    }

    /// The processes with rings of which a thread of the kernel takes the requests.
    pub fn polled(&self) -> impl Iterator<Item = Tid> + '_ {
        let is_polled = |id| self.rings.get(&id).is_some_and(Ring::wants_looking);
        let known = self.known.iter();
        known
            .filter(move |(_, known)| known.ids().any(is_polled))
            .map(|(pid, _)| *pid)
    }

    /// The stores by which a thread hands something over without a call, where it does not stop at all of them yet.
    pub fn stores(&self, who: Tracee) -> Vec<u64> {
        let rings = self.of_thread(who);
        let is_new = |ring: &&Ring| ring.is_polled() && !ring.is_watched(who.tid);
        match rings.iter().any(is_new) {
            true => rings
                .iter()
                .filter_map(|ring| ring.stores_of(who))
                .flatten()
                .collect(),
            false => Vec::new(),
        }
    }

    /// The rings that a process knows.
    fn ids_of(&self, pid: Tid) -> Vec<u32> {
        self.known
            .get(&pid)
            .into_iter()
            .flat_map(Known::ids)
            .collect()
    }

    /// A thread stops at those stores from now on.
    pub fn watched(&mut self, who: Tracee) {
        for id in self.ids_of(who.pid) {
            if let Some(ring) = self.rings.get_mut(&id)
                && ring.stores_of(who).is_some()
            {
                ring.watch(who.tid);
            }
        }
    }

    /// A process makes a mapping, perhaps of a ring: its stores may go elsewhere.
    fn remapped(&mut self, who: Tracee) {
        for id in self.ids_of(who.pid) {
            if let Some(ring) = self.rings.get_mut(&id) {
                ring.watch_anew();
            }
        }
    }

    fn of_thread(&self, who: Tracee) -> Vec<&Ring> {
        let mut ids = self.ids_of(who.pid);
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|id| self.rings.get(id)).collect()
    }

    /// A process was made, with the descriptors of another one.
    pub fn forked(&mut self, parent: Tid, child: Tid) {
        if let Some(known) = self.known.get(&parent) {
            let by_fd = known.by_fd.clone();
            let known = Known {
                by_fd,
                ..Known::default()
            };
            self.known.entry(child).or_insert(known);
        }
    }

    /// A thread is gone, and what it had registered.
    pub fn thread_ended(&mut self, who: Tracee, sink: &mut RequestSink) {
        self.entered.remove(&who.tid);
        let Some(known) = self.known.get_mut(&who.pid) else {
            return;
        };
        let of_it = known.by_index.extract_if(|(tid, _), _| *tid == who.tid);
        let gone: Vec<_> = of_it.map(|(_, ring)| ring).collect();
        gone.into_iter()
            .for_each(|ring| self.release(ring, who, sink));
    }

    /// A process is gone, or executes another program (io_uring_setup(2): the descriptors of rings are closed then).
    pub fn process_ended(&mut self, who: Tracee, sink: &mut RequestSink) {
        let gone = self.known.remove(&who.pid);
        let ids: Vec<_> = gone.iter().flat_map(Known::ids).collect();
        ids.into_iter()
            .for_each(|ring| self.release(ring, who, sink));
    }

    /// The end: takes what no call has shown; of what is outstanding then nothing will be known.
    pub fn finish(&mut self, sink: &mut RequestSink) {
        let pids: Vec<_> = self.known.keys().copied().collect();
        for pid in pids {
            self.process_ended(Tracee { tid: pid, pid }, sink);
        }
    }

    /// The recording begins here: rings that cannot be read are to be named.
    pub fn begin(&mut self, sink: &mut RequestSink) {
        for ring in self.rings.values_mut() {
            ring.is_noted = false;
            note(ring, sink);
        }
    }

    /// The indices of descriptors that requests hold.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        self.rings
            .values_mut()
            .flat_map(|ring| ring.book.descriptors())
    }

    /// io_uring_setup(2) has succeeded.
    fn set_up(&mut self, who: Tracee, result: i64, params: u64, sink: &mut RequestSink) {
        let flags = read_array(who.tid, params + SETUP_FLAGS).map_or(0, u32::from_ne_bytes);
        let is_registered = flags & SETUP_REGISTERED_FD_ONLY != 0;
        let fd = result as i32;
        let memory = RingMemory::open(who.tid, fd, params);
        let inode = match is_registered {
            true => 0,
            false => inode_of(who.tid, fd).unwrap_or(0),
        };
        let name = (!is_registered).then_some((who.tid, fd));
        let id = self.add(Ring::new(name, inode, memory, Files::default()), sink);
        let known = self.known.entry(who.pid).or_default();
        match is_registered {
            true => known.by_index.insert((who.tid, fd as u32), id),
            false => known.by_fd.insert(fd, id),
        };
    }

    fn add(&mut self, mut ring: Ring, sink: &mut RequestSink) -> u32 {
        note(&mut ring, sink);
        self.made += 1;
        self.rings.insert(self.made, ring);
        self.made
    }

    fn by_fd(&self, pid: Tid, fd: i32) -> Option<u32> {
        self.known.get(&pid)?.by_fd.get(&fd).copied()
    }

    /// The ring that a call names: by a descriptor, or by a thread's index of a registered one.
    fn find(
        &mut self,
        who: Tracee,
        name: u64,
        is_registered: bool,
        sink: &mut RequestSink,
    ) -> Option<u32> {
        if !is_registered {
            let fd = name as i32;
            return self.by_fd(who.pid, fd).or_else(|| self.meet(who, fd, sink));
        }
        let place = (who.tid, name as u32);
        let known = self.known.get(&who.pid);
        if let Some(ring) = known.and_then(|known| known.by_index.get(&place)) {
            return Some(*ring);
        }
        // It was registered before anybody looked: where the process has but one ring, it is that.
        for fd in rings_in_proc(who.tid) {
            if self.by_fd(who.pid, fd).is_none() {
                self.meet(who, fd, sink);
            }
        }
        let known = self.known.entry(who.pid).or_default();
        let mut all = known.ids();
        let only = all.next().filter(|ring| all.all(|other| other == *ring));
        drop(all);
        let ring = only.unwrap_or_else(|| {
            let why = "its descriptor was registered before anybody looked";
            self.add(
                Ring::new(None, 0, Err(why.to_owned()), Files::found()),
                sink,
            )
        });
        self.known
            .entry(who.pid)
            .or_default()
            .by_index
            .insert(place, ring);
        Some(ring)
    }

    /// A descriptor whose ring is not known by it: the ring was there before, or has come from another process.
    fn meet(&mut self, who: Tracee, fd: i32, sink: &mut RequestSink) -> Option<u32> {
        let inode = inode_of(who.tid, fd)?;
        let known = self.rings.iter().find(|(_, ring)| ring.inode == inode);
        let id = known.map(|(id, _)| *id).unwrap_or_else(|| {
            let memory = RingMemory::found(who.tid, fd, inode);
            self.add(
                Ring::new(Some((who.tid, fd)), inode, memory, Files::found()),
                sink,
            )
        });
        self.known.entry(who.pid).or_default().by_fd.insert(fd, id);
        Some(id)
    }

    /// The rings of a process that was there before.
    pub fn attached(&mut self, who: Tracee, sink: &mut RequestSink) {
        for fd in rings_in_proc(who.tid) {
            self.meet(who, fd, sink);
        }
    }

    fn entering(
        &mut self,
        who: Tracee,
        (name, is_registered): (u64, bool),
        at_most: u32,
        sink: &mut RequestSink,
    ) -> Option<Entered> {
        let id = self.find(who, name, is_registered, sink)?;
        let messages = self.rings.get_mut(&id)?.enter(who, at_most, sink);
        for message in messages {
            self.send(who, message, sink);
        }
        Some(Entered::Enter(id))
    }

    fn registering(
        &mut self,
        who: Tracee,
        name: u64,
        info: &CallInfo,
        sink: &mut RequestSink,
    ) -> Option<Entered> {
        let [_, _, op, arg, count, ..] = info.data;
        let is_registered = op as u32 & REGISTER_USE_REGISTERED_RING != 0;
        let what = Registration {
            op: op as u32 & !REGISTER_USE_REGISTERED_RING,
            arg,
            count: count as u32,
        };
        match what.op {
            UNREGISTER_RING_FDS => {
                for [index, _] in ring_updates(who.tid, arg, what.count) {
                    let known = self.known.get_mut(&who.pid)?;
                    if let Some(ring) = known.by_index.remove(&(who.tid, index)) {
                        self.release(ring, who, sink);
                    }
                }
                None
            }
            REGISTER_RING_FDS => Some(Entered::RegisterRings(what)),
            REGISTER_SEND_MSG_RING => {
                let message = Message::of(&read_array(who.tid, arg)?)?;
                self.send(who, message, sink);
                None
            }
            _ => {
                let ring = self.find(who, name, is_registered, sink)?;
                Some(Entered::Register(ring, what))
            }
        }
    }

    /// A message is about to be sent to another ring.
    fn send(&mut self, who: Tracee, message: Message, sink: &mut RequestSink) {
        const MOST: usize = 1024;
        let to = self.find(who, message.to as u64, false, sink);
        let Some(ring) = to.and_then(|to| self.rings.get_mut(&to)) else {
            return;
        };
        if message.sends_file {
            ring.files.forget();
        }
        if ring.messages.len() < MOST {
            ring.messages.push(message.completion);
        }
    }

    /// A descriptor is about to be closed.
    fn close(&mut self, who: Tracee, fd: i32, sink: &mut RequestSink) {
        sink.call = None;
        let known = self.known.get_mut(&who.pid);
        if let Some(ring) = known.and_then(|known| known.by_fd.remove(&fd)) {
            self.release(ring, who, sink);
        }
    }

    /// A process names a ring no longer. Were its memory still mapped when nobody does, it would live on.
    fn release(&mut self, id: u32, who: Tracee, sink: &mut RequestSink) {
        let Some(ring) = self.rings.get_mut(&id) else {
            return;
        };
        let names = self.known.iter().flat_map(|(pid, known)| {
            let of_it = known.by_fd.iter().filter(|(_, ring)| **ring == id);
            of_it.map(|(fd, _)| (*pid, *fd))
        });
        ring.name = names.min();
        if self
            .known
            .values()
            .any(|known| known.ids().any(|ring| ring == id))
        {
            return;
        }
        if let Some(reason) = ring.finish(who, sink) {
            ring.memory = Err(reason);
            ring.is_noted = false;
            note(ring, sink);
        }
        self.rings.remove(&id);
    }
}

impl Known {
    fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_fd.values().chain(self.by_index.values()).copied()
    }
}

/// Writes down why a ring cannot be read.
fn note(ring: &mut Ring, sink: &mut RequestSink) {
    if let (Err(reason), false, true) = (&ring.memory, ring.is_noted, sink.is_recording) {
        ring.is_noted = true;
        let (pid, fd) = ring.name.unwrap_or((0, -1));
        let reason = reason.clone();
        sink.trace.unread.push(Unread { fd, pid, reason });
    }
}

/// The inode of a ring; none where a number names no ring.
fn inode_of(pid: Tid, fd: i32) -> Option<u64> {
    let path = format!("/proc/{pid}/fd/{fd}");
    let is_ring = fs::read_link(&path).is_ok_and(|link| link.as_os_str() == RING);
    is_ring.then(|| fs::metadata(&path).map_or(0, |data| data.ino()))
}

fn rings_in_proc(pid: Tid) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    let names = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name());
    let fds = names.filter_map(|name| name.to_str()?.parse().ok());
    fds.filter(|fd| inode_of(pid, *fd).is_some()).collect()
}

/// Pairs of index and descriptor: `struct io_uring_rsrc_update` (offset, reserved, data in 8 bytes).
fn ring_updates(tid: Tid, list: u64, count: u32) -> impl Iterator<Item = [u32; 2]> {
    (0..u64::from(count.min(MOST_REGISTERED)))
        .map_while(move |place| read_words::<4>(tid, list + 16 * place))
        .map(|[index, _, low, high]| [index, long(low, high) as u32])
}
