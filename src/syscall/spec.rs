//! What the arguments and the result of a call mean.

use super::flags::{self, Set};

/// What one argument is.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    /// A descriptor that the call uses.
    Fd,
    /// A directory's descriptor, or `AT_FDCWD`.
    DirFd,
    /// The number that a descriptor is to have, not the descriptor that has it now.
    NewFd,
    /// Where the payload lies: `buf`.
    Buffer(&'static str),
    /// The address of a structure: its name.
    Pointer(&'static str),
    /// An address, or a wish for one.
    Address,
    /// A number of bytes or of things.
    Size,
    /// A position in a file.
    Offset,
    /// A signed number.
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
pub enum Returns {
    /// 0.
    Nothing,
    /// A number of bytes.
    Bytes,
    /// A descriptor.
    Descriptor,
    /// An address.
    Address,
    /// Another number.
    Number,
}

/// What else a call does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that matters here.
    None,
    /// It closes its first argument.
    Closes,
    /// It closes many descriptors.
    ClosesMany,
    /// It opens two descriptors and writes their numbers to the array that this argument points to.
    OpensPair(u8),
    /// It gives its first argument another name: connect, bind, listen.
    Renames,
    /// `fcntl`: its second argument decides whether it returns a descriptor.
    Fcntl,
    /// It replaces the program.
    Execs,
    /// It makes a mapping.
    Maps,
    /// It removes a mapping: address, length.
    Unmaps,
    /// It moves or resizes a mapping.
    Remaps,
}

/// One call.
#[derive(Debug)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, by their names in the man page.
    pub args: &'static [(&'static str, Arg)],
    /// What it returns.
    pub returns: Returns,
    /// What else it does.
    pub effect: Effect,
}

impl Spec {
    /// Which arguments are descriptors that the call uses: the first one is `Call::descriptors[0]`.
    pub fn descriptor_args(&self) -> impl Iterator<Item = usize> {
        self.places(|arg| matches!(arg, Arg::Fd | Arg::DirFd))
    }

    /// Which arguments point to strings.
    pub fn path_args(&self) -> impl Iterator<Item = usize> {
        self.places(|arg| matches!(arg, Arg::Path))
    }

    fn places(&self, wanted: fn(&Arg) -> bool) -> impl Iterator<Item = usize> {
        let args = self.args.iter().enumerate();
        args.filter(move |(_, (_, arg))| wanted(arg))
            .map(|(i, _)| i)
    }

    /// Whether a result is a descriptor: that of `fcntl` is one for two of its commands.
    pub fn returns_descriptor(&self, args: &[u64; 6]) -> bool {
        match self.effect {
            Effect::Fcntl => [F_DUPFD, F_DUPFD_CLOEXEC].contains(&args[1]),
            _ => self.returns == Returns::Descriptor,
        }
    }
}

const F_DUPFD: u64 = 0;
const F_DUPFD_CLOEXEC: u64 = 1030;

/// What is known of a call; none for one that is shown raw.
pub fn spec(name: &str) -> Option<&'static Spec> {
    TABLE
        .binary_search_by(|spec| spec.name.cmp(name))
        .ok()
        .map(|place| &TABLE[place])
}

macro_rules! table {
    ($($name:ident($($arg:ident: $kind:expr),*) -> $returns:ident $(, $effect:expr)?;)*) => {
        &[$(Spec {
            name: stringify!($name),
            args: &[$((stringify!($arg), $kind)),*],
            returns: Returns::$returns,
            effect: table!(@ $($effect)?),
        }),*]
    };
    (@) => { Effect::None };
    (@ $effect:expr) => { $effect };
}

use Arg::{Address, Any, Buffer, DirFd, Fd, Flags, Int, Mode, NewFd, Offset, Path, Pointer, Size};

const BUF: Arg = Buffer("buf");
const IOV: Arg = Pointer("iov");
const MSG: Arg = Pointer("msg");
const ADDR: Arg = Pointer("addr");
const LEN: Arg = Pointer("len");
const OFF: Arg = Pointer("off");

/// Sorted by name; a test holds that.
static TABLE: &[Spec] = table! {
    accept(fd: Fd, addr: ADDR, addrlen: LEN) -> Descriptor;
    accept4(fd: Fd, addr: ADDR, addrlen: LEN, flags: Flags(&flags::SOCK)) -> Descriptor;
    bind(fd: Fd, addr: ADDR, addrlen: Size) -> Nothing, Effect::Renames;
    brk(addr: Address) -> Address;
    close(fd: Fd) -> Nothing, Effect::Closes;
    close_range(first: NewFd, last: NewFd, flags: Flags(&flags::CLOSE_RANGE)) -> Nothing, Effect::ClosesMany;
    connect(fd: Fd, addr: ADDR, addrlen: Size) -> Nothing, Effect::Renames;
    copy_file_range(fd_in: Fd, off_in: OFF, fd_out: Fd, off_out: OFF, len: Size, flags: Flags(&flags::NONE)) -> Bytes;
    dup(oldfd: Fd) -> Descriptor;
    dup2(oldfd: Fd, newfd: NewFd) -> Descriptor;
    dup3(oldfd: Fd, newfd: NewFd, flags: Flags(&flags::NEW_FD)) -> Descriptor;
    epoll_create(size: Int) -> Descriptor;
    epoll_create1(flags: Flags(&flags::NEW_FD)) -> Descriptor;
    epoll_ctl(epfd: Fd, op: Flags(&flags::EPOLL_CTL), fd: Fd, event: Pointer("event")) -> Nothing;
    epoll_pwait(epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Int, sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number;
    epoll_pwait2(epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Pointer("timeout"), sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number;
    epoll_wait(epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Int) -> Number;
    eventfd2(initval: Size, flags: Flags(&flags::NEW_FD)) -> Descriptor;
    execve(pathname: Path, argv: Pointer("argv"), envp: Pointer("envp")) -> Nothing, Effect::Execs;
    execveat(dirfd: DirFd, pathname: Path, argv: Pointer("argv"), envp: Pointer("envp"), flags: Flags(&flags::AT)) -> Nothing, Effect::Execs;
    exit(status: Int) -> Nothing;
    exit_group(status: Int) -> Nothing;
    fadvise64(fd: Fd, offset: Offset, len: Size, advice: Flags(&flags::FADVISE)) -> Nothing;
    fallocate(fd: Fd, mode: Flags(&flags::FALLOCATE), offset: Offset, len: Size) -> Nothing;
    fcntl(fd: Fd, cmd: Flags(&flags::FCNTL), arg: Any) -> Number, Effect::Fcntl;
    fdatasync(fd: Fd) -> Nothing;
    fstat(fd: Fd, statbuf: Pointer("statbuf")) -> Nothing;
    fsync(fd: Fd) -> Nothing;
    ftruncate(fd: Fd, length: Offset) -> Nothing;
    getrandom(buf: BUF, buflen: Size, flags: Flags(&flags::GETRANDOM)) -> Bytes;
    getsockopt(fd: Fd, level: Flags(&flags::SOCKET_LEVEL), optname: Int, optval: Pointer("optval"), optlen: LEN) -> Nothing;
    io_uring_enter(fd: Fd, to_submit: Size, min_complete: Size, flags: Flags(&flags::URING_ENTER), sig: Pointer("sig"), sigsz: Size) -> Number;
    io_uring_register(fd: Fd, opcode: Int, arg: Pointer("arg"), nr_args: Size) -> Number;
    io_uring_setup(entries: Size, params: Pointer("params")) -> Descriptor;
    ioctl(fd: Fd, op: Flags(&flags::IOCTL), arg: Any) -> Number;
    listen(fd: Fd, backlog: Int) -> Nothing, Effect::Renames;
    lseek(fd: Fd, offset: Offset, whence: Flags(&flags::WHENCE)) -> Number;
    madvise(addr: Address, length: Size, advice: Flags(&flags::MADVISE)) -> Nothing;
    memfd_create(name: Path, flags: Flags(&flags::MEMFD)) -> Descriptor;
    mincore(addr: Address, length: Size, vec: Pointer("vec")) -> Nothing;
    mmap(addr: Address, length: Size, prot: Flags(&flags::PROT), flags: Flags(&flags::MAP), fd: Fd, offset: Offset) -> Address, Effect::Maps;
    mprotect(addr: Address, length: Size, prot: Flags(&flags::PROT)) -> Nothing;
    mremap(old_address: Address, old_size: Size, new_size: Size, flags: Flags(&flags::MREMAP), new_address: Address) -> Address, Effect::Remaps;
    msync(addr: Address, length: Size, flags: Flags(&flags::MSYNC)) -> Nothing;
    munmap(addr: Address, length: Size) -> Nothing, Effect::Unmaps;
    newfstatat(dirfd: DirFd, pathname: Path, statbuf: Pointer("statbuf"), flags: Flags(&flags::AT)) -> Nothing;
    open(pathname: Path, flags: Flags(&flags::OPEN), mode: Mode) -> Descriptor;
    openat(dirfd: DirFd, pathname: Path, flags: Flags(&flags::OPEN), mode: Mode) -> Descriptor;
    openat2(dirfd: DirFd, pathname: Path, how: Pointer("how"), size: Size) -> Descriptor;
    pipe(pipefd: Pointer("pipefd")) -> Nothing, Effect::OpensPair(0);
    pipe2(pipefd: Pointer("pipefd"), flags: Flags(&flags::NEW_FD)) -> Nothing, Effect::OpensPair(0);
    poll(fds: Pointer("fds"), nfds: Size, timeout: Int) -> Number;
    ppoll(fds: Pointer("fds"), nfds: Size, tmo_p: Pointer("timeout"), sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number;
    pread64(fd: Fd, buf: BUF, count: Size, offset: Offset) -> Bytes;
    preadv(fd: Fd, iov: IOV, iovcnt: Int, offset: Offset) -> Bytes;
    preadv2(fd: Fd, iov: IOV, iovcnt: Int, offset: Offset, offset_high: Offset, flags: Flags(&flags::RWF)) -> Bytes;
    pwrite64(fd: Fd, buf: BUF, count: Size, offset: Offset) -> Bytes;
    pwritev(fd: Fd, iov: IOV, iovcnt: Int, offset: Offset) -> Bytes;
    pwritev2(fd: Fd, iov: IOV, iovcnt: Int, offset: Offset, offset_high: Offset, flags: Flags(&flags::RWF)) -> Bytes;
    read(fd: Fd, buf: BUF, count: Size) -> Bytes;
    readahead(fd: Fd, offset: Offset, count: Size) -> Nothing;
    readv(fd: Fd, iov: IOV, iovcnt: Int) -> Bytes;
    recvfrom(fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG), src_addr: ADDR, addrlen: LEN) -> Bytes;
    recvmmsg(fd: Fd, msgvec: MSG, vlen: Size, flags: Flags(&flags::MSG), timeout: Pointer("timeout")) -> Number;
    recvmsg(fd: Fd, msg: MSG, flags: Flags(&flags::MSG)) -> Bytes;
    sendfile(out_fd: Fd, in_fd: Fd, offset: OFF, count: Size) -> Bytes;
    sendmmsg(fd: Fd, msgvec: MSG, vlen: Size, flags: Flags(&flags::MSG)) -> Number;
    sendmsg(fd: Fd, msg: MSG, flags: Flags(&flags::MSG)) -> Bytes;
    sendto(fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG), dest_addr: ADDR, addrlen: Size) -> Bytes;
    setsockopt(fd: Fd, level: Flags(&flags::SOCKET_LEVEL), optname: Int, optval: Pointer("optval"), optlen: Size) -> Nothing;
    shutdown(fd: Fd, how: Flags(&flags::SHUTDOWN)) -> Nothing;
    socket(domain: Flags(&flags::FAMILY), type: Flags(&flags::SOCK), protocol: Int) -> Descriptor;
    socketpair(domain: Flags(&flags::FAMILY), type: Flags(&flags::SOCK), protocol: Int, sv: Pointer("sv")) -> Nothing, Effect::OpensPair(3);
    splice(fd_in: Fd, off_in: OFF, fd_out: Fd, off_out: OFF, len: Size, flags: Flags(&flags::SPLICE)) -> Bytes;
    statx(dirfd: DirFd, pathname: Path, flags: Flags(&flags::AT), mask: Any, statxbuf: Pointer("statxbuf")) -> Nothing;
    tee(fd_in: Fd, fd_out: Fd, len: Size, flags: Flags(&flags::SPLICE)) -> Bytes;
    vmsplice(fd: Fd, iov: IOV, nr_segs: Size, flags: Flags(&flags::SPLICE)) -> Bytes;
    write(fd: Fd, buf: BUF, count: Size) -> Bytes;
    writev(fd: Fd, iov: IOV, iovcnt: Int) -> Bytes;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_call_has_more_descriptors_than_there_is_room_for() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        for spec in TABLE {
            let returned = usize::from(spec.returns == Returns::Descriptor);
            assert!(
                spec.descriptor_args().count() + returned <= 2,
                "{}",
                spec.name
            );
            assert!(spec.args.len() <= 6, "{}", spec.name);
        }
    }

    #[test]
    fn calls_are_found_by_name() {
        assert_eq!(spec("sendfile").unwrap().args[1].0, "in_fd");
        assert!(spec("getppid").is_none());
    }
}
