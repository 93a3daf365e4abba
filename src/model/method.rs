//! The ways to move bytes, and where they can move them.

use super::{Side, Sink};

named! {
    /// A way to move the bytes of a file, in the order in which the course meets them: one short file in `src/transfer/`
    /// each. What is known of each beside its code stands in `TABLE`, in the
    /// same order.
    pub enum Method as "a method" {
        /// `read(2)` into a buffer, `write(2)` out of it.
        ReadWrite = "read-write",
        /// `mmap(2)` the file once, `write(2)` from the mapping.
        MmapWrite = "mmap-write",
        /// `sendfile(2)`.
        Sendfile = "sendfile",
        /// `splice(2)` into a pipe, and out of it.
        Splice = "splice",
        /// `copy_file_range(2)`.
        CopyFileRange = "copy-file-range",
        /// `vmsplice(2)` from the program's memory into a pipe.
        Vmsplice = "vmsplice",
        /// `tee(2)`: one pipe, two readers.
        Tee = "tee",
        /// `read(2)` into a buffer, `send(2)` with `MSG_ZEROCOPY` out of it.
        SendZerocopy = "send-zerocopy",
        /// `sendmsg(2)` with the descriptor of memory that both sides map (`SCM_RIGHTS`).
        SharedMemory = "shared-memory",
        /// The other direction: `recv(2)` from a socket into a buffer, `write(2)` to a file.
        RecvWrite = "recv-write",
        /// The other direction: `splice(2)` from a socket into a pipe, and on to a file.
        SpliceReceive = "splice-receive",
        /// The other direction: `getsockopt(2)` with `TCP_ZEROCOPY_RECEIVE` maps pages of a socket's queue, `write(2)` to a
        /// file.
        TcpMmapReceive = "tcp-mmap-receive",
        /// io_uring: `IORING_OP_READ_FIXED` into a registered buffer, `IORING_OP_WRITE_FIXED` out of it.
        UringFixed = "uring-fixed",
        /// io_uring: `IORING_OP_READ` into a buffer, `IORING_OP_SEND_ZC` out of it.
        UringSendZc = "uring-send-zc",
        /// io_uring: `IORING_OP_SPLICE` into a pipe, and out of it.
        UringSplice = "uring-splice",
        /// io_uring: a read with `O_DIRECT` into a registered buffer, `IORING_OP_SEND_ZC` out of it.
        DirectSend = "direct-send",
        /// `sendfile(2)` to a socket for which the kernel has keys (kTLS).
        KtlsSendfile = "ktls-sendfile",
    }
}

named! {
    /// Where the bytes are when the transfer begins.
    pub enum Start {
        /// In a file.
        File = "file",
        /// In the program's own memory.
        Memory = "memory",
        /// At the other end of a TCP connection: a peer sends them, and our process receives.
        Tcp = "tcp",
    }
}

/// Where the program itself has the bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nowhere: they stay in the kernel.
    Nowhere,
    /// In a buffer, a chunk at a time.
    Buffer,
    /// In a mapping of the file.
    Mapping,
    /// In memory of its own, all of them, from the beginning.
    Memory,
    /// In memory that the receiver maps too.
    SharedMemory,
}

/// Whether a method needs a pipe of its own on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OwnPipe {
    Never,
    /// splice(2) asks for a pipe at one end only.
    UnlessSinkIsPipe,
    Always,
}

/// How requests go through an io_uring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uring {
    No,
    Plain,
    /// With the source's descriptor and the buffer registered.
    Registered,
}

/// A row of the table of methods. Everything that is asked of a method derives from it.
struct MethodRow {
    method: Method,
    /// Its usual one first.
    sinks: &'static [Sink],
    start: Start,
    held: Held,
    pipe: OwnPipe,
    uring: Uring,
    /// The kernel reports of its sends which ones it copied after all.
    reports: bool,
    /// It maps the pages in which the payload arrives: `TCP_ZEROCOPY_RECEIVE`.
    maps_socket: bool,
    /// The kernel encrypts what is sent, and the receiver's decrypts it.
    encrypts: bool,
    /// `O_DIRECT`.
    direct: bool,
    second_sink: bool,
    /// The file system may share blocks instead of copying.
    shares_blocks: bool,
}

/// A file that stays in the kernel: rows name what is different.
const PLAIN: MethodRow = MethodRow {
    method: Method::Sendfile,
    sinks: &Sink::ALL,
    start: Start::File,
    held: Held::Nowhere,
    pipe: OwnPipe::Never,
    uring: Uring::No,
    reports: false,
    maps_socket: false,
    encrypts: false,
    direct: false,
    second_sink: false,
    shares_blocks: false,
};

static TABLE: [MethodRow; Method::ALL.len()] = [
    MethodRow {
        method: Method::ReadWrite,
        held: Held::Buffer,
        ..PLAIN
    },
    MethodRow {
        method: Method::MmapWrite,
        held: Held::Mapping,
        ..PLAIN
    },
    PLAIN,
    MethodRow {
        method: Method::Splice,
        pipe: OwnPipe::UnlessSinkIsPipe,
        ..PLAIN
    },
    MethodRow {
        method: Method::CopyFileRange,
        sinks: &[Sink::File],
        shares_blocks: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::Vmsplice,
        sinks: &[Sink::Pipe, Sink::Tcp, Sink::Unix],
        start: Start::Memory,
        held: Held::Memory,
        pipe: OwnPipe::UnlessSinkIsPipe,
        ..PLAIN
    },
    MethodRow {
        method: Method::Tee,
        sinks: &[Sink::Pipe],
        pipe: OwnPipe::Always,
        second_sink: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::SendZerocopy,
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        reports: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::SharedMemory,
        sinks: &[Sink::Unix],
        start: Start::Memory,
        held: Held::SharedMemory,
        ..PLAIN
    },
    MethodRow {
        method: Method::RecvWrite,
        sinks: &[Sink::File],
        start: Start::Tcp,
        held: Held::Buffer,
        ..PLAIN
    },
    MethodRow {
        method: Method::SpliceReceive,
        sinks: &[Sink::File],
        start: Start::Tcp,
        pipe: OwnPipe::Always,
        ..PLAIN
    },
    MethodRow {
        method: Method::TcpMmapReceive,
        sinks: &[Sink::File],
        start: Start::Tcp,
        held: Held::Buffer,
        maps_socket: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringFixed,
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Registered,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringSendZc,
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Plain,
        reports: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringSplice,
        pipe: OwnPipe::UnlessSinkIsPipe,
        uring: Uring::Plain,
        ..PLAIN
    },
    MethodRow {
        method: Method::DirectSend,
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Registered,
        reports: true,
        direct: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::KtlsSendfile,
        sinks: &[Sink::Tcp],
        encrypts: true,
        ..PLAIN
    },
];

/// Each method finds its own row.
const _: () = {
    let mut at = 0;
    while at < TABLE.len() {
        assert!(TABLE[at].method as usize == at);
        at += 1;
    }
};

impl Method {
    fn row(self) -> &'static MethodRow {
        &TABLE[self as usize]
    }

    /// The file of `src/transfer` that holds it, which the learner reads: `read_write.rs`.
    pub fn source_file(self) -> String {
        self.name().replace('-', "_") + ".rs"
    }

    /// The file beside it with the same transfer in C, where there is one: `read_write.c`.
    pub fn c_file(self) -> String {
        self.name().replace('-', "_") + ".c"
    }

    /// The sinks that it can write to, its usual one first.
    pub fn sinks(self) -> &'static [Sink] {
        self.row().sinks
    }

    /// Whether it moves the bytes through a pipe of its own on the way to such a sink.
    pub fn has_pipe(self, to: Sink) -> bool {
        match self.row().pipe {
            OwnPipe::Never => false,
            OwnPipe::UnlessSinkIsPipe => to != Sink::Pipe,
            OwnPipe::Always => true,
        }
    }

    /// Where the program itself has the bytes on their way.
    pub fn held(self) -> Held {
        self.row().held
    }

    /// Whether its requests go through an io_uring.
    pub fn uses_ring(self) -> bool {
        self.row().uring != Uring::No
    }

    /// Whether the ring knows the source and the buffer beforehand.
    pub fn registers(self) -> bool {
        self.row().uring == Uring::Registered
    }

    /// Whether the kernel reports of its sends which ones it copied after all.
    pub fn has_reports(self) -> bool {
        self.row().reports
    }

    /// Whether these reports come by the socket's error queue: `MSG_ZEROCOPY`.
    pub fn uses_error_queue(self) -> bool {
        self.has_reports() && !self.uses_ring()
    }

    /// Whether it maps the pages in which the payload arrives, as far as the kernel lets it.
    pub fn maps_socket(self) -> bool {
        self.row().maps_socket
    }

    /// Whether the kernel encrypts what is sent (kTLS).
    pub fn encrypts(self) -> bool {
        self.row().encrypts
    }

    /// Whether the bytes go by the page cache: `O_DIRECT`.
    pub fn bypasses_cache(self) -> bool {
        self.row().direct
    }

    /// Whether all bytes go to two sinks of a kind.
    pub fn has_second_sink(self) -> bool {
        self.row().second_sink
    }

    /// Whether it passes a descriptor of memory instead of the bytes.
    pub fn passes_memory(self) -> bool {
        self.held() == Held::SharedMemory
    }

    /// Whether the file system may share blocks instead of copying.
    pub fn may_share_blocks(self) -> bool {
        self.row().shares_blocks
    }

    /// Where the bytes are when the transfer begins.
    pub fn start(self) -> Start {
        self.row().start
    }

    /// Whether the process that is measured and traced is the one that receives.
    pub fn receives(self) -> bool {
        self.start() == Start::Tcp
    }

    /// The side of the process that is measured and traced: its hops are the ones that are counted.
    pub fn side(self) -> Side {
        match self.receives() {
            true => Side::Receiver,
            false => Side::Sender,
        }
    }
}

named! {
    /// Whether the source is in the page cache when the transfer begins.
    #[derive(Default)]
    pub enum Cache {
        /// In the page cache: nothing comes from the disk.
        #[default]
        Warm = "warm",
        /// Dropped from the page cache first: the disk must be read.
        Cold = "cold",
    }
}
