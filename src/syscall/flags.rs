//! Flags and constants by name.
//!
//! Values of `include/uapi/asm-generic`. The four that differ on arm are told apart by the machine that this
//! program is built for: a recording made elsewhere shows the names of here.

use std::fmt::Write;

/// The flags by which a call moves other bytes, or moves them otherwise: the same numbers on every Linux.
pub(crate) const MSG_PEEK: u64 = 2;
pub(crate) const MSG_TRUNC: u64 = 0x20;
pub(crate) const MSG_WAITALL: u64 = 0x100;
pub(crate) const MSG_ERRQUEUE: u64 = 0x2000;
pub(crate) const MSG_ZEROCOPY: u64 = 0x400_0000;
/// `FICLONE` and `FICLONERANGE` of ioctl(2) (linux/fs.h): files share blocks. The argument is the source, or says which it is.
pub(crate) const FICLONE: u64 = 0x4004_9409;
pub(crate) const FICLONERANGE: u64 = 0x4020_940d;
/// Options of setsockopt(2) that change what becomes of the bytes of a socket, by level and name: SO_ZEROCOPY, TCP_ULP, and
/// all of SOL_TLS.
pub(crate) const SOCKET_OPTIONS: [(u32, Option<u32>); 3] =
    [(1, Some(60)), (6, Some(31)), (282, None)];
pub(crate) const PROT_WRITE: u64 = 2;
pub(crate) const PROT_EXEC: u64 = 4;
/// Of getsockopt(2) with TCP: pages of the queue are mapped (linux/tcp.h).
pub(crate) const TCP_ZEROCOPY_RECEIVE: u64 = 35;
/// Of msync(2).
pub(crate) const MS_SYNC: u64 = 4;
/// `MAP_SHARED_VALIDATE` has this bit, too.
pub(crate) const MAP_SHARED: u64 = 1;
pub(crate) const MAP_ANONYMOUS: u64 = 0x20;
pub(crate) const MREMAP_DONTUNMAP: u64 = 4;

/// Values that one argument can have.
#[derive(Debug)]
pub(crate) struct Set {
    /// The bits that hold one of several values, not flags: all for `SEEK_SET`, the lowest two for `O_RDONLY`.
    choice: u64,
    /// The values of that part.
    values: &'static [(u64, &'static str)],
    flags: &'static [(u64, &'static str)],
}

impl Set {
    /// By name, `|` between them, what has no name in hexadecimal; `0` for nothing.
    pub(crate) fn format(&self, out: &mut String, value: u64) {
        // An `int` in the kernel: what stands in the upper half of the register is not looked at.
        let value = value & 0xffff_ffff;
        let start = out.len();
        let chosen = value & self.choice;
        let mut rest = value & !self.choice;
        match self.values.iter().find(|(v, _)| *v == chosen) {
            Some((_, name)) => part(out, start, name),
            None => rest |= chosen,
        }
        for (flag, name) in self.flags {
            if rest & flag == *flag {
                part(out, start, name);
                rest &= !flag;
            }
        }
        if rest != 0 {
            part(out, start, &format!("{rest:#x}"));
        }
        if out.len() == start {
            out.push('0');
        }
    }

    /// Whether a value has a flag of that name.
    pub(crate) fn has(&self, value: u64, flag: &str) -> bool {
        let mut named = self.flags.iter().filter(|(_, name)| *name == flag);
        named.any(|(bits, _)| value & bits == *bits)
    }
}

fn part(out: &mut String, start: usize, name: &str) {
    let bar = if out.len() > start { "|" } else { "" };
    let _ = write!(out, "{bar}{name}");
}

const ARM: bool = cfg!(any(target_arch = "aarch64", target_arch = "arm"));
const O_DIRECTORY: u64 = if ARM { 0o40000 } else { 0o200000 };
const O_NOFOLLOW: u64 = if ARM { 0o100000 } else { 0o400000 };
const O_DIRECT: u64 = if ARM { 0o200000 } else { 0o40000 };
const O_LARGEFILE: u64 = if ARM { 0o400000 } else { 0o100000 };
/// [`Set::choice`] of an argument that is one of several values.
const ALL: u64 = 0xffff_ffff;

/// A row: `NAME [choice] { value NAME, ... } { flag NAME, ... }`.
macro_rules! sets {
    ($($set:ident [$choice:tt] { $($value:tt $of:ident),* } { $($flag:tt $name:ident),* })*) => {
        $(pub(super) static $set: Set = Set {
            choice: $choice,
            values: &[$(($value, stringify!($of))),*],
            flags: &[$(($flag, stringify!($name))),*],
        };)*
    };
}

/// The flags of [`OPEN`], for calls that make a descriptor without opening a file.
pub(super) static NEW_FD: Set = Set {
    choice: 0,
    values: &[],
    flags: OPEN.flags,
};

sets! {
    NONE [0] {} {}
    OPEN [3] { 0 O_RDONLY, 1 O_WRONLY, 2 O_RDWR } {
        0o100 O_CREAT, 0o200 O_EXCL, 0o400 O_NOCTTY, 0o1000 O_TRUNC, 0o2000 O_APPEND,
        0o4000 O_NONBLOCK, 0o4010000 O_SYNC, 0o10000 O_DSYNC, 0o20000 O_ASYNC, O_DIRECT O_DIRECT,
        O_LARGEFILE O_LARGEFILE, (0o20000000 | O_DIRECTORY) O_TMPFILE, O_DIRECTORY O_DIRECTORY,
        O_NOFOLLOW O_NOFOLLOW, 0o1000000 O_NOATIME, 0o2000000 O_CLOEXEC, 0o10000000 O_PATH
    }
    PROT [7] { 0 PROT_NONE } { 1 PROT_READ, PROT_WRITE PROT_WRITE, 4 PROT_EXEC, 0x0100_0000 PROT_GROWSDOWN }
    MAP [3] { MAP_SHARED MAP_SHARED, 2 MAP_PRIVATE, 3 MAP_SHARED_VALIDATE } {
        0x10 MAP_FIXED, 0x20 MAP_ANONYMOUS, 0x100 MAP_GROWSDOWN, 0x800 MAP_DENYWRITE,
        0x2000 MAP_LOCKED, 0x4000 MAP_NORESERVE, 0x8000 MAP_POPULATE, 0x10000 MAP_NONBLOCK,
        0x20000 MAP_STACK, 0x40000 MAP_HUGETLB, 0x80000 MAP_SYNC, 0x100000 MAP_FIXED_NOREPLACE
    }
    MREMAP [0] {} { 1 MREMAP_MAYMOVE, 2 MREMAP_FIXED, 4 MREMAP_DONTUNMAP }
    MSYNC [0] {} { 1 MS_ASYNC, 2 MS_INVALIDATE, 4 MS_SYNC }
    MADVISE [ALL] {
        0 MADV_NORMAL, 1 MADV_RANDOM, 2 MADV_SEQUENTIAL, 3 MADV_WILLNEED, 4 MADV_DONTNEED,
        8 MADV_FREE, 9 MADV_REMOVE, 14 MADV_HUGEPAGE, 15 MADV_NOHUGEPAGE, 20 MADV_COLD,
        21 MADV_PAGEOUT, 22 MADV_POPULATE_READ, 23 MADV_POPULATE_WRITE
    } {}
    FADVISE [ALL] {
        0 POSIX_FADV_NORMAL, 1 POSIX_FADV_RANDOM, 2 POSIX_FADV_SEQUENTIAL, 3 POSIX_FADV_WILLNEED,
        4 POSIX_FADV_DONTNEED, 5 POSIX_FADV_NOREUSE
    } {}
    FALLOCATE [0] {} {
        1 FALLOC_FL_KEEP_SIZE, 2 FALLOC_FL_PUNCH_HOLE, 8 FALLOC_FL_COLLAPSE_RANGE,
        0x10 FALLOC_FL_ZERO_RANGE, 0x20 FALLOC_FL_INSERT_RANGE
    }
    SPLICE [0] {} { 1 SPLICE_F_MOVE, 2 SPLICE_F_NONBLOCK, 4 SPLICE_F_MORE, 8 SPLICE_F_GIFT }
    MSG [0] {} {
        1 MSG_OOB, MSG_PEEK MSG_PEEK, 4 MSG_DONTROUTE, MSG_TRUNC MSG_TRUNC, 0x40 MSG_DONTWAIT, 0x80 MSG_EOR,
        0x100 MSG_WAITALL, MSG_ERRQUEUE MSG_ERRQUEUE, 0x4000 MSG_NOSIGNAL, 0x8000 MSG_MORE,
        0x10000 MSG_WAITFORONE, MSG_ZEROCOPY MSG_ZEROCOPY, 0x2000_0000 MSG_FASTOPEN,
        0x4000_0000 MSG_CMSG_CLOEXEC
    }
    FAMILY [ALL] { 1 AF_UNIX, 2 AF_INET, 10 AF_INET6, 16 AF_NETLINK, 17 AF_PACKET, 40 AF_VSOCK } {}
    SOCK [0xf] { 1 SOCK_STREAM, 2 SOCK_DGRAM, 3 SOCK_RAW, 5 SOCK_SEQPACKET } { 0o4000 SOCK_NONBLOCK, 0o2000000 SOCK_CLOEXEC }
    SOCKET_LEVEL [ALL] {
        0 IPPROTO_IP, 1 SOL_SOCKET, 6 IPPROTO_TCP, 17 IPPROTO_UDP, 41 IPPROTO_IPV6, 282 SOL_TLS
    } {}
    SHUTDOWN [ALL] { 0 SHUT_RD, 1 SHUT_WR, 2 SHUT_RDWR } {}
    WHENCE [ALL] { 0 SEEK_SET, 1 SEEK_CUR, 2 SEEK_END, 3 SEEK_DATA, 4 SEEK_HOLE } {}
    FCNTL [ALL] {
        0 F_DUPFD, 1 F_GETFD, 2 F_SETFD, 3 F_GETFL, 4 F_SETFL, 5 F_GETLK, 6 F_SETLK, 7 F_SETLKW,
        1030 F_DUPFD_CLOEXEC, 1031 F_SETPIPE_SZ, 1032 F_GETPIPE_SZ, 1033 F_ADD_SEALS,
        1034 F_GET_SEALS
    } {}
    IOCTL [ALL] {
        0x5401 TCGETS, 0x5413 TIOCGWINSZ, 0x541b FIONREAD, 0x5421 FIONBIO, 0x4004_9409 FICLONE,
        0x4020_940d FICLONERANGE
    } {}
    EPOLL_CTL [ALL] { 1 EPOLL_CTL_ADD, 2 EPOLL_CTL_DEL, 3 EPOLL_CTL_MOD } {}
    AT [0] {} {
        0x100 AT_SYMLINK_NOFOLLOW, 0x400 AT_SYMLINK_FOLLOW, 0x800 AT_NO_AUTOMOUNT,
        0x1000 AT_EMPTY_PATH, 0x2000 AT_STATX_FORCE_SYNC, 0x4000 AT_STATX_DONT_SYNC
    }
    RWF [0] {} {
        1 RWF_HIPRI, 2 RWF_DSYNC, 4 RWF_SYNC, 8 RWF_NOWAIT, 0x10 RWF_APPEND, 0x40 RWF_ATOMIC,
        0x80 RWF_DONTCACHE
    }
    MEMFD [0] {} { 1 MFD_CLOEXEC, 2 MFD_ALLOW_SEALING, 4 MFD_HUGETLB, 8 MFD_NOEXEC_SEAL, 0x10 MFD_EXEC }
    GETRANDOM [0] {} { 1 GRND_NONBLOCK, 2 GRND_RANDOM, 4 GRND_INSECURE }
    CLOSE_RANGE [0] {} { 2 CLOSE_RANGE_UNSHARE, 4 CLOSE_RANGE_CLOEXEC }
    URING_ENTER [0] {} {
        1 IORING_ENTER_GETEVENTS, 2 IORING_ENTER_SQ_WAKEUP, 4 IORING_ENTER_SQ_WAIT,
        8 IORING_ENTER_EXT_ARG, 0x10 IORING_ENTER_REGISTERED_RING
    }
}
