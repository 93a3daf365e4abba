//! Requests of an io_uring: what a program asks the kernel for without a system call each. They lie in memory that
//! both share, and ptrace does not see them: they are read there.

/// `IOSQE_FIXED_FILE` of [`Request::flags`]: the descriptor is an index of the ring's registered files.
pub const FIXED_FILE: u8 = 1 << 0;
/// `IOSQE_IO_DRAIN`: it begins when all before it have ended.
pub(crate) const IO_DRAIN: u8 = 1 << 1;
/// `IOSQE_IO_LINK`: the next request begins when this one has done all that it was asked for.
pub const IO_LINK: u8 = 1 << 2;
/// `IOSQE_IO_HARDLINK`: the next request begins when this one has ended, however it did.
pub const IO_HARDLINK: u8 = 1 << 3;
/// `IOSQE_BUFFER_SELECT`: the kernel chooses the memory.
pub(crate) const BUFFER_SELECT: u8 = 1 << 5;
/// `IOSQE_CQE_SKIP_SUCCESS`: a request that succeeds posts no completion.
pub(crate) const SKIP_SUCCESS: u8 = 1 << 6;
/// `SPLICE_F_FD_IN_FIXED` of [`Request::op_flags`] of a splice or tee: the descriptor that it takes from is an index
/// of the registered files.
pub const FD_IN_FIXED: u32 = 1 << 31;
/// `IORING_SEND_ZC_REPORT_USAGE` of [`Request::io_priority`] of a zero-copy send: its notification says whether the
/// kernel copied.
pub const REPORT_USAGE: u16 = 1 << 3;
/// `IORING_RECVSEND_FIXED_BUF` likewise: the memory is in a registered buffer.
pub const FIXED_BUFFER: u16 = 1 << 2;
/// `IORING_SEND_VECTORIZED` likewise: the memory is an array of `struct iovec`.
pub(crate) const VECTORIZED: u16 = 1 << 5;
/// `IORING_NOTIF_USAGE_ZC_COPIED` of [`Request::notification`]: it did.
pub const ZC_COPIED: u32 = 1 << 31;

/// One request, as `struct io_uring_sqe` of linux/io_uring.h says it, joined with its completions. Which fields mean
/// something depends on the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Index into [`super::Trace::calls`]: the io_uring_enter(2) that handed it to the kernel.
    pub call: u32,
    /// `IORING_OP_...`.
    pub op: u8,
    /// `IOSQE_...`: [`FIXED_FILE`], [`IO_LINK`], ...
    pub flags: u8,
    /// `ioprio`: flags of its own for sends and receives, as [`REPORT_USAGE`].
    pub io_priority: u16,
    /// The flags that the call of the same name has: `rw_flags`, `msg_flags`, `splice_flags`.
    pub op_flags: u32,
    /// A descriptor, or the index of a registered file ([`FIXED_FILE`]).
    pub fd: i32,
    /// Of a splice or tee: the descriptor that it takes from.
    pub fd_in: i32,
    /// Indices into [`super::Trace::descriptors`]: what [`Request::fd`] and [`Request::fd_in`] were, registered files
    /// looked up. [`super::NO_DESCRIPTOR`] where there is none.
    pub descriptors: [u32; 2],
    /// The address of the payload; of a splice, its offset in the file that it takes from.
    pub address: u64,
    /// The offset in the file; all bits set: at the file's position.
    pub offset: u64,
    /// How many bytes, or things.
    pub length: u32,
    /// The index of a registered buffer, or the group of provided ones.
    pub buffer: u16,
    /// What the program put there to know the completion by.
    pub user_data: u64,
    /// What its completion says, as a call's result: bytes, or `-errno`. Of a request that completes often
    /// (multishot) the sum of what it moved. None: not completed while it was recorded.
    pub result: Option<i64>,
    /// Completions that were seen, the notification left out.
    pub completions: u32,
    /// Of a zero-copy send, the second completion, which gives the memory back: 0, or [`ZC_COPIED`] where that was
    /// asked for.
    pub notification: Option<u32>,
    /// Index into [`super::Trace::calls`]: the call after which its last completion was seen.
    pub seen: u32,
}

impl Request {
    /// What it returned, if it is completed and did not fail.
    pub fn returned(&self) -> Option<i64> {
        self.result.filter(|result| *result >= 0)
    }

    /// The errno that it failed with (positive), if it failed.
    pub fn errno(&self) -> Option<i32> {
        self.result
            .filter(|result| *result < 0)
            .map(|result| -result as i32)
    }

    /// Whether the kernel reported a copy of this zero-copy send. None where it is none, or no report was asked for or
    /// seen.
    pub fn copied(&self) -> Option<bool> {
        let asked = self.io_priority & REPORT_USAGE != 0;
        let report = self.notification.filter(|_| asked)?;
        Some(report & ZC_COPIED != 0)
    }
}

/// A ring whose requests could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unread {
    /// Its descriptor's number.
    pub fd: i32,
    /// The process that used it.
    pub pid: i32,
    /// Why, in one sentence: `SQPOLL: ...`.
    pub reason: String,
}
