//! What was learnt of an open file when it was looked up: what the copies of its bytes, and advice on them, depend on.

use serde::{Deserialize, Serialize};

use super::FileSystem;

named! {
    /// How a socket parts its bytes (socket(2)).
    pub enum SocketType {
        /// Not at all.
        Stream = "stream",
        /// In datagrams.
        Datagram = "dgram",
        /// In messages, in order.
        SeqPacket = "seqpacket",
        /// In packets, with or without their headers.
        Raw = "raw",
    }
}

/// What was learnt of an open file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct FileTraits {
    /// Somebody looked. False in recordings that are older, and where /proc was refused.
    pub known: bool,
    /// Of a file: what it is on.
    pub file_system: FileSystem,
    /// Of a file: what tells file systems apart (`st_dev`).
    pub device: u64,
    /// Of the source of a flow: a read has found its end.
    pub read_to_end: bool,
    /// Of the source of a flow: its bytes were read out of a pipe that is not the reader's standard input, as a shell does
    /// for `$(cat file)`.
    pub captured: bool,
    /// Of the source of a flow: a program has written its bytes on more than once.
    pub resent: bool,
    /// Of a file: it was mapped to be executed.
    pub code: bool,
    /// It was opened with `O_APPEND`.
    pub append: bool,
    /// It was opened with `O_DIRECT`, on a file system that takes the flag and uses the page cache all the same.
    pub direct_ignored: bool,
    /// Of a pipe: it is in packet mode (`O_DIRECT`, pipe(2)).
    pub packets: bool,
    /// Of a socket.
    pub socket: Option<SocketType>,
    /// `SO_ZEROCOPY` was set: without it `MSG_ZEROCOPY` is ignored.
    pub zero_copy: bool,
    /// The kernel encrypts what is sent (kTLS), or decrypts what is received.
    pub tls: bool,
}

impl FileTraits {
    /// Whether nobody looked.
    pub fn is_unknown(&self) -> bool {
        !self.known
    }

    /// Whether a send is a message of its own, so that a call that joins or parts bytes changes what arrives.
    pub fn has_boundaries(&self) -> bool {
        self.packets || self.socket.is_some_and(|kind| kind != SocketType::Stream)
    }

    /// The same end, opened once more: what holds of either, where that forbids something.
    pub fn and(self, other: FileTraits) -> FileTraits {
        if !self.known || !other.known {
            return if self.known { self } else { other };
        }
        FileTraits {
            append: self.append || other.append,
            direct_ignored: self.direct_ignored || other.direct_ignored,
            packets: self.packets || other.packets,
            code: self.code || other.code,
            read_to_end: self.read_to_end || other.read_to_end,
            captured: self.captured || other.captured,
            resent: self.resent || other.resent,
            zero_copy: self.zero_copy && other.zero_copy,
            tls: self.tls || other.tls,
            device: if self.device == other.device {
                self.device
            } else {
                0
            },
            ..self
        }
    }
}
