//! What the kernel reports of zero-copy sends and receives.

use super::BLOCK;

/// What the kernel reports of sends with MSG_ZEROCOPY (kernel documentation, msg_zerocopy.rst): it numbers them from
/// 0, and a report names a first and a last one. Of a zero-copy receive it says at once how much it mapped.
#[derive(Debug, Default)]
pub struct Reports {
    /// Sends so far.
    pub sent: u32,
    /// Parts that were not sent so: no more memory may be locked (ENOBUFS). The CPU copied them.
    pub refused: u32,
    /// Of the sends, reported as completed.
    pub completed: u32,
    /// Of these, copied after all.
    pub copied: u32,
    /// The first and the last of each run of copied ones.
    pub copied_sends: Vec<[u32; 2]>,
    /// Bytes that each zero-copy receive mapped.
    pub mapped: Vec<u32>,
    /// Where recvmsg puts a report.
    pub(super) space: Vec<u8>,
    /// Reports that were just taken.
    pub(super) list: Vec<libc::sock_extended_err>,
}

/// `SO_EE_ORIGIN_ZEROCOPY` of linux/errqueue.h.
const ORIGIN_ZEROCOPY: u8 = 5;
/// `SO_EE_CODE_ZEROCOPY_COPIED`.
const CODE_COPIED: u8 = 1;

impl Reports {
    /// None so far, and room for some.
    pub fn new() -> Reports {
        Reports {
            space: nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in),
            list: Vec::with_capacity(8),
            copied_sends: Vec::with_capacity(64),
            ..Reports::default()
        }
    }

    /// None so far, and room for those of a receive of so many bytes.
    pub(super) fn of_receives(size: usize) -> Reports {
        Reports {
            mapped: Vec::with_capacity(size / BLOCK + 1024),
            ..Reports::default()
        }
    }

    /// Whether a send has not been reported yet.
    pub fn are_missing(&self) -> bool {
        self.completed < self.sent
    }

    /// Counts the reports that were just taken.
    pub(super) fn note(&mut self) {
        for number in 0..self.list.len() {
            let report = self.list[number];
            let (first, last) = (report.ee_info, report.ee_data);
            if report.ee_origin != ORIGIN_ZEROCOPY {
                continue;
            }
            let sends = last.wrapping_sub(first).wrapping_add(1);
            self.completed += sends;
            if report.ee_code != CODE_COPIED {
                continue;
            }
            self.copied += sends;
            self.note_copied(first, last);
        }
        self.list.clear();
    }

    /// Counts the report of one send more.
    pub(super) fn note_send(&mut self, copied: bool) {
        if copied {
            self.copied += 1;
            self.note_copied(self.sent, self.sent);
        }
        self.sent += 1;
        self.completed += 1;
    }

    fn note_copied(&mut self, first: u32, last: u32) {
        match self.copied_sends.last_mut() {
            Some(run) if run[1].wrapping_add(1) == first => run[1] = last,
            _ => self.copied_sends.push([first, last]),
        }
    }
}
