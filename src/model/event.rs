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

/// What has become of a request in a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingEventKind {
    /// It was handed to the kernel.
    Submitted,
    /// A completion was seen.
    Completed {
        /// What this completion says: bytes, or `-errno`. ([`Request::result`] is the sum of a multishot request.)
        result: i32,
    },
    /// The kernel has given the memory of a zero-copy send back (`IORING_CQE_F_NOTIF`): [`Request::notification`] says
    /// what it reported.
    Notified,
    /// Its ring was closed, its process has ended, or the tracing has, before all of it was seen: what is missing will
    /// never be known.
    Abandoned,
}

/// An event of a request in a ring. The events of one request come in order; those that one call shows come request by
/// request, in the order of submission.
#[derive(Clone, Copy, Debug)]
pub struct RingEvent<'a> {
    /// What has become of it.
    pub kind: RingEventKind,
    /// The request, with all that is known of it by now.
    pub request: &'a Request,
    /// Its number since the tracing began, in the order of submission.
    pub number: u64,
    /// No other event of this request will come. False at the completion of a zero-copy send whose notification is
    /// outstanding.
    pub last: bool,
    /// The call that shows it, an io_uring_enter(2) as a rule; where no call does, the one that handed it over.
    pub shown_by: SyscallEvent<'a>,
}
