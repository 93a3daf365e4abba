//! A bare loop over the same requests of io_uring as a method hands over, to a TCP socket.

use std::{
    fs::File,
    os::fd::{AsRawFd, RawFd},
    path::Path,
    time::Duration,
};

use io_uring::{
    IoUring, cqueue, opcode,
    squeue::{Entry, Flags},
    types::{Fd, Fixed},
};
use zclab::{
    endpoint::{self, Drain, Reader},
    model::{Method, Sink},
};

const CHUNK: usize = 65536;
const REPORT_USAGE: u16 = 1 << 3;

/// The CPU time of all threads: of a splice the kernel's own thread does the work.
fn cpu() -> Duration {
    let clock = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID;
    nix::time::clock_gettime(clock)
        .expect("the CPU clock")
        .into()
}

/// Sends `size` bytes of the source as the method does, and says what CPU time that took. None: io_uring is refused.
pub fn cpu_of(method: Method, source: &File, size: usize, dir: &Path) -> Option<Duration> {
    let direct = method == Method::DirectSend;
    let path = format!("/proc/self/fd/{}", source.as_raw_fd());
    let mut options = File::options();
    options.read(true);
    if direct {
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_DIRECT);
    }
    let source = options.open(path).expect("the source");
    let reader = Reader {
        drain: Drain::Discard,
        maps: false,
        decrypts: false,
        cpus: None,
    };
    let connection = endpoint::connect(Sink::Tcp, dir, &reader).expect("a sink");
    let mut memory = vec![1u8; 2 * CHUNK];
    let start = memory.as_ptr().align_offset(CHUNK);
    let buffer = &mut memory[start..start + CHUNK];
    let mut ring = IoUring::new(4).ok()?;
    let submitter = ring.submitter();
    submitter
        .register_files(&[source.as_raw_fd()])
        .expect("a registered file");
    let registered = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: CHUNK,
    };
    // SAFETY: the buffer outlives the ring's last request.
    unsafe { submitter.register_buffers(&[registered]) }.expect("a registered buffer");
    let (out, into) = std::io::pipe().expect("a pipe");
    let ends = Ends {
        source: source.as_raw_fd(),
        out: out.as_raw_fd(),
        into: into.as_raw_fd(),
        sink: connection.sink.as_raw_fd(),
        buffer: buffer.as_mut_ptr(),
    };
    let before = cpu();
    let mut moved = 0;
    while moved < size {
        let [n, mut sent] = run(
            &mut ring,
            &[
                ends.take(method, moved).flags(Flags::IO_LINK).user_data(0),
                ends.give(method, 0, CHUNK).user_data(1),
            ],
        );
        assert_eq!(n, CHUNK, "the source is a multiple of a chunk");
        while sent < n {
            sent += run(&mut ring, &[ends.give(method, sent, n)])[0];
        }
        moved += n;
    }
    let spent = cpu() - before;
    drop(connection.sink);
    let received = connection.receiver.expect("a receiver").finish();
    assert_eq!(received.expect("its report").bytes, size as u64);
    Some(spent)
}

struct Ends {
    source: RawFd,
    out: RawFd,
    into: RawFd,
    sink: RawFd,
    buffer: *mut u8,
}

impl Ends {
    fn take(&self, method: Method, offset: usize) -> Entry {
        let (at, length, offset) = (self.buffer, CHUNK as u32, offset as u64);
        match method {
            Method::UringSplice => {
                opcode::Splice::new(Fd(self.source), -1, Fd(self.into), -1, length).build()
            }
            Method::UringSendZc => {
                let read = opcode::Read::new(Fd(self.source), at, length);
                read.offset(offset).build()
            }
            _ => {
                let read = opcode::ReadFixed::new(Fixed(0), at, length, 0);
                read.offset(offset).build()
            }
        }
    }

    fn give(&self, method: Method, from: usize, to: usize) -> Entry {
        let (at, length) = (self.buffer.wrapping_add(from), (to - from) as u32);
        match method {
            Method::UringSplice => {
                opcode::Splice::new(Fd(self.out), -1, Fd(self.sink), -1, length).build()
            }
            Method::UringFixed => opcode::WriteFixed::new(Fd(self.sink), at, length, 0).build(),
            _ => {
                let send = opcode::SendZc::new(Fd(self.sink), at, length).zc_flags(REPORT_USAGE);
                let fixed = (method == Method::DirectSend).then_some(0);
                send.buf_index(fixed).build()
            }
        }
    }
}

/// Hands over a request or a link of two, and waits for all answers.
fn run(ring: &mut IoUring, requests: &[Entry]) -> [usize; 2] {
    // SAFETY: the buffer outlives this call, which waits for the requests and for their notifications.
    unsafe { ring.submission().push_multiple(requests) }.expect("room");
    let mut answers = [0; 2];
    let mut missing = requests.len();
    while missing > 0 {
        ring.submit_and_wait(missing).expect("io_uring_enter");
        for answer in ring.completion() {
            missing += usize::from(cqueue::more(answer.flags()));
            missing -= 1;
            if !cqueue::notif(answer.flags()) {
                // ECANCELED behind a read that fell short: nothing was sent.
                answers[answer.user_data() as usize] = answer.result().max(0) as usize;
            }
        }
    }
    answers
}
