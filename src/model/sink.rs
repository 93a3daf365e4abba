//! What a transfer writes to.

use super::Place;

named! {
    /// What the bytes are written to.
    pub enum Sink as "a sink" {
        /// A TCP connection over loopback.
        Tcp = "tcp",
        /// A connected unix stream socket.
        Unix = "unix",
        /// A pipe.
        Pipe = "pipe",
        /// Another file.
        File = "file",
    }
}

/// A row of the table of sinks.
struct SinkRow {
    place: Place,
    has_reader: bool,
    beyond: Option<(Place, &'static str)>,
    limit: &'static str,
}

impl Sink {
    fn row(self) -> SinkRow {
        match self {
            Sink::Tcp => SinkRow {
                place: Place::SocketQueue,
                has_reader: true,
                beyond: Some((
                    Place::Device,
                    "loopback has no device; on a real network card",
                )),
                limit: "/proc/sys/net/ipv4/tcp_wmem",
            },
            Sink::Unix => SinkRow {
                place: Place::SocketQueue,
                has_reader: true,
                beyond: None,
                limit: "/proc/sys/net/core/wmem_max",
            },
            Sink::Pipe => SinkRow {
                place: Place::Pipe,
                has_reader: true,
                beyond: None,
                limit: "/proc/sys/fs/pipe-max-size",
            },
            Sink::File => SinkRow {
                place: Place::PageCache,
                has_reader: false,
                beyond: Some((Place::Disk, "written back later; fsync(2) waits for it")),
                limit: "the file system",
            },
        }
    }

    /// The names of several: `tcp, unix`.
    pub fn names(sinks: &[Sink]) -> String {
        let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
        names.join(", ")
    }

    /// Where in the kernel the bytes are once they are written.
    pub fn place(self) -> Place {
        self.row().place
    }

    /// Whether a process at the other end reads them.
    pub fn has_reader(self) -> bool {
        self.row().has_reader
    }

    /// Where they would go on to with other hardware, or later, and why they do not here.
    pub fn beyond(self) -> Option<(Place, &'static str)> {
        self.row().beyond
    }

    /// Where the system's limit of what it holds unread stands.
    pub fn limit(self) -> &'static str {
        self.row().limit
    }
}
