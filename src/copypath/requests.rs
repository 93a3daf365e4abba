//! What requests of an io_uring moved.

use super::fold::{
    NOT_COPIED_SOURCE, SPLICE_FILE_SOURCE, SPLICE_IN_SOURCE, SPLICE_OUT_SOURCE,
    SPLICE_RECEIVE_SOURCE, TEE_SOURCE, hop, is_socket, sink,
};
use crate::model::{Basis, DescriptorKind, Hop, How, Place, Request, Trace};
use crate::syscall::Op;

/// Why a read past the page cache is no copy of the CPU's.
pub const DIRECT_SOURCE: &str = "open(2), O_DIRECT: directly to user-space buffers";
/// Why a zero-copy send of io_uring was a copy after all.
pub const ZC_COPIED_SOURCE: &str = "IORING_NOTIF_USAGE_ZC_COPIED in the notification";
/// Why it is taken for none where it does not say.
const NO_REPORT_SOURCE: &str = "io_uring_enter(2): IORING_OP_SEND_ZC; no report was asked for";

/// The requests of a call that moved payload, in the order of their hops in [`super::Fold::hops`].
pub fn moving_requests(trace: &Trace, call: usize) -> impl Iterator<Item = &Request> {
    let requests = trace.requests_of(call).iter();
    requests.filter(|request| step(trace, request).is_some())
}

/// The way that a request's bytes went: nothing if it failed, moved 0 bytes, or is not known here.
pub(super) fn step(trace: &Trace, request: &Request) -> Option<Hop> {
    let moved = request.returned()?;
    let descriptor = trace.descriptor_of(request, 0)?;
    match request.does() {
        Op::Read(_) => {
            (descriptor.kind == DescriptorKind::File).then_some(())?;
            read(moved, descriptor.direct)
        }
        Op::Write(_) | Op::Send(_) => {
            let to = sink(descriptor.kind)?;
            hop(
                Place::UserBuffer,
                to,
                How::CpuCopy,
                moved,
                Basis::Observed,
                None,
            )
        }
        Op::SendZc(_) => {
            let to = sink(descriptor.kind)?;
            let (how, basis, source) = match request.copied() {
                Some(true) => (How::CpuCopy, Basis::Reported, ZC_COPIED_SOURCE),
                Some(false) => (How::Reference, Basis::Reported, NOT_COPIED_SOURCE),
                None => (How::Reference, Basis::Documented, NO_REPORT_SOURCE),
            };
            hop(Place::UserBuffer, to, how, moved, basis, Some(source))
        }
        Op::Splice => splice(
            trace.descriptor_of(request, 1)?.kind,
            descriptor.kind,
            moved,
        ),
        Op::Tee => {
            let (how, basis) = (How::Reference, Basis::Documented);
            hop(
                Place::Pipe,
                Place::Pipe,
                how,
                moved,
                basis,
                Some(TEE_SOURCE),
            )
        }
        _ => None,
    }
}

/// Bytes read from a file: a copy out of the page cache, or the disk's own work.
pub(super) fn read(moved: i64, direct: bool) -> Option<Hop> {
    let to = Place::UserBuffer;
    match direct {
        false => hop(
            Place::PageCache,
            to,
            How::CpuCopy,
            moved,
            Basis::Observed,
            None,
        ),
        true => {
            let (how, basis) = (How::Dma, Basis::Documented);
            hop(Place::Disk, to, how, moved, basis, Some(DIRECT_SOURCE))
        }
    }
}

/// Bytes that go into a pipe or out of it, by reference where the other end can hold references.
pub(super) fn splice(from: DescriptorKind, to: DescriptorKind, moved: i64) -> Option<Hop> {
    use DescriptorKind::{File, Pipe};
    let (how, source) = match (from, to) {
        (File, Pipe) | (Pipe, Pipe) => (How::Reference, SPLICE_IN_SOURCE),
        (Pipe, File) => (How::CpuCopy, SPLICE_FILE_SOURCE),
        (Pipe, _) => (How::Reference, SPLICE_OUT_SOURCE),
        (from, Pipe) if is_socket(from) => (How::Reference, SPLICE_RECEIVE_SOURCE),
        _ => return None,
    };
    // A file and a pipe are the places that they lead to, whichever end is named.
    let (from, to) = (sink(from)?, sink(to)?);
    hop(from, to, how, moved, Basis::Documented, Some(source))
}
