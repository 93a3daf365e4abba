//! The rings of io_uring: memory that program and kernel share. Requests go into one, answers come out of the other.

use std::{
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
    /// By the number of the request.
    answers: Vec<Answer>,
    /// What the kernel reported of zero-copy sends.
    pub reports: Reports,
}

/// What has come back of a request.
#[derive(Clone, Copy, Default)]
struct Answer {
    result: Option<i32>,
    /// The kernel still has its memory: a notification will come, or has.
    lent: bool,
    /// It came, and says whether the kernel has copied.
    notified: Option<bool>,
}

impl Ring {
    /// Rings with room for a few requests.
    ///
    /// # Errors
    /// io_uring is not allowed here.
    pub fn new() -> Result<Ring> {
        let rings = IoUring::new(4).map_err(|error| with("io_uring_setup", error))?;
        Ok(Ring {
            rings,
            answers: Vec::with_capacity(4),
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
        let what = format!("registering a buffer of {} bytes", buffer.len());
        done.map_err(|error| with(&what, error))
    }

    /// Puts requests into the ring, numbered from 0. The kernel does not see them yet.
    ///
    /// # Safety
    /// What they point to has to stay as long as [`Ring::is_waiting`].
    pub(super) unsafe fn put(&mut self, requests: &[Entry]) {
        self.answers.clear();
        for request in requests {
            // SAFETY: the caller says so.
            unsafe { self.add(request) };
        }
    }

    /// # Safety
    /// As for [`Ring::put`].
    unsafe fn add(&mut self, request: &Entry) {
        let request = request.clone().user_data(self.answers.len() as u64);
        // SAFETY: the caller says so.
        let put = unsafe { self.rings.submission().push(&request) };
        put.expect("the ring has room for more than any method puts into it");
        self.answers.push(Answer::default());
    }

    /// Whether answers are missing, or the kernel still has memory of ours.
    pub(super) fn is_waiting(&self) -> bool {
        let waits =
            |answer: &Answer| answer.result.is_none() || answer.lent && answer.notified.is_none();
        self.answers.iter().any(waits)
    }

    /// The one call, io_uring_enter(2): it hands over what is in the ring, and waits for answers, or for memory.
    ///
    /// # Errors
    /// Those of the call itself; those of requests are among the answers.
    pub(super) fn submit_and_wait(&mut self) -> nix::Result<()> {
        let answers = self.answers.iter();
        let missing = answers.filter(|answer| answer.result.is_none());
        let done = self.rings.submit_and_wait(missing.count().max(1));
        self.collect();
        match done.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// The answers to the requests, in their order.
    pub(super) fn take<const N: usize>(&mut self) -> [nix::Result<usize>; N] {
        std::array::from_fn(|number| {
            let answer = self.answers[number];
            match answer.result.unwrap_or(0) {
                // A send that failed has a notification, too.
                failed @ ..0 => {
                    let errno = Errno::from_raw(-failed);
                    self.reports.refused += u32::from(errno == Errno::ENOMEM);
                    Err(errno)
                }
                done => {
                    if let Some(copied) = answer.notified {
                        self.reports.note_send(copied);
                    }
                    Ok(done as usize)
                }
            }
        })
    }

    /// Hands over one zero-copy send more and waits for its answer, not for its notification: the kernel may still send
    /// out of that memory. What the method never does, the alias proof does.
    ///
    /// # Safety
    /// The memory stays until [`Ring::wait_for_notifications`] has returned, or the ring is gone.
    ///
    /// # Errors
    /// Those of the call and of the send.
    pub unsafe fn send_and_go_on(&mut self, send: &Entry) -> nix::Result<usize> {
        let number = self.answers.len();
        // SAFETY: the caller says so.
        unsafe { self.add(send) };
        loop {
            self.submit_and_wait()?;
            match self.answers[number].result {
                Some(failed @ ..0) => return Err(Errno::from_raw(-failed)),
                Some(sent) => return Ok(sent as usize),
                None => {}
            }
        }
    }

    /// Waits for the notifications of all such sends, and says how many there were, and how many of them the kernel
    /// reports to have copied.
    ///
    /// # Errors
    /// Those of the call.
    pub fn wait_for_notifications(&mut self) -> nix::Result<(usize, usize)> {
        while self.is_waiting() {
            self.submit_and_wait()?;
        }
        let all = self.answers.iter().filter_map(|answer| answer.notified);
        let copied = all.clone().filter(|copied| *copied).count();
        let all = all.count();
        self.answers.clear();
        Ok((all, copied))
    }

    /// Takes the answers out of the second ring.
    fn collect(&mut self) {
        for answer in self.rings.completion() {
            let known = &mut self.answers[answer.user_data() as usize];
            match cqueue::notif(answer.flags()) {
                true => known.notified = Some(answer.result() & COPIED != 0),
                false => {
                    known.result = Some(answer.result());
                    known.lent = cqueue::more(answer.flags());
                }
            }
        }
    }
}

fn with(what: &str, error: Error) -> Error {
    let why = match error.raw_os_error() {
        // The rings themselves are locked memory, too.
        Some(libc::ENOMEM) => {
            "ENOMEM: no more memory may be locked; a smaller --chunk asks for less".to_owned()
        }
        _ => error.to_string(),
    };
    Error::new(error.kind(), format!("{what}: {why}"))
}
