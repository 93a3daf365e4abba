//! Flags and constants by name.
//!
//! Values of `include/uapi/asm-generic`. The four that differ on arm are told apart by the machine that this
//! program is built for: a recording made elsewhere shows the names of here.

use std::fmt::Write;

/// The flags by which a call moves other bytes, or moves them otherwise: the same numbers on every Linux.
pub(crate) const MSG_PEEK: u64 = 2;
pub(crate) const MSG_TRUNC: u64 = 0x20;
pub(crate) const MSG_ERRQUEUE: u64 = 0x2000;
pub(crate) const MSG_ZEROCOPY: u64 = 0x400_0000;
pub(crate) const PROT_WRITE: u64 = 2;
/// `MAP_SHARED_VALIDATE` has this bit, too.
pub(crate) const MAP_SHARED: u64 = 1;

/// Values that one argument can have.
#[derive(Debug)]
pub(crate) struct Set {
    /// The bits that hold one of several values, not flags: all for `SEEK_SET`, the lowest two for `O_RDONLY`.
    choice: u64,
    /// The values of that part.
    values: &'static [(u64, &'static str)],
    /// The flags.
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

const fn one_of(values: &'static [(u64, &'static str)]) -> Set {
    Set {
        choice: 0xffff_ffff,
        values,
        flags: &[],
    }
}

const fn any_of(flags: &'static [(u64, &'static str)]) -> Set {
    Set {
        choice: 0,
        values: &[],
        flags,
    }
}

const ARM: bool = cfg!(any(target_arch = "aarch64", target_arch = "arm"));
const O_DIRECTORY: u64 = if ARM { 0o40000 } else { 0o200000 };
const O_NOFOLLOW: u64 = if ARM { 0o100000 } else { 0o400000 };
const O_DIRECT: u64 = if ARM { 0o200000 } else { 0o40000 };
const O_LARGEFILE: u64 = if ARM { 0o400000 } else { 0o100000 };

pub(super) static NONE: Set = any_of(&[]);
pub(super) static OPEN: Set = Set {
    choice: 3,
    values: &[(0, "O_RDONLY"), (1, "O_WRONLY"), (2, "O_RDWR")],
    flags: OPEN_FLAGS,
};
const OPEN_FLAGS: &[(u64, &str)] = &[
    (0o100, "O_CREAT"),
    (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"),
    (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"),
    (0o4000, "O_NONBLOCK"),
    (0o4010000, "O_SYNC"),
    (0o10000, "O_DSYNC"),
    (0o20000, "O_ASYNC"),
    (O_DIRECT, "O_DIRECT"),
    (O_LARGEFILE, "O_LARGEFILE"),
    (0o20000000 | O_DIRECTORY, "O_TMPFILE"),
    (O_DIRECTORY, "O_DIRECTORY"),
    (O_NOFOLLOW, "O_NOFOLLOW"),
    (0o1000000, "O_NOATIME"),
    (0o2000000, "O_CLOEXEC"),
    (0o10000000, "O_PATH"),
];
/// The same flags for calls that make a descriptor without opening a file.
pub(super) static NEW_FD: Set = any_of(OPEN_FLAGS);
pub(super) static PROT: Set = Set {
    choice: 7,
    values: &[(0, "PROT_NONE")],
    flags: &[
        (1, "PROT_READ"),
        (PROT_WRITE, "PROT_WRITE"),
        (4, "PROT_EXEC"),
        (0x0100_0000, "PROT_GROWSDOWN"),
    ],
};
pub(super) static MAP: Set = Set {
    choice: 3,
    values: &[
        (MAP_SHARED, "MAP_SHARED"),
        (2, "MAP_PRIVATE"),
        (3, "MAP_SHARED_VALIDATE"),
    ],
    flags: &[
        (0x10, "MAP_FIXED"),
        (0x20, "MAP_ANONYMOUS"),
        (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"),
        (0x2000, "MAP_LOCKED"),
        (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"),
        (0x10000, "MAP_NONBLOCK"),
        (0x20000, "MAP_STACK"),
        (0x40000, "MAP_HUGETLB"),
        (0x80000, "MAP_SYNC"),
        (0x100000, "MAP_FIXED_NOREPLACE"),
    ],
};
pub(super) static MREMAP: Set = any_of(&[
    (1, "MREMAP_MAYMOVE"),
    (2, "MREMAP_FIXED"),
    (4, "MREMAP_DONTUNMAP"),
]);
pub(super) static MSYNC: Set = any_of(&[(1, "MS_ASYNC"), (2, "MS_INVALIDATE"), (4, "MS_SYNC")]);
pub(super) static MADVISE: Set = one_of(&[
    (0, "MADV_NORMAL"),
    (1, "MADV_RANDOM"),
    (2, "MADV_SEQUENTIAL"),
    (3, "MADV_WILLNEED"),
    (4, "MADV_DONTNEED"),
    (8, "MADV_FREE"),
    (9, "MADV_REMOVE"),
    (14, "MADV_HUGEPAGE"),
    (15, "MADV_NOHUGEPAGE"),
    (20, "MADV_COLD"),
    (21, "MADV_PAGEOUT"),
    (22, "MADV_POPULATE_READ"),
    (23, "MADV_POPULATE_WRITE"),
]);
pub(super) static FADVISE: Set = one_of(&[
    (0, "POSIX_FADV_NORMAL"),
    (1, "POSIX_FADV_RANDOM"),
    (2, "POSIX_FADV_SEQUENTIAL"),
    (3, "POSIX_FADV_WILLNEED"),
    (4, "POSIX_FADV_DONTNEED"),
    (5, "POSIX_FADV_NOREUSE"),
]);
pub(super) static FALLOCATE: Set = any_of(&[
    (1, "FALLOC_FL_KEEP_SIZE"),
    (2, "FALLOC_FL_PUNCH_HOLE"),
    (8, "FALLOC_FL_COLLAPSE_RANGE"),
    (0x10, "FALLOC_FL_ZERO_RANGE"),
    (0x20, "FALLOC_FL_INSERT_RANGE"),
]);
pub(super) static SPLICE: Set = any_of(&[
    (1, "SPLICE_F_MOVE"),
    (2, "SPLICE_F_NONBLOCK"),
    (4, "SPLICE_F_MORE"),
    (8, "SPLICE_F_GIFT"),
]);
pub(super) static MSG: Set = any_of(&[
    (1, "MSG_OOB"),
    (MSG_PEEK, "MSG_PEEK"),
    (4, "MSG_DONTROUTE"),
    (MSG_TRUNC, "MSG_TRUNC"),
    (0x40, "MSG_DONTWAIT"),
    (0x80, "MSG_EOR"),
    (0x100, "MSG_WAITALL"),
    (MSG_ERRQUEUE, "MSG_ERRQUEUE"),
    (0x4000, "MSG_NOSIGNAL"),
    (0x8000, "MSG_MORE"),
    (0x10000, "MSG_WAITFORONE"),
    (MSG_ZEROCOPY, "MSG_ZEROCOPY"),
    (0x2000_0000, "MSG_FASTOPEN"),
    (0x4000_0000, "MSG_CMSG_CLOEXEC"),
]);
pub(super) static FAMILY: Set = one_of(&[
    (1, "AF_UNIX"),
    (2, "AF_INET"),
    (10, "AF_INET6"),
    (16, "AF_NETLINK"),
    (17, "AF_PACKET"),
    (40, "AF_VSOCK"),
]);
pub(super) static SOCK: Set = Set {
    choice: 0xf,
    values: &[
        (1, "SOCK_STREAM"),
        (2, "SOCK_DGRAM"),
        (3, "SOCK_RAW"),
        (5, "SOCK_SEQPACKET"),
    ],
    flags: &[(0o4000, "SOCK_NONBLOCK"), (0o2000000, "SOCK_CLOEXEC")],
};
pub(super) static SOCKET_LEVEL: Set = one_of(&[
    (0, "IPPROTO_IP"),
    (1, "SOL_SOCKET"),
    (6, "IPPROTO_TCP"),
    (17, "IPPROTO_UDP"),
    (41, "IPPROTO_IPV6"),
    (282, "SOL_TLS"),
]);
pub(super) static SHUTDOWN: Set = one_of(&[(0, "SHUT_RD"), (1, "SHUT_WR"), (2, "SHUT_RDWR")]);
pub(super) static WHENCE: Set = one_of(&[
    (0, "SEEK_SET"),
    (1, "SEEK_CUR"),
    (2, "SEEK_END"),
    (3, "SEEK_DATA"),
    (4, "SEEK_HOLE"),
]);
pub(super) static FCNTL: Set = one_of(&[
    (0, "F_DUPFD"),
    (1, "F_GETFD"),
    (2, "F_SETFD"),
    (3, "F_GETFL"),
    (4, "F_SETFL"),
    (5, "F_GETLK"),
    (6, "F_SETLK"),
    (7, "F_SETLKW"),
    (1030, "F_DUPFD_CLOEXEC"),
    (1031, "F_SETPIPE_SZ"),
    (1032, "F_GETPIPE_SZ"),
    (1033, "F_ADD_SEALS"),
    (1034, "F_GET_SEALS"),
]);
pub(super) static IOCTL: Set = one_of(&[
    (0x5401, "TCGETS"),
    (0x5413, "TIOCGWINSZ"),
    (0x541b, "FIONREAD"),
    (0x5421, "FIONBIO"),
    (0x4004_9409, "FICLONE"),
    (0x4020_940d, "FICLONERANGE"),
]);
pub(super) static EPOLL_CTL: Set = one_of(&[
    (1, "EPOLL_CTL_ADD"),
    (2, "EPOLL_CTL_DEL"),
    (3, "EPOLL_CTL_MOD"),
]);
pub(super) static AT: Set = any_of(&[
    (0x100, "AT_SYMLINK_NOFOLLOW"),
    (0x400, "AT_SYMLINK_FOLLOW"),
    (0x800, "AT_NO_AUTOMOUNT"),
    (0x1000, "AT_EMPTY_PATH"),
    (0x2000, "AT_STATX_FORCE_SYNC"),
    (0x4000, "AT_STATX_DONT_SYNC"),
]);
pub(super) static RWF: Set = any_of(&[
    (1, "RWF_HIPRI"),
    (2, "RWF_DSYNC"),
    (4, "RWF_SYNC"),
    (8, "RWF_NOWAIT"),
    (0x10, "RWF_APPEND"),
    (0x40, "RWF_ATOMIC"),
    (0x80, "RWF_DONTCACHE"),
]);
pub(super) static MEMFD: Set = any_of(&[
    (1, "MFD_CLOEXEC"),
    (2, "MFD_ALLOW_SEALING"),
    (4, "MFD_HUGETLB"),
    (8, "MFD_NOEXEC_SEAL"),
    (0x10, "MFD_EXEC"),
]);
pub(super) static GETRANDOM: Set = any_of(&[
    (1, "GRND_NONBLOCK"),
    (2, "GRND_RANDOM"),
    (4, "GRND_INSECURE"),
]);
pub(super) static CLOSE_RANGE: Set =
    any_of(&[(2, "CLOSE_RANGE_UNSHARE"), (4, "CLOSE_RANGE_CLOEXEC")]);
pub(super) static URING_ENTER: Set = any_of(&[
    (1, "IORING_ENTER_GETEVENTS"),
    (2, "IORING_ENTER_SQ_WAKEUP"),
    (4, "IORING_ENTER_SQ_WAIT"),
    (8, "IORING_ENTER_EXT_ARG"),
    (0x10, "IORING_ENTER_REGISTERED_RING"),
]);
