//! All asynchronous I/O: io_urings, and the contexts of io_submit(2).

use super::{
    aio::Contexts,
    kernel::{CallInfo, Tid},
    requests::RequestSink,
    rings::Rings,
    tracee::Tracee,
};
use crate::syscall::Op;

#[derive(Default)]
pub(super) struct Asynchronous {
    rings: Rings,
    contexts: Contexts,
}

impl Asynchronous {
    pub fn is_empty(&self) -> bool {
        self.rings.is_empty() && self.contexts.is_empty()
    }

    /// Whether a call has to do with it.
    pub fn concerns(&self, info: &CallInfo) -> bool {
        use Op::{AioEvents, AioSubmit, RingEnter, RingRegister, RingSetup};
        let does = info.does();
        !self.is_empty()
            || matches!(
                does,
                RingSetup | RingEnter | RingRegister | AioSubmit | AioEvents
            )
    }

    /// A thread is about to make a call.
    pub fn enter(&mut self, who: Tracee, info: &CallInfo, sink: &mut RequestSink) {
        self.rings.enter(who, info, sink);
        self.contexts.enter(who, info, sink);
    }

    /// A call has returned.
    pub fn leave(&mut self, who: Tracee, result: i64, sink: &mut RequestSink) {
        let shows_rings = self.rings.leave(who, result, sink);
        let shows = self.contexts.leave(who, result, sink) || shows_rings;
        if !shows {
            sink.call = None; // what it happens to show, it has not moved
        }
        self.look(who, sink);
    }

    /// Takes what has become of a process's requests by now.
    pub fn look(&mut self, who: Tracee, sink: &mut RequestSink) {
        self.rings.look(who, sink);
        self.contexts.look(who, sink);
    }

    /// The processes whose requests a thread of the kernel takes without any call: they want to be looked at all the
    /// time.
    pub fn polled(&self) -> impl Iterator<Item = Tid> + '_ {
        self.rings.polled()
    }

    /// The stores by which a thread hands something over without a call, where it does not stop at all of them yet.
    pub fn stores(&self, who: Tracee) -> Vec<u64> {
        self.rings.stores(who)
    }

    /// A thread stops at those stores from now on.
    pub fn watched(&mut self, who: Tracee) {
        self.rings.watched(who);
    }

    /// A process was made by another one.
    pub fn forked(&mut self, parent: Tid, child: Tid) {
        self.rings.forked(parent, child);
    }

    /// A process was there before.
    pub fn attached(&mut self, who: Tracee, sink: &mut RequestSink) {
        self.rings.attached(who, sink);
    }

    /// A thread is gone; with `last`, its process too.
    pub fn ended(&mut self, who: Tracee, last: bool, sink: &mut RequestSink) {
        self.rings.thread_ended(who, sink);
        self.contexts.thread_ended(who.tid);
        if last {
            self.executed(who, sink);
        }
    }

    /// A process's memory and its rings are gone.
    pub fn executed(&mut self, who: Tracee, sink: &mut RequestSink) {
        self.rings.process_ended(who, sink);
        self.contexts.process_ended(who.pid, sink);
    }

    pub fn finish(&mut self, sink: &mut RequestSink) {
        self.rings.finish(sink);
        self.contexts.finish(sink);
    }

    /// The recording begins here.
    pub fn begin(&mut self, sink: &mut RequestSink) {
        self.rings.begin(sink);
    }

    /// The indices of descriptors that requests hold.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        self.rings.descriptors().chain(self.contexts.descriptors())
    }
}
