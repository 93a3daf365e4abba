//! The ways to move bytes, and where they can move them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Side, Sink};

/// A way to move the bytes of a file: one short file in `src/transfer/` each. What is known of each beside its code stands
/// in `TABLE`, in the same order: that in which the course meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `read(2)` into a buffer, `write(2)` out of it.
    ReadWrite,
    /// `mmap(2)` the file once, `write(2)` from the mapping.
    MmapWrite,
    /// `sendfile(2)`.
    Sendfile,
    /// `splice(2)` into a pipe, and out of it.
    Splice,
    /// `copy_file_range(2)`.
    CopyFileRange,
    /// `vmsplice(2)` from the program's memory into a pipe.
    Vmsplice,
    /// `tee(2)`: one pipe, two readers.
    Tee,
    /// `read(2)` into a buffer, `send(2)` with `MSG_ZEROCOPY` out of it.
    SendZerocopy,
    /// `sendmsg(2)` with the descriptor of memory that both sides map (`SCM_RIGHTS`).
    SharedMemory,
    /// The other direction: `recv(2)` from a socket into a buffer, `write(2)` to a file.
    RecvWrite,
    /// The other direction: `splice(2)` from a socket into a pipe, and on to a file.
    SpliceReceive,
    /// io_uring: `IORING_OP_READ_FIXED` into a registered buffer, `IORING_OP_WRITE_FIXED` out of it.
    UringFixed,
    /// io_uring: `IORING_OP_READ` into a buffer, `IORING_OP_SEND_ZC` out of it.
    UringSendZc,
    /// io_uring: `IORING_OP_SPLICE` into a pipe, and out of it.
    UringSplice,
    /// io_uring: a read with `O_DIRECT` into a registered buffer, `IORING_OP_SEND_ZC` out of it.
    DirectSend,
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
    name: &'static str,
    /// The file of `src/transfer`.
    source_file: &'static str,
    /// Its usual one first.
    sinks: &'static [Sink],
    start: Start,
    held: Held,
    pipe: OwnPipe,
    uring: Uring,
    /// The kernel reports of its sends which ones it copied after all.
    reports: bool,
    /// `O_DIRECT`.
    direct: bool,
    second_sink: bool,
    /// The file system may share blocks instead of copying.
    shares_blocks: bool,
}

/// A file that stays in the kernel: rows name what is different.
const PLAIN: MethodRow = MethodRow {
    method: Method::Sendfile,
    name: "sendfile",
    source_file: "sendfile.rs",
    sinks: &Sink::ALL,
    start: Start::File,
    held: Held::Nowhere,
    pipe: OwnPipe::Never,
    uring: Uring::No,
    reports: false,
    direct: false,
    second_sink: false,
    shares_blocks: false,
};

static TABLE: [MethodRow; 15] = [
    MethodRow {
        method: Method::ReadWrite,
        name: "read-write",
        source_file: "read_write.rs",
        held: Held::Buffer,
        ..PLAIN
    },
    MethodRow {
        method: Method::MmapWrite,
        name: "mmap-write",
        source_file: "mmap_write.rs",
        held: Held::Mapping,
        ..PLAIN
    },
    PLAIN,
    MethodRow {
        method: Method::Splice,
        name: "splice",
        source_file: "splice.rs",
        pipe: OwnPipe::UnlessSinkIsPipe,
        ..PLAIN
    },
    MethodRow {
        method: Method::CopyFileRange,
        name: "copy-file-range",
        source_file: "copy_file_range.rs",
        sinks: &[Sink::File],
        shares_blocks: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::Vmsplice,
        name: "vmsplice",
        source_file: "vmsplice.rs",
        sinks: &[Sink::Pipe, Sink::Tcp, Sink::Unix],
        start: Start::Memory,
        held: Held::Memory,
        pipe: OwnPipe::UnlessSinkIsPipe,
        ..PLAIN
    },
    MethodRow {
        method: Method::Tee,
        name: "tee",
        source_file: "tee.rs",
        sinks: &[Sink::Pipe],
        pipe: OwnPipe::Always,
        second_sink: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::SendZerocopy,
        name: "send-zerocopy",
        source_file: "send_zerocopy.rs",
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        reports: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::SharedMemory,
        name: "shared-memory",
        source_file: "shared_memory.rs",
        sinks: &[Sink::Unix],
        start: Start::Memory,
        held: Held::SharedMemory,
        ..PLAIN
    },
    MethodRow {
        method: Method::RecvWrite,
        name: "recv-write",
        source_file: "recv_write.rs",
        sinks: &[Sink::File],
        start: Start::Tcp,
        held: Held::Buffer,
        ..PLAIN
    },
    MethodRow {
        method: Method::SpliceReceive,
        name: "splice-receive",
        source_file: "splice_receive.rs",
        sinks: &[Sink::File],
        start: Start::Tcp,
        pipe: OwnPipe::Always,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringFixed,
        name: "uring-fixed",
        source_file: "uring_fixed.rs",
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Registered,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringSendZc,
        name: "uring-send-zc",
        source_file: "uring_send_zc.rs",
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Plain,
        reports: true,
        ..PLAIN
    },
    MethodRow {
        method: Method::UringSplice,
        name: "uring-splice",
        source_file: "uring_splice.rs",
        pipe: OwnPipe::UnlessSinkIsPipe,
        uring: Uring::Plain,
        ..PLAIN
    },
    MethodRow {
        method: Method::DirectSend,
        name: "direct-send",
        source_file: "direct_send.rs",
        sinks: &[Sink::Tcp],
        held: Held::Buffer,
        uring: Uring::Registered,
        reports: true,
        direct: true,
        ..PLAIN
    },
];

impl Method {
    /// Every method, in the order in which the course meets them.
    pub const ALL: [Method; TABLE.len()] = {
        let mut all = [Method::ReadWrite; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].method;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static MethodRow {
        &TABLE[self as usize]
    }

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The file of `src/transfer` that holds it, which the learner reads: `read_write.rs`.
    pub fn source_file(self) -> &'static str {
        self.row().source_file
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

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Method::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Method::ALL.iter().map(|method| method.name()).collect();
                format!("'{text}' is not a method: there are {}", names.join(", "))
            })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_finds_its_own_row() {
        for method in Method::ALL {
            assert_eq!(method.row().method, method);
            assert_eq!(method.name().parse(), Ok(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
            assert_eq!(
                method.source_file(),
                method.name().replace('-', "_") + ".rs"
            );
        }
    }
}
