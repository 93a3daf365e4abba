//! What a system call or a request of an io_uring does.

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
    /// Puts a message in a POSIX or System V message queue, and returns 0.
    QueueSend,
    /// Takes a message out of one.
    QueueReceive,
    /// Submits requests of the older asynchronous I/O (io_submit(2)).
    AioSubmit,
    /// Takes its completions.
    AioEvents,
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
    /// Shares no longer what a task shared: descriptors, namespaces.
    Unshare,
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
            | Splice | Tee | CopyRange | ProcessVm | QueueSend | QueueReceive | AioSubmit
            | AioEvents | RingSetup | RingEnter | RingRegister | Compat(_) | Socketcall => {
                Class::Bytes
            }
            Open | NewDescriptor | Accept | Close | CloseRange | Dup | Dup2 | Fcntl | Pipe
            | SocketPair | Address => Class::Descriptors,
            Map | Unmap | Remap | Memory => Class::Memory,
            Clone | Clone3 | Fork | Vfork | Exec | Unshare => Class::Processes,
            None | Ioctl | Poll | EpollWait | EpollCtl | Stat | Shutdown | SocketOption => {
                Class::Other
            }
        }
    }

    /// Which way the bytes go that it moves; neither where its result does not say how many.
    pub fn moves(self) -> Moves {
        let (reads, writes) = match self {
            Op::Recv(Shape::Messages) | Op::Send(Shape::Messages) => (false, false),
            Op::Read(_) | Op::Recv(_) | Op::RecvZc | Op::QueueReceive => (true, false),
            Op::Write(_) | Op::Send(_) | Op::SendZc(_) | Op::Vmsplice | Op::QueueSend => {
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
            Op::QueueSend => args[2],
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
