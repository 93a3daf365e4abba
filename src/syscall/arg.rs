//! What arguments and results of a system call are: how they are decoded.

use super::flags::Set;

/// What one argument is: how it is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg {
    /// A descriptor that the call uses.
    Fd,
    /// A directory's descriptor, or `AT_FDCWD`.
    DirFd,
    /// The number that a descriptor is to have, not the descriptor that has it now.
    NewFd,
    /// The address of the payload: `buf`.
    Buffer(&'static str),
    /// The address of a structure: its name.
    Pointer(&'static str),
    /// An address, or a hint for one.
    Address,
    Size,
    Offset,
    Int,
    /// Flags, or one of several values, by name.
    Flags(&'static Set),
    /// The address of a path or another string, that the tracer reads.
    Path,
    /// Permissions, octal; shown only where the flags in the argument before it say that it counts.
    Mode,
    /// An `fcntl(2)` or `ioctl(2)` argument, whose meaning another one decides.
    Any,
}

/// What a call returns when it does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// 0.
    Nothing,
    Bytes,
    Descriptor,
    Address,
    Number,
}
