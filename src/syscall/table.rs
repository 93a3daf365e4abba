//! The table of system calls: a row for each call that this program knows, with all that is known of it.
//!
//! Numbers are those of `arch/*/entry/syscalls` and `include/uapi/asm-generic/unistd.h`; argument names are those of the
//! man pages, section 2.

use super::{
    abi::Abi,
    arg::{Arg, Returns},
    flags,
};

/// How a call names the memory of its payload: in its second argument and, where that is no structure, its third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An address and a length.
    Buffer,
    /// An array of `struct iovec`, and how many.
    Vector,
    /// A `struct msghdr`.
    Message,
    /// An array of `struct mmsghdr`, and how many. The call returns how many it took, not their bytes.
    Messages,
    /// Not at all: the kernel takes memory that it was provided with.
    Provided,
}

/// Whose a message queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// mq_overview(7): a descriptor, and the highest priority first.
    Posix,
    /// sysvipc(7): a number, and messages by their type.
    SystemV,
}

/// What a system call or a request of an io_uring does. Each row of the tables has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Nothing that matters here.
    None,
    /// read(2) and its kin: brings bytes into memory.
    Read(Shape),
    /// write(2) and its kin: takes bytes out of memory.
    Write(Shape),
    /// recv(2) and its kin: as a read, from a socket, with `MSG_` flags.
    Recv(Shape),
    /// send(2) and its kin: as a write, to a socket, with `MSG_` flags.
    Send(Shape),
    /// A zero-copy send of io_uring: the memory is the kernel's until it notifies.
    SendZc(Shape),
    /// A zero-copy receive of io_uring: into memory that the network card was given.
    RecvZc,
    /// User pages into a pipe, by reference (or, from the pipe's reading end, copied out of it).
    Vmsplice,
    /// From a file to any descriptor: out, in.
    Sendfile,
    /// Between a pipe and any descriptor: in, out.
    Splice,
    /// From a pipe to another, which keeps it.
    Tee,
    /// From a file to another.
    CopyRange,
    /// Between the memories of two processes.
    ProcessVm,
    /// Puts a message in a message queue, and returns 0.
    QueueSend(Queue),
    /// Takes a message out of one.
    QueueReceive(Queue),
    /// Submits requests of the older asynchronous I/O (io_submit(2)).
    AioSubmit,
    /// Takes its completions.
    AioEvents,
    /// Ends a context of it.
    AioDestroy,
    /// Makes an io_uring.
    RingSetup,
    /// Submits requests in an io_uring and waits for completions.
    RingEnter,
    /// Registers buffers, files and more with an io_uring.
    RingRegister,
    /// A call of another ABI than the machine's own (32-bit, x32): how its result counts is known, not its arguments.
    Compat(Moves),
    /// socketcall(2) of i386: its first argument says which call it is.
    Socketcall,
    /// Opens a file by name or handle.
    Open,
    /// Makes another descriptor: a socket, memory, an event.
    NewDescriptor,
    /// Takes a connection.
    Accept,
    /// Closes its first argument.
    Close,
    /// Closes many descriptors.
    CloseRange,
    /// Gives an open file a second descriptor.
    Dup,
    /// Gives it the descriptor that the second argument says, and closes what that was.
    Dup2,
    /// fcntl(2): its second argument says what it does.
    Fcntl,
    /// ioctl(2): its second argument says what it does; `FICLONE` shares blocks of files.
    Ioctl,
    /// Makes a pipe.
    Pipe,
    /// Makes two connected sockets.
    SocketPair,
    /// Gives a socket an address: bind(2), connect(2), listen(2).
    Address,
    /// Makes a mapping.
    Map,
    /// Removes mappings: address, length.
    Unmap,
    /// Moves or resizes a mapping.
    Remap,
    /// Maps a segment of System V shared memory.
    Attach,
    /// Removes such a mapping: address.
    Detach,
    /// Has pages of a mapping written to the disk: address, length, flags.
    Sync,
    /// Changes memory in another way.
    Memory,
    /// Makes a task; its flags are the first argument.
    Clone,
    /// Makes a task; its flags are the first field of the structure that the first argument points to.
    Clone3,
    /// Makes a process.
    Fork,
    /// Makes a process that borrows the memory of its parent.
    Vfork,
    /// Executes another program.
    Exec,
    /// Ends the process.
    Exit,
    /// Shares no longer what a task shared: descriptors, namespaces.
    Unshare,
    /// Gives a file another name.
    Rename,
    /// ptrace(2): its first argument says what it does.
    Trace,
    /// prctl(2): its first argument says what it does.
    Control,
    /// seccomp(2): restricts what a task may call.
    Seccomp,
    /// Waits until one of its descriptors is ready: poll(2).
    Poll,
    /// Waits until one of those that epoll(7) watches is ready.
    EpollWait,
    /// Adds a descriptor to those that epoll(7) watches.
    EpollCtl,
    /// Asks what a file is.
    Stat,
    /// Closes one direction of a socket.
    Shutdown,
    /// Sets an option of a socket.
    SocketOption,
    /// Asks for an option of a socket; with `TCP_ZEROCOPY_RECEIVE` it receives.
    GetOption,
}

/// Which way a call's bytes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Out of a descriptor, queue or memory.
    pub reads: bool,
    /// Into one.
    pub writes: bool,
}

/// What kind of thing a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It moves bytes, or has the kernel move them.
    Bytes,
    /// It makes, closes or changes descriptors.
    Descriptors,
    /// It changes memory.
    Memory,
    /// It makes, changes or ends processes.
    Processes,
    /// None of these.
    Other,
}

impl Op {
    /// What kind of thing it is.
    pub fn class(self) -> Class {
        use Op::*;
        match self {
            Read(_) | Write(_) | Recv(_) | Send(_) | SendZc(_) | RecvZc | Vmsplice | Sendfile
            | Splice | Tee | CopyRange | ProcessVm | QueueSend(_) | QueueReceive(_) | AioSubmit
            | AioEvents | AioDestroy | RingSetup | RingEnter | RingRegister | Compat(_)
            | Socketcall => Class::Bytes,
            Open | NewDescriptor | Accept | Close | CloseRange | Dup | Dup2 | Fcntl | Pipe
            | SocketPair | Address | Rename => Class::Descriptors,
            Map | Unmap | Remap | Attach | Detach | Sync | Memory => Class::Memory,
            Clone | Clone3 | Fork | Vfork | Exec | Exit | Unshare => Class::Processes,
            None | Ioctl | Trace | Control | Seccomp | Poll | EpollWait | EpollCtl | Stat
            | Shutdown | SocketOption | GetOption => Class::Other,
        }
    }

    /// Which way the bytes go that it moves; neither where its result does not say how many.
    pub fn moves(self) -> Moves {
        let (reads, writes) = match self {
            Op::Recv(Shape::Messages) | Op::Send(Shape::Messages) => (false, false),
            Op::Read(_) | Op::Recv(_) | Op::RecvZc | Op::QueueReceive(_) => (true, false),
            Op::Write(_) | Op::Send(_) | Op::SendZc(_) | Op::Vmsplice | Op::QueueSend(_) => {
                (false, true)
            }
            Op::Sendfile | Op::Splice | Op::Tee | Op::CopyRange | Op::ProcessVm => (true, true),
            Op::Compat(moves) => return moves,
            _ => (false, false),
        };
        Moves { reads, writes }
    }

    /// How many bytes a call moved that returned this and did not fail, where result or arguments say that.
    pub(crate) fn moved(self, args: &[u64; 6], returned: i64) -> u64 {
        match self {
            Op::QueueSend(_) => args[2],
            _ => returned.max(0) as u64,
        }
    }

    /// The `MSG_` flags of a call; none where it takes none.
    pub(crate) fn message_flags(self, args: &[u64; 6]) -> u64 {
        match self {
            Op::Recv(Shape::Message) | Op::Send(Shape::Message) => args[2],
            Op::Recv(_) | Op::Send(_) => args[3],
            _ => 0,
        }
    }

    /// How many bytes a call asks for, where an argument says that.
    pub(crate) fn asked(self, args: &[u64; 6]) -> Option<u64> {
        match self {
            Op::Read(Shape::Buffer)
            | Op::Write(Shape::Buffer)
            | Op::Recv(Shape::Buffer)
            | Op::Send(Shape::Buffer)
            | Op::Tee => Some(args[2]),
            Op::Sendfile => Some(args[3]),
            Op::Splice | Op::CopyRange => Some(args[4]),
            _ => None,
        }
    }

    /// Which argument points to the numbers of the two descriptors that a call makes.
    pub(crate) fn pair_arg(self) -> Option<usize> {
        match self {
            Op::Pipe => Some(0),
            Op::SocketPair => Some(3),
            _ => None,
        }
    }
}

/// One row: one system call.
#[derive(Debug)]
pub struct Syscall {
    /// Its name.
    pub name: &'static str,
    /// The function that makes it in the methods of `transfer/`: `send` makes `sendto`.
    pub(crate) function: &'static str,
    /// Its number in each ABI, by [`Abi`]; [`NO_NUMBER`] where the ABI does not have it.
    numbers: [u16; Abi::COUNT],
    /// Its arguments, by their names in the man page.
    pub(crate) args: &'static [(&'static str, Arg)],
    pub(crate) returns: Returns,
    /// What it does.
    pub op: Op,
}

const NO_NUMBER: u16 = u16::MAX;
const F_DUPFD: u64 = 0;
const F_DUPFD_CLOEXEC: u64 = 1030;

impl Syscall {
    pub(crate) fn number(&self, abi: Abi) -> Option<u32> {
        let number = self.numbers[abi as usize];
        (number != NO_NUMBER).then_some(number.into())
    }

    /// Which arguments are descriptors that the call uses: the first one is `Call::descriptors[0]`.
    pub(crate) fn descriptor_args(&self) -> impl Iterator<Item = usize> {
        self.places(|arg| matches!(arg, Arg::Fd | Arg::DirFd))
    }

    pub(crate) fn path_args(&self) -> impl Iterator<Item = usize> {
        self.places(|arg| matches!(arg, Arg::Path))
    }

    fn places(&self, wanted: fn(&Arg) -> bool) -> impl Iterator<Item = usize> {
        let args = self.args.iter().enumerate();
        args.filter(move |(_, (_, arg))| wanted(arg))
            .map(|(i, _)| i)
    }

    /// Whether a result is a descriptor: that of `fcntl` is one for two of its commands.
    pub(crate) fn returns_descriptor(&self, args: &[u64; 6]) -> bool {
        match self.op {
            Op::Fcntl => [F_DUPFD, F_DUPFD_CLOEXEC].contains(&args[1]),
            _ => self.returns == Returns::Descriptor,
        }
    }
}

/// The row of a call; none for one that is shown raw.
pub(crate) fn by_name(name: &str) -> Option<&'static Syscall> {
    let found = TABLE.binary_search_by(|row| row.name.cmp(name));
    found.ok().map(|place| &TABLE[place])
}

/// The row of a number; none for one that is shown by its number.
pub(super) fn by_number(abi: Abi, number: u64) -> Option<&'static Syscall> {
    let is_it = |row: &&Syscall| row.number(abi).map(u64::from) == Some(number);
    TABLE.iter().find(is_it)
}

/// All rows, sorted by name.
pub fn syscalls() -> &'static [Syscall] {
    TABLE
}

/// A row: `name as function[x86-64 aarch64 i386 arm x32](argument: kind, ...) -> returns, op;` with `_` for a number that
/// an ABI does not have. The last number is left out where x32 has that of x86-64.
macro_rules! table {
    ($($name:ident $(as $function:ident)? [$($number:tt)*] ($($arg:ident: $kind:expr),*) -> $returns:ident, $op:expr;)*) => {
        &[$(Syscall {
            name: stringify!($name),
            function: function!($name $($function)?),
            numbers: numbers!($($number)*),
            args: &[$((stringify!($arg), $kind)),*],
            returns: Returns::$returns,
            op: $op,
        }),*]
    };
}

macro_rules! function {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $function:ident) => {
        stringify!($function)
    };
}

macro_rules! numbers {
    (@ _) => { NO_NUMBER };
    (@ $number:literal) => { $number };
    ($x86_64:tt $aarch64:tt $i386:tt $arm:tt) => { numbers!($x86_64 $aarch64 $i386 $arm $x86_64) };
    ($($number:tt)*) => { [$(numbers!(@ $number)),*] };
}

use Arg::{Address, Any, Buffer, DirFd, Fd, Flags, Int, Mode, NewFd, Offset, Path, Pointer, Size};

const BUF: Arg = Buffer("buf");
const IOV: Arg = Pointer("iov");
const MSG: Arg = Pointer("msg");
const ADDR: Arg = Pointer("addr");
const LEN: Arg = Pointer("len");
const OFF: Arg = Pointer("off");

static TABLE: &[Syscall] = table! {
    accept[43 202 _ 285](fd: Fd, addr: ADDR, addrlen: LEN) -> Descriptor, Op::Accept;
    accept4[288 242 364 366](fd: Fd, addr: ADDR, addrlen: LEN, flags: Flags(&flags::SOCK)) -> Descriptor, Op::Accept;
    bind[49 200 361 282](fd: Fd, addr: ADDR, addrlen: Size) -> Nothing, Op::Address;
    brk[12 214 45 45](addr: Address) -> Address, Op::Memory;
    clone[56 220 120 120](flags: Any, stack: Pointer("stack"), parent_tid: Pointer("parent_tid"), child_tid: Pointer("child_tid"), tls: Pointer("tls")) -> Number, Op::Clone;
    clone3[435 435 435 435](cl_args: Pointer("cl_args"), size: Size) -> Number, Op::Clone3;
    close[3 57 6 6](fd: Fd) -> Nothing, Op::Close;
    close_range[436 436 436 436](first: NewFd, last: NewFd, flags: Flags(&flags::CLOSE_RANGE)) -> Nothing, Op::CloseRange;
    connect[42 203 362 283](fd: Fd, addr: ADDR, addrlen: Size) -> Nothing, Op::Address;
    copy_file_range[326 285 377 391](fd_in: Fd, off_in: OFF, fd_out: Fd, off_out: OFF, len: Size, flags: Flags(&flags::NONE)) -> Bytes, Op::CopyRange;
    creat[85 _ 8 8](pathname: Path, mode: Mode) -> Descriptor, Op::Open;
    dup[32 23 41 41](oldfd: Fd) -> Descriptor, Op::Dup;
    dup2[33 _ 63 63](oldfd: Fd, newfd: NewFd) -> Descriptor, Op::Dup2;
    dup3[292 24 330 358](oldfd: Fd, newfd: NewFd, flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::Dup2;
    epoll_create[213 _ 254 250](size: Int) -> Descriptor, Op::NewDescriptor;
    epoll_create1[291 20 329 357](flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    epoll_ctl[233 21 255 251](epfd: Fd, op: Flags(&flags::EPOLL_CTL), fd: Fd, event: Pointer("event")) -> Nothing, Op::EpollCtl;
    epoll_pwait[281 22 319 346](epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Int, sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number, Op::EpollWait;
    epoll_pwait2[441 441 441 441](epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Pointer("timeout"), sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number, Op::EpollWait;
    epoll_wait[232 _ 256 252](epfd: Fd, events: Pointer("events"), maxevents: Int, timeout: Int) -> Number, Op::EpollWait;
    eventfd[284 _ 323 351](initval: Size) -> Descriptor, Op::NewDescriptor;
    eventfd2[290 19 328 356](initval: Size, flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    execve[59 221 11 11 520](pathname: Path, argv: Pointer("argv"), envp: Pointer("envp")) -> Nothing, Op::Exec;
    execveat[322 281 358 387 545](dirfd: DirFd, pathname: Path, argv: Pointer("argv"), envp: Pointer("envp"), flags: Flags(&flags::AT)) -> Nothing, Op::Exec;
    exit[60 93 1 1](status: Int) -> Nothing, Op::None;
    exit_group[231 94 252 248](status: Int) -> Nothing, Op::Exit;
    fadvise64[221 223 250 _](fd: Fd, offset: Offset, len: Size, advice: Flags(&flags::FADVISE)) -> Nothing, Op::None;
    fallocate[285 47 324 352](fd: Fd, mode: Flags(&flags::FALLOCATE), offset: Offset, len: Size) -> Nothing, Op::None;
    fanotify_init[300 262 338 367](flags: Any, event_f_flags: Flags(&flags::OPEN)) -> Descriptor, Op::NewDescriptor;
    fcntl[72 25 55 55](fd: Fd, cmd: Flags(&flags::FCNTL), arg: Any) -> Number, Op::Fcntl;
    fcntl64[_ _ 221 221](fd: Fd, cmd: Flags(&flags::FCNTL), arg: Any) -> Number, Op::Fcntl;
    fdatasync[75 83 148 148](fd: Fd) -> Nothing, Op::None;
    fork[57 _ 2 2]() -> Number, Op::Fork;
    fstat[5 80 108 108](fd: Fd, statbuf: Pointer("statbuf")) -> Nothing, Op::Stat;
    fstatat[_ 79 _ _](dirfd: DirFd, pathname: Path, statbuf: Pointer("statbuf"), flags: Flags(&flags::AT)) -> Nothing, Op::Stat;
    fsync[74 82 118 118](fd: Fd) -> Nothing, Op::None;
    ftruncate[77 46 93 93](fd: Fd, length: Offset) -> Nothing, Op::None;
    getrandom[318 278 355 384](buf: BUF, buflen: Size, flags: Flags(&flags::GETRANDOM)) -> Bytes, Op::None;
    getsockopt[55 209 365 295 542](fd: Fd, level: Flags(&flags::SOCKET_LEVEL), optname: Int, optval: Pointer("optval"), optlen: LEN) -> Nothing, Op::GetOption;
    inotify_init[253 _ 291 316]() -> Descriptor, Op::NewDescriptor;
    inotify_init1[294 26 332 360](flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    io_destroy[207 1 246 244](ctx_id: Any) -> Nothing, Op::AioDestroy;
    io_getevents[208 4 247 245](ctx_id: Any, min_nr: Int, nr: Int, events: Pointer("events"), timeout: Pointer("timeout")) -> Number, Op::AioEvents;
    io_pgetevents[333 292 385 399](ctx_id: Any, min_nr: Int, nr: Int, events: Pointer("events"), timeout: Pointer("timeout"), usig: Pointer("usig")) -> Number, Op::AioEvents;
    io_submit[209 2 248 246 544](ctx_id: Any, nr: Int, iocbpp: Pointer("iocbpp")) -> Number, Op::AioSubmit;
    io_uring_enter as submit_and_wait[426 426 426 426](fd: Fd, to_submit: Size, min_complete: Size, flags: Flags(&flags::URING_ENTER), sig: Pointer("sig"), sigsz: Size) -> Number, Op::RingEnter;
    io_uring_register[427 427 427 427](fd: Fd, opcode: Int, arg: Pointer("arg"), nr_args: Size) -> Number, Op::RingRegister;
    io_uring_setup[425 425 425 425](entries: Size, params: Pointer("params")) -> Descriptor, Op::RingSetup;
    ioctl[16 29 54 54 514](fd: Fd, op: Flags(&flags::IOCTL), arg: Any) -> Number, Op::Ioctl;
    listen[50 201 363 284](fd: Fd, backlog: Int) -> Nothing, Op::Address;
    lseek[8 62 19 19](fd: Fd, offset: Offset, whence: Flags(&flags::WHENCE)) -> Number, Op::None;
    madvise[28 233 219 220](addr: Address, length: Size, advice: Flags(&flags::MADVISE)) -> Nothing, Op::Memory;
    memfd_create[319 279 356 385](name: Path, flags: Flags(&flags::MEMFD)) -> Descriptor, Op::NewDescriptor;
    memfd_secret[447 447 447 _](flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    mincore[27 232 218 219](addr: Address, length: Size, vec: Pointer("vec")) -> Nothing, Op::Memory;
    mmap[9 222 90 _](addr: Address, length: Size, prot: Flags(&flags::PROT), flags: Flags(&flags::MAP), fd: Fd, offset: Offset) -> Address, Op::Map;
    mmap2[_ _ 192 192](addr: Address, length: Size, prot: Flags(&flags::PROT), flags: Flags(&flags::MAP), fd: Fd, pgoffset: Offset) -> Address, Op::Map;
    mprotect[10 226 125 125](addr: Address, length: Size, prot: Flags(&flags::PROT)) -> Nothing, Op::Memory;
    mq_open[240 180 277 274](name: Path, oflag: Flags(&flags::OPEN), mode: Mode, attr: Pointer("attr")) -> Descriptor, Op::Open;
    mq_timedreceive[243 183 280 277](mqdes: Fd, msg_ptr: BUF, msg_len: Size, msg_prio: Pointer("msg_prio"), abs_timeout: Pointer("timeout")) -> Bytes, Op::QueueReceive(Queue::Posix);
    mq_timedsend[242 182 279 276](mqdes: Fd, msg_ptr: BUF, msg_len: Size, msg_prio: Size, abs_timeout: Pointer("timeout")) -> Nothing, Op::QueueSend(Queue::Posix);
    mremap[25 216 163 163](old_address: Address, old_size: Size, new_size: Size, flags: Flags(&flags::MREMAP), new_address: Address) -> Address, Op::Remap;
    msgrcv[70 188 401 302](msqid: Int, msgp: Pointer("msgp"), msgsz: Size, msgtyp: Offset, msgflg: Any) -> Bytes, Op::QueueReceive(Queue::SystemV);
    msgsnd[69 189 400 301](msqid: Int, msgp: Pointer("msgp"), msgsz: Size, msgflg: Any) -> Nothing, Op::QueueSend(Queue::SystemV);
    msync[26 227 144 144](addr: Address, length: Size, flags: Flags(&flags::MSYNC)) -> Nothing, Op::Sync;
    munmap[11 215 91 91](addr: Address, length: Size) -> Nothing, Op::Unmap;
    newfstatat[262 _ _ _](dirfd: DirFd, pathname: Path, statbuf: Pointer("statbuf"), flags: Flags(&flags::AT)) -> Nothing, Op::Stat;
    open[2 _ 5 5](pathname: Path, flags: Flags(&flags::OPEN), mode: Mode) -> Descriptor, Op::Open;
    open_by_handle_at[304 265 342 371](mount_fd: DirFd, handle: Pointer("handle"), flags: Flags(&flags::OPEN)) -> Descriptor, Op::Open;
    openat[257 56 295 322](dirfd: DirFd, pathname: Path, flags: Flags(&flags::OPEN), mode: Mode) -> Descriptor, Op::Open;
    openat2[437 437 437 437](dirfd: DirFd, pathname: Path, how: Pointer("how"), size: Size) -> Descriptor, Op::Open;
    perf_event_open[298 241 336 364](attr: Pointer("attr"), pid: Int, cpu: Int, group_fd: Int, flags: Any) -> Descriptor, Op::NewDescriptor;
    pidfd_getfd[438 438 438 438](pidfd: Fd, targetfd: NewFd, flags: Flags(&flags::NONE)) -> Descriptor, Op::NewDescriptor;
    pidfd_open[434 434 434 434](pid: Int, flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    pipe[22 _ 42 42](pipefd: Pointer("pipefd")) -> Nothing, Op::Pipe;
    pipe2[293 59 331 359](pipefd: Pointer("pipefd"), flags: Flags(&flags::NEW_FD)) -> Nothing, Op::Pipe;
    poll[7 _ 168 168](fds: Pointer("fds"), nfds: Size, timeout: Int) -> Number, Op::Poll;
    ppoll as poll[271 73 309 336](fds: Pointer("fds"), nfds: Size, tmo_p: Pointer("timeout"), sigmask: Pointer("sigmask"), sigsetsize: Size) -> Number, Op::Poll;
    prctl[157 167 172 172](option: Any, arg2: Any, arg3: Any, arg4: Any, arg5: Any) -> Number, Op::Control;
    pread64 as pread[17 67 180 180](fd: Fd, buf: BUF, count: Size, offset: Offset) -> Bytes, Op::Read(Shape::Buffer);
    preadv[295 69 333 361 534](fd: Fd, iov: IOV, iovcnt: Int, offset: Offset) -> Bytes, Op::Read(Shape::Vector);
    preadv2[327 286 378 392 546](fd: Fd, iov: IOV, iovcnt: Int, offset: Offset, offset_high: Offset, flags: Flags(&flags::RWF)) -> Bytes, Op::Read(Shape::Vector);
    process_vm_readv[310 270 347 376 539](pid: Int, local_iov: Pointer("local_iov"), liovcnt: Size, remote_iov: Pointer("remote_iov"), riovcnt: Size, flags: Flags(&flags::NONE)) -> Bytes, Op::ProcessVm;
    process_vm_writev[311 271 348 377 540](pid: Int, local_iov: Pointer("local_iov"), liovcnt: Size, remote_iov: Pointer("remote_iov"), riovcnt: Size, flags: Flags(&flags::NONE)) -> Bytes, Op::ProcessVm;
    ptrace[101 117 26 26 521](op: Any, pid: Int, addr: Pointer("addr"), data: Pointer("data")) -> Number, Op::Trace;
    pwrite64[18 68 181 181](fd: Fd, buf: BUF, count: Size, offset: Offset) -> Bytes, Op::Write(Shape::Buffer);
    pwritev[296 70 334 362 535](fd: Fd, iov: IOV, iovcnt: Int, offset: Offset) -> Bytes, Op::Write(Shape::Vector);
    pwritev2[328 287 379 393 547](fd: Fd, iov: IOV, iovcnt: Int, offset: Offset, offset_high: Offset, flags: Flags(&flags::RWF)) -> Bytes, Op::Write(Shape::Vector);
    read[0 63 3 3](fd: Fd, buf: BUF, count: Size) -> Bytes, Op::Read(Shape::Buffer);
    readahead[187 213 225 225](fd: Fd, offset: Offset, count: Size) -> Nothing, Op::None;
    readv[19 65 145 145 515](fd: Fd, iov: IOV, iovcnt: Int) -> Bytes, Op::Read(Shape::Vector);
    recv[_ _ _ 291](fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG)) -> Bytes, Op::Recv(Shape::Buffer);
    recvfrom as recv[45 207 371 292 517](fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG), src_addr: ADDR, addrlen: LEN) -> Bytes, Op::Recv(Shape::Buffer);
    recvmmsg[299 243 337 365 537](fd: Fd, msgvec: MSG, vlen: Size, flags: Flags(&flags::MSG), timeout: Pointer("timeout")) -> Number, Op::Recv(Shape::Messages);
    recvmsg[47 212 372 297 519](fd: Fd, msg: MSG, flags: Flags(&flags::MSG)) -> Bytes, Op::Recv(Shape::Message);
    rename[82 _ 38 38](oldpath: Path, newpath: Path) -> Nothing, Op::Rename;
    renameat[264 38 302 329](olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path) -> Nothing, Op::Rename;
    renameat2[316 276 353 382](olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path, flags: Int) -> Nothing, Op::Rename;
    seccomp[317 277 354 383](operation: Int, flags: Any, args: Pointer("args")) -> Number, Op::Seccomp;
    send[_ _ _ 289](fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG)) -> Bytes, Op::Send(Shape::Buffer);
    sendfile[40 71 187 187](out_fd: Fd, in_fd: Fd, offset: OFF, count: Size) -> Bytes, Op::Sendfile;
    sendfile64[_ _ 239 239](out_fd: Fd, in_fd: Fd, offset: OFF, count: Size) -> Bytes, Op::Sendfile;
    sendmmsg[307 269 345 374 538](fd: Fd, msgvec: MSG, vlen: Size, flags: Flags(&flags::MSG)) -> Number, Op::Send(Shape::Messages);
    sendmsg[46 211 370 296 518](fd: Fd, msg: MSG, flags: Flags(&flags::MSG)) -> Bytes, Op::Send(Shape::Message);
    sendto as send[44 206 369 290](fd: Fd, buf: BUF, len: Size, flags: Flags(&flags::MSG), dest_addr: ADDR, addrlen: Size) -> Bytes, Op::Send(Shape::Buffer);
    setsockopt[54 208 366 294 541](fd: Fd, level: Flags(&flags::SOCKET_LEVEL), optname: Int, optval: Pointer("optval"), optlen: Size) -> Nothing, Op::SocketOption;
    shmat[30 196 397 305](shmid: Int, shmaddr: Address, shmflg: Any) -> Address, Op::Attach;
    shmdt[67 197 398 306](shmaddr: Address) -> Nothing, Op::Detach;
    shutdown[48 210 373 293](fd: Fd, how: Flags(&flags::SHUTDOWN)) -> Nothing, Op::Shutdown;
    signalfd[282 _ 321 349](fd: Fd, mask: Pointer("mask"), sizemask: Size) -> Descriptor, Op::NewDescriptor;
    signalfd4[289 74 327 355](fd: Fd, mask: Pointer("mask"), sizemask: Size, flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    socket[41 198 359 281](domain: Flags(&flags::FAMILY), type: Flags(&flags::SOCK), protocol: Int) -> Descriptor, Op::NewDescriptor;
    socketcall[_ _ 102 _](call: Int, args: Pointer("args")) -> Number, Op::Socketcall;
    socketpair[53 199 360 288](domain: Flags(&flags::FAMILY), type: Flags(&flags::SOCK), protocol: Int, sv: Pointer("sv")) -> Nothing, Op::SocketPair;
    splice[275 76 313 340](fd_in: Fd, off_in: OFF, fd_out: Fd, off_out: OFF, len: Size, flags: Flags(&flags::SPLICE)) -> Bytes, Op::Splice;
    statx[332 291 383 397](dirfd: DirFd, pathname: Path, flags: Flags(&flags::AT), mask: Any, statxbuf: Pointer("statxbuf")) -> Nothing, Op::Stat;
    tee[276 77 315 342](fd_in: Fd, fd_out: Fd, len: Size, flags: Flags(&flags::SPLICE)) -> Bytes, Op::Tee;
    timerfd_create[283 85 322 350](clockid: Int, flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    unshare[272 97 310 337](flags: Any) -> Nothing, Op::Unshare;
    userfaultfd[323 282 374 388](flags: Flags(&flags::NEW_FD)) -> Descriptor, Op::NewDescriptor;
    vfork[58 _ 190 190]() -> Number, Op::Vfork;
    vmsplice[278 75 316 343 532](fd: Fd, iov: IOV, nr_segs: Size, flags: Flags(&flags::SPLICE)) -> Bytes, Op::Vmsplice;
    write[1 64 4 4](fd: Fd, buf: BUF, count: Size) -> Bytes, Op::Write(Shape::Buffer);
    writev[20 66 146 146 516](fd: Fd, iov: IOV, iovcnt: Int) -> Bytes, Op::Write(Shape::Vector);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_call_has_more_descriptors_than_there_is_room_for() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        for row in TABLE {
            let returned = usize::from(row.returns == Returns::Descriptor);
            let name = row.name;
            assert!(row.descriptor_args().count() + returned <= 2, "{name}");
            assert!(row.args.len() <= 6, "{name}");
        }
    }

    #[test]
    fn the_numbers_are_the_kernels() {
        for row in TABLE {
            let name = row.name;
            let numbers = [
                name.parse()
                    .ok()
                    .map(|call: syscalls::x86_64::Sysno| call.id()),
                name.parse()
                    .ok()
                    .map(|call: syscalls::aarch64::Sysno| call.id()),
                name.parse()
                    .ok()
                    .map(|call: syscalls::x86::Sysno| call.id()),
                name.parse()
                    .ok()
                    .map(|call: syscalls::arm::Sysno| call.id()),
            ];
            let ours = [Abi::X86_64, Abi::Aarch64, Abi::I386, Abi::Arm].map(|abi| row.number(abi));
            assert_eq!(ours, numbers.map(|it| it.map(|it| it as u32)), "{name}");
        }
    }

    #[test]
    fn calls_are_found_by_name_and_number() {
        assert_eq!(by_name("sendfile").unwrap().args[1].0, "in_fd");
        assert!(by_name("getppid").is_none());
        assert_eq!(by_number(Abi::X32, 515).unwrap().name, "readv");
        assert_eq!(by_number(Abi::Aarch64, 63).unwrap().name, "read");
    }
}
