//! The table of system calls and the table of io_uring operations: what each is called, takes, returns and does; and a
//! call as text. Everything else that this program knows of a call derives from its row. Pure.
//!
//! Flags and numbers are those of the kernel's `include/uapi/asm-generic`, which x86-64 shares but where `flags` says
//! otherwise.

mod abi;
mod arg;
mod flags;
mod format;
mod names;
mod request;
mod ring;
mod table;

pub(crate) use abi::{Abi, X32_BIT};
pub(crate) use arg::Returns;
pub(crate) use flags::{
    FICLONE, FICLONERANGE, MAP_ANONYMOUS, MAP_SHARED, MREMAP_DONTUNMAP, MS_SYNC, MSG_ERRQUEUE,
    MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_ZEROCOPY, PROT_EXEC, PROT_WRITE, SOCKET_OPTIONS,
    TCP_ZEROCOPY_RECEIVE,
};
pub(crate) use format::errno_name;
pub use format::{Style, format_call};
pub(crate) use names::{Ops, compat_name, foreign_op, native_name, op};
pub(crate) use request::format_request;
pub(crate) use ring::ring_op;
pub(crate) use table::by_name;
pub use table::{Class, Moves, Op, Queue, Shape, Syscall, syscalls};
