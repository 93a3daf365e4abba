//! The table of operations of an io_uring: a row for each, in the order of `enum io_uring_op` (linux/io_uring.h).

use std::borrow::Cow;

use super::table::{Op, Shape};
use crate::model::Request;

/// One field of a request, as its text shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Fd,
    /// The descriptor that a splice or tee takes from.
    FdIn,
    /// Where the payload is.
    Memory,
    /// Where it is: in a registered buffer where `ioprio` says so.
    SocketMemory,
    /// Where it is: in a registered buffer.
    FixedBuffer,
    Length,
    Offset,
}

#[derive(Debug)]
pub(super) struct Operation {
    /// `IORING_OP_...`, without that.
    name: &'static str,
    op: Op,
    pub(crate) fields: &'static [Field],
}

impl Request {
    /// The operation by its name: `read_fixed`; `op_99` for one that has no name here.
    pub fn name(&self) -> Cow<'static, str> {
        match self.row() {
            Some(row) => Cow::Borrowed(row.name),
            None => Cow::Owned(format!("op_{}", self.op)),
        }
    }

    /// The operation of a name that [`Request::name`] gives.
    pub fn op_of(name: &str) -> Option<u8> {
        let known = TABLE.iter().position(|row| row.name == name);
        known
            .map(|op| op as u8)
            .or_else(|| name.strip_prefix("op_")?.parse().ok())
    }

    /// What it does; [`Op::None`] for one that has no name here.
    pub(crate) fn does(&self) -> Op {
        ring_op(self.op)
    }

    fn row(&self) -> Option<&'static Operation> {
        TABLE.get(usize::from(self.op))
    }

    pub(super) fn fields(&self) -> &'static [Field] {
        self.row().map_or(FD, |row| row.fields)
    }
}

/// What the operation of a number does; [`Op::None`] for one that has no name here.
pub(crate) fn ring_op(number: u8) -> Op {
    let row = TABLE.get(usize::from(number));
    row.map_or(Op::None, |row| row.op)
}

const FD: &[Field] = &[Field::Fd];
/// As pread(2) and pwrite(2).
const FILE: &[Field] = &[Field::Fd, Field::Memory, Field::Length, Field::Offset];
const FIXED: &[Field] = &[Field::Fd, Field::FixedBuffer, Field::Length, Field::Offset];
const SOCKET: &[Field] = &[Field::Fd, Field::SocketMemory, Field::Length];
const SPLICE: &[Field] = &[Field::FdIn, Field::Fd, Field::Length];

macro_rules! table {
    ($($name:ident -> $op:expr, $fields:expr;)*) => {
        &[$(Operation { name: stringify!($name), op: $op, fields: $fields }),*]
    };
}

static TABLE: &[Operation] = table! {
    nop -> Op::None, FD;
    readv -> Op::Read(Shape::Vector), FILE;
    writev -> Op::Write(Shape::Vector), FILE;
    fsync -> Op::None, FD;
    read_fixed -> Op::Read(Shape::Buffer), FIXED;
    write_fixed -> Op::Write(Shape::Buffer), FIXED;
    poll_add -> Op::Poll, FD;
    poll_remove -> Op::None, FD;
    sync_file_range -> Op::None, FD;
    sendmsg -> Op::Send(Shape::Message), SOCKET;
    recvmsg -> Op::Recv(Shape::Message), SOCKET;
    timeout -> Op::None, FD;
    timeout_remove -> Op::None, FD;
    accept -> Op::Accept, FD;
    async_cancel -> Op::None, FD;
    link_timeout -> Op::None, FD;
    connect -> Op::Address, FD;
    fallocate -> Op::None, FD;
    openat -> Op::Open, FD;
    close -> Op::Close, FD;
    files_update -> Op::None, FD;
    statx -> Op::Stat, FD;
    read -> Op::Read(Shape::Buffer), FILE;
    write -> Op::Write(Shape::Buffer), FILE;
    fadvise -> Op::None, FD;
    madvise -> Op::Memory, FD;
    send -> Op::Send(Shape::Buffer), SOCKET;
    recv -> Op::Recv(Shape::Buffer), SOCKET;
    openat2 -> Op::Open, FD;
    epoll_ctl -> Op::EpollCtl, FD;
    splice -> Op::Splice, SPLICE;
    provide_buffers -> Op::None, FD;
    remove_buffers -> Op::None, FD;
    tee -> Op::Tee, SPLICE;
    shutdown -> Op::Shutdown, FD;
    renameat -> Op::None, FD;
    unlinkat -> Op::None, FD;
    mkdirat -> Op::None, FD;
    symlinkat -> Op::None, FD;
    linkat -> Op::None, FD;
    msg_ring -> Op::None, FD;
    fsetxattr -> Op::None, FD;
    setxattr -> Op::None, FD;
    fgetxattr -> Op::None, FD;
    getxattr -> Op::None, FD;
    socket -> Op::NewDescriptor, FD;
    uring_cmd -> Op::None, FD;
    send_zc -> Op::SendZc(Shape::Buffer), SOCKET;
    sendmsg_zc -> Op::SendZc(Shape::Message), SOCKET;
    read_multishot -> Op::Read(Shape::Provided), FILE;
    waitid -> Op::None, FD;
    futex_wait -> Op::None, FD;
    futex_wake -> Op::None, FD;
    futex_waitv -> Op::None, FD;
    fixed_fd_install -> Op::Dup, FD;
    ftruncate -> Op::None, FD;
    bind -> Op::Address, FD;
    listen -> Op::Address, FD;
    recv_zc -> Op::RecvZc, SOCKET;
    epoll_wait -> Op::EpollWait, FD;
    readv_fixed -> Op::Read(Shape::Vector), FIXED;
    writev_fixed -> Op::Write(Shape::Vector), FIXED;
    pipe -> Op::Pipe, FD;
    nop128 -> Op::None, FD;
    uring_cmd128 -> Op::None, FD;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_names_and_names_operations() {
        assert_eq!(Request::op_of("read_fixed"), Some(4));
        assert_eq!(Request::op_of("send_zc"), Some(47));
        assert_eq!(Request::op_of("pipe"), Some(62));
        assert_eq!(Request::op_of("uring_cmd128"), Some(64));
        assert_eq!(Request::op_of("op_200"), Some(200));
        assert_eq!(Request::op_of("op_x"), None);
    }
}
