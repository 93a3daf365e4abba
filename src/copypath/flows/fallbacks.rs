//! Fast calls that were tried and refused, before other calls moved the bytes.

use super::{
    ends::{EndId, OpenFile},
    engine::Flows,
    memory::TraceeMemory,
    refused::Refused,
};
use crate::model::{DescriptorKind, Storage, SyscallEvent};
use crate::syscall::Op;

/// So many are remembered; a program tries the same again and again.
const MOST: usize = 1000;
const EINTR: i32 = 4;
const EBADF: i32 = 9;
const EAGAIN: i32 = 11;
const EXDEV: i32 = 18;
const EINVAL: i32 = 22;
const ENOTTY: i32 = 25;
const ESPIPE: i32 = 29;
const EPIPE: i32 = 32;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;
const ECONNRESET: i32 = 104;
const ECANCELED: i32 = 125;
/// From here on errnos are the kernel's own: the call is made again (linux/errno.h).
const RESTARTS: i32 = 512;

impl Flows {
    /// A call has failed. Of one that would have moved bytes within the kernel it is remembered why.
    pub(super) fn failed(&mut self, op: Op, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let is_fast = matches!(op, Op::CopyRange | Op::Sendfile | Op::Splice | Op::Ioctl);
        let Some(errno) = event.call.errno().filter(|_| is_fast) else {
            return;
        };
        if let Some((source, sink)) = self.both(op, event, tracee) {
            let ends = (&source, &sink);
            self.refuse(Some(event.call.name), (op, errno), ends, tracee.pid());
        }
    }

    /// A splice in an io_uring has failed.
    pub(super) fn request_failed(
        &mut self,
        errno: i32,
        (source, sink): (&OpenFile, &OpenFile),
        tracee: &dyn TraceeMemory,
    ) {
        self.refuse(None, (Op::Splice, errno), (source, sink), tracee.pid());
    }

    fn refuse(
        &mut self,
        name: Option<u16>,
        (op, errno): (Op, i32),
        (source, sink): (&OpenFile, &OpenFile),
        pid: i32,
    ) {
        // These mean that it is tried again, or that nothing will be.
        let is_other = [EINTR, EAGAIN, EPIPE, ECONNRESET, ECANCELED].contains(&errno);
        if is_other || errno >= RESTARTS {
            return;
        }
        let program = self.running.get(&pid);
        let queue_or = |queue: bool, end: EndId| (!queue).then_some(end);
        let refused = Refused {
            name,
            errno,
            reason: reason(op, errno, source, sink),
            program: program.map_or(0, |running| running.program),
            from: queue_or(self.pipes.read_from(source).is_some(), source.source),
            to: queue_or(self.pipes.written_to(sink).is_some(), sink.sink),
        };
        if self.refused.len() < MOST && !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }
}

/// Why, where what is known of the ends says it.
fn reason(op: Op, errno: i32, source: &OpenFile, sink: &OpenFile) -> Option<&'static str> {
    let is_generated = |end: &OpenFile| end.traits.file_system.storage() == Storage::Generated;
    let devices = [source.traits.device, sink.traits.device];
    let is_file =
        |end: &OpenFile| matches!(end.kind, DescriptorKind::File | DescriptorKind::Anonymous);
    let is_pipe = |end: &OpenFile| end.kind == DescriptorKind::Pipe;
    match (op, errno) {
        (_, ENOSYS) => Some("the kernel does not have it, or a filter hides it"),
        // Kernel, fs/read_write.c: generic_copy_file_checks(); fs/splice.c: do_splice(), do_splice_direct().
        (Op::CopyRange, EBADF) if sink.traits.append => Some("the sink is opened with O_APPEND"),
        (Op::Sendfile | Op::Splice, EINVAL) if sink.traits.append => {
            Some("the sink is opened with O_APPEND")
        }
        (Op::CopyRange | Op::Ioctl, EINVAL) if !is_file(source) || !is_file(sink) => {
            Some("one end is no regular file")
        }
        (_, EXDEV | EINVAL | EOPNOTSUPP) if is_generated(source) => {
            Some("the source is made as it is read, and has no pages")
        }
        (Op::CopyRange | Op::Ioctl, EXDEV) if !devices.contains(&0) && devices[0] != devices[1] => {
            Some("the files are on two file systems")
        }
        (Op::Ioctl, EOPNOTSUPP | ENOTTY) => Some("the file system shares no blocks"),
        (Op::Sendfile, EINVAL | ESPIPE) if !is_file(source) => Some("the source is no file"),
        (Op::Splice, EINVAL) if !is_pipe(source) && !is_pipe(sink) => Some("neither end is a pipe"),
        (Op::Splice, ESPIPE) => Some("an offset was given for a pipe"),
        _ => None,
    }
}
