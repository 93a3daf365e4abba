//! The ways to move bytes, and where they can move them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Place, Side};

/// A way to move the bytes of a file: one short file in `src/transfer/` each.
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
    /// io_uring: `IORING_OP_READ_FIXED` into a registered buffer, `IORING_OP_WRITE_FIXED` out of it.
    UringFixed,
    /// io_uring: `IORING_OP_READ` into a buffer, `IORING_OP_SEND_ZC` out of it.
    UringSendZc,
    /// io_uring: `IORING_OP_SPLICE` into a pipe, and out of it.
    UringSplice,
    /// io_uring: a read with `O_DIRECT` into a registered buffer, `IORING_OP_SEND_ZC` out of it.
    DirectSend,
    /// `sendmsg(2)` with the descriptor of memory that both sides map (`SCM_RIGHTS`).
    SharedMemory,
    /// The other direction: `recv(2)` from a socket into a buffer, `write(2)` to a file.
    RecvWrite,
    /// The other direction: `splice(2)` from a socket into a pipe, and on to a file.
    SpliceReceive,
}

/// Where the bytes are when the transfer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// In a file.
    File,
    /// In the program's own memory.
    Memory,
    /// At the other end of a TCP connection: a peer sends them, and our process receives.
    Tcp,
}

impl Start {
    /// Its name in JSON and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Start::File => "file",
            Start::Memory => "memory",
            Start::Tcp => "tcp",
        }
    }
}

impl Method {
    /// Every method, in the order in which the course meets them.
    pub const ALL: [Method; 15] = [
        Method::ReadWrite,
        Method::MmapWrite,
        Method::Sendfile,
        Method::Splice,
        Method::CopyFileRange,
        Method::Vmsplice,
        Method::Tee,
        Method::SendZerocopy,
        Method::SharedMemory,
        Method::RecvWrite,
        Method::SpliceReceive,
        Method::UringFixed,
        Method::UringSendZc,
        Method::UringSplice,
        Method::DirectSend,
    ];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Method::ReadWrite => "read-write",
            Method::MmapWrite => "mmap-write",
            Method::Sendfile => "sendfile",
            Method::Splice => "splice",
            Method::CopyFileRange => "copy-file-range",
            Method::Vmsplice => "vmsplice",
            Method::Tee => "tee",
            Method::SendZerocopy => "send-zerocopy",
            Method::SharedMemory => "shared-memory",
            Method::RecvWrite => "recv-write",
            Method::SpliceReceive => "splice-receive",
            Method::UringFixed => "uring-fixed",
            Method::UringSendZc => "uring-send-zc",
            Method::UringSplice => "uring-splice",
            Method::DirectSend => "direct-send",
        }
    }

    /// The file of `src/transfer` that holds it, which the learner reads: `read_write.rs`.
    pub fn source_file(self) -> &'static str {
        match self {
            Method::ReadWrite => "read_write.rs",
            Method::MmapWrite => "mmap_write.rs",
            Method::Sendfile => "sendfile.rs",
            Method::Splice => "splice.rs",
            Method::CopyFileRange => "copy_file_range.rs",
            Method::Vmsplice => "vmsplice.rs",
            Method::Tee => "tee.rs",
            Method::SendZerocopy => "send_zerocopy.rs",
            Method::SharedMemory => "shared_memory.rs",
            Method::RecvWrite => "recv_write.rs",
            Method::SpliceReceive => "splice_receive.rs",
            Method::UringFixed => "uring_fixed.rs",
            Method::UringSendZc => "uring_send_zc.rs",
            Method::UringSplice => "uring_splice.rs",
            Method::DirectSend => "direct_send.rs",
        }
    }

    /// The sinks that it can write to, its usual one first.
    pub fn sinks(self) -> &'static [Sink] {
        match self {
            Method::ReadWrite
            | Method::MmapWrite
            | Method::Sendfile
            | Method::Splice
            | Method::UringSplice => &Sink::ALL,
            Method::CopyFileRange => &[Sink::File],
            Method::Vmsplice => &[Sink::Pipe, Sink::Tcp, Sink::Unix],
            Method::Tee => &[Sink::Pipe],
            Method::SendZerocopy
            | Method::UringFixed
            | Method::UringSendZc
            | Method::DirectSend => &[Sink::Tcp],
            Method::SharedMemory => &[Sink::Unix],
            Method::RecvWrite | Method::SpliceReceive => &[Sink::File],
        }
    }

    /// Whether it moves the bytes through a pipe of its own on the way to such a sink. A sink that is a pipe needs
    /// no other one: splice(2) asks for a pipe at one end only.
    pub fn has_pipe(self, to: Sink) -> bool {
        match self {
            Method::Splice | Method::Vmsplice | Method::UringSplice => to != Sink::Pipe,
            Method::Tee | Method::SpliceReceive => true,
            _ => false,
        }
    }

    /// Whether its requests go through an io_uring.
    pub fn uses_ring(self) -> bool {
        use Method::{DirectSend, UringFixed, UringSendZc, UringSplice};
        matches!(self, UringFixed | UringSendZc | UringSplice | DirectSend)
    }

    /// Whether the kernel reports of its sends which ones it copied after all.
    pub fn has_reports(self) -> bool {
        use Method::{DirectSend, SendZerocopy, UringSendZc};
        matches!(self, SendZerocopy | UringSendZc | DirectSend)
    }

    /// Whether the bytes go by the page cache: `O_DIRECT`.
    pub fn bypasses_cache(self) -> bool {
        self == Method::DirectSend
    }

    /// Where the bytes are when the transfer begins.
    pub fn start(self) -> Start {
        match self {
            Method::Vmsplice | Method::SharedMemory => Start::Memory,
            Method::RecvWrite | Method::SpliceReceive => Start::Tcp,
            _ => Start::File,
        }
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

/// What the bytes are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sink {
    /// A TCP connection over loopback.
    Tcp,
    /// A connected unix stream socket.
    Unix,
    /// A pipe.
    Pipe,
    /// Another file.
    File,
}

impl Sink {
    /// Every sink.
    pub const ALL: [Sink; 4] = [Sink::Tcp, Sink::Unix, Sink::Pipe, Sink::File];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Sink::Tcp => "tcp",
            Sink::Unix => "unix",
            Sink::Pipe => "pipe",
            Sink::File => "file",
        }
    }

    /// Where bytes are once they were written to it.
    pub fn place(self) -> Place {
        match self {
            Sink::Tcp | Sink::Unix => Place::SocketQueue,
            Sink::Pipe => Place::Pipe,
            Sink::File => Place::PageCache,
        }
    }
}

impl fmt::Display for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Sink {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Sink::ALL
            .into_iter()
            .find(|sink| sink.name() == text)
            .ok_or_else(|| format!("'{text}' is not a sink: there are tcp, unix, pipe and file"))
    }
}

/// Whether the source is in the page cache when the transfer begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// In the page cache: nothing comes from the disk.
    #[default]
    Warm,
    /// Dropped from the page cache first: the disk must be read.
    Cold,
}

impl Cache {
    /// `warm` or `cold`.
    pub fn name(self) -> &'static str {
        match self {
            Cache::Warm => "warm",
            Cache::Cold => "cold",
        }
    }
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
