//! What the tracer reports while it happens: a call that is entered or has returned, and what becomes of a request in
//! a ring.

use super::{Call, Request, Trace};

/// A call as it is entered or has returned.
#[derive(Clone, Copy, Debug)]
pub struct SyscallEvent<'a> {
    /// The call.
    pub call: &'a Call,
    /// Its number since the tracing began.
    pub number: u64,
    /// What its numbers refer to: names, tasks, descriptors.
    pub trace: &'a Trace,
    /// The generations of [`Call::descriptors`]: a number that was closed and opened again names another generation.
    pub generations: [u32; 2],
}

/// A call that moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRef {
    /// Its number since the tracing began.
    pub number: u64,
    /// Its name: [`Call::name`].
    pub name: u16,
    /// The process that makes it.
    pub pid: i32,
    /// Its entry: [`Call::start_ns`].
    pub start_ns: u64,
}

/// Consecutive bytes of a program's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRange {
    /// The address of the first.
    pub start: u64,
    /// How many.
    pub length: u64,
}

/// What has become of a request in a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingEventKind {
    /// It was handed to the kernel, which may have to wait for the requests that it is linked to.
    Submitted,
    /// The kernel may work on it.
    Started,
    /// A completion was seen.
    Completed {
        /// What this completion says: bytes, or `-errno`. ([`Request::result`] is the sum of a multishot request.)
        result: i64,
    },
    /// The kernel did not take it after all.
    Withdrawn,
    /// It did all that it was asked for, and was to post no completion then (`IOSQE_CQE_SKIP_SUCCESS`).
    Silent,
    /// The kernel has given the memory of a zero-copy send back (`IORING_CQE_F_NOTIF`): [`Request::notification`] says
    /// what it reported.
    Notified,
    /// Its ring was closed, its process has ended, or the tracing has, before all of it was seen: what is missing will
    /// never be known.
    Abandoned {
        /// It may have completed: completions of its ring were missed.
        is_lost: bool,
    },
}

/// An event of a request in a ring. The events of one request come in order; those that are seen together come request
/// by request, in the order of submission.
#[derive(Clone, Copy, Debug)]
pub struct RingEvent<'a> {
    /// What has become of it.
    pub kind: RingEventKind,
    /// The request, with all that is known of it by then.
    pub request: &'a Request,
    /// Its number since the tracing began, in the order of submission.
    pub number: u64,
    /// No other event of this request will come. False at the completion of a zero-copy send whose notification is
    /// outstanding.
    pub last: bool,
    /// Where the bytes of a completion are, where the kernel has chosen the memory.
    pub memory: Option<&'a [MemoryRange]>,
    /// The call that counts as having moved them: the one that shows the event, an io_uring_enter(2) as a rule, else the
    /// one that handed the request over. None where a thread of the kernel took it without any.
    pub call: Option<CallRef>,
    /// What its numbers refer to: names, descriptors.
    pub trace: &'a Trace,
}
