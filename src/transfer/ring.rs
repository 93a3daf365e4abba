//! The rings of io_uring: memory that program and kernel share. Requests go into one, answers come out of the other.

use std::{
    fmt,
    io::{Error, Result},
    os::fd::{AsRawFd, BorrowedFd},
};

use io_uring::{IoUring, cqueue, squeue::Entry};
use nix::errno::Errno;

use super::Reports;

/// Bit 31 of a notification: the kernel has copied (`IORING_NOTIF_USAGE_ZC_COPIED`).
const COPIED: i32 = 1 << 31;

/// Both rings, and what is known of the requests in them.
pub struct Ring {
    rings: IoUring,
    /// By the number of the request: its answer, once it is there.
    answers: Vec<Option<i32>>,
    /// Zero-copy sends whose memory has not been given back.
    lent: usize,
    /// What the kernel reported of zero-copy sends.
    pub reports: Reports,
}

impl Ring {
    /// Rings with room for a few requests.
    ///
    /// # Errors
    /// io_uring is not allowed here.
    pub fn new() -> Result<Ring> {
        let rings = IoUring::new(4).map_err(|error| with("io_uring_setup is refused", error))?;
        Ok(Ring {
            rings,
            answers: Vec::with_capacity(4),
            lent: 0,
            reports: Reports::new(),
        })
    }

    /// Makes a file known to the kernel as number 0: no request has to look it up any more.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn register_file(&self, file: BorrowedFd) -> Result<()> {
        let done = self.rings.submitter().register_files(&[file.as_raw_fd()]);
        done.map_err(|error| with("the file cannot be registered", error))
    }

    /// Makes memory known to the kernel as buffer 0: its pages are locked now, and not for each request.
    ///
    /// # Safety
    /// The memory outlives the ring, or at least its last request.
    ///
    /// # Errors
    /// ENOMEM: no more memory may be locked (`ulimit -l`).
    pub unsafe fn register_buffer(&self, buffer: &mut [u8]) -> Result<()> {
        let buffers = [libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        }];
        // SAFETY: the caller says so.
        let done = unsafe { self.rings.submitter().register_buffers(&buffers) };
        let what = "no more memory may be locked (ulimit -l): a buffer of";
        done.map_err(|error| with(&format!("{what} {} bytes", buffer.len()), error))
    }

    /// Puts requests into the ring, numbered from 0. The kernel does not see them yet.
    ///
    /// # Safety
    /// What they point to has to stay as long as [`Ring::is_waiting`].
    pub(super) unsafe fn put(&mut self, requests: &[Entry]) {
        self.answers.clear();
        for (number, request) in (0..).zip(requests) {
            let request = request.clone().user_data(number);
            // SAFETY: the caller says so.
            let put = unsafe { self.rings.submission().push(&request) };
            put.expect("the ring has room for more than any method puts into it");
            self.answers.push(None);
        }
    }

    /// Whether answers are missing, or the kernel still has memory of ours.
    pub(super) fn is_waiting(&self) -> bool {
        self.answers.contains(&None) || self.lent > 0
    }

    /// The one call, io_uring_enter(2): it hands over what is in the ring, and waits for answers, or for memory.
    ///
    /// # Errors
    /// Those of the call itself; those of requests are among the answers.
    pub(super) fn submit_and_wait(&mut self) -> nix::Result<()> {
        let missing = self.answers.iter().filter(|answer| answer.is_none());
        let done = self.rings.submit_and_wait(missing.count().max(1));
        self.collect();
        match done.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// The answers to the requests, in their order.
    pub(super) fn take<const N: usize>(&mut self) -> [nix::Result<usize>; N] {
        let answer = |number: usize| match self.answers[number].unwrap_or(0) {
            failed @ ..0 => Err(Errno::from_raw(-failed)),
            done => Ok(done as usize),
        };
        std::array::from_fn(answer)
    }

    /// Takes the answers out of the second ring.
    fn collect(&mut self) {
        for answer in self.rings.completion() {
            let (number, result) = (answer.user_data() as usize, answer.result());
            if !cqueue::notif(answer.flags()) {
                self.answers[number] = Some(result);
                self.lent += usize::from(cqueue::more(answer.flags()));
                continue;
            }
            self.lent -= 1;
            // A send that failed has a notification, too.
            if self.answers[number] >= Some(0) {
                self.reports.note_send(result & COPIED != 0);
            }
        }
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}

fn with(what: &str, error: Error) -> Error {
    Error::new(error.kind(), format!("{what}: {error}"))
}
