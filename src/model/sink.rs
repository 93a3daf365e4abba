//! What a transfer writes to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Place;

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

/// A row of the table of sinks, in the order of [`Sink`].
struct SinkRow {
    name: &'static str,
    place: Place,
    reader: bool,
    beyond: Option<(Place, &'static str)>,
    limit: &'static str,
}

static TABLE: [SinkRow; Sink::ALL.len()] = [
    SinkRow {
        name: "tcp",
        place: Place::SocketQueue,
        reader: true,
        beyond: Some((
            Place::Device,
            "loopback has no device; on a real network card",
        )),
        limit: "/proc/sys/net/ipv4/tcp_wmem",
    },
    SinkRow {
        name: "unix",
        place: Place::SocketQueue,
        reader: true,
        beyond: None,
        limit: "/proc/sys/net/core/wmem_max",
    },
    SinkRow {
        name: "pipe",
        place: Place::Pipe,
        reader: true,
        beyond: None,
        limit: "/proc/sys/fs/pipe-max-size",
    },
    SinkRow {
        name: "file",
        place: Place::PageCache,
        reader: false,
        beyond: Some((Place::Disk, "written back later; fsync(2) waits for it")),
        limit: "the file system",
    },
];

impl Sink {
    /// Every sink.
    pub const ALL: [Sink; 4] = [Sink::Tcp, Sink::Unix, Sink::Pipe, Sink::File];

    fn row(self) -> &'static SinkRow {
        &TABLE[self as usize]
    }

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        self.row().name
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
        self.row().reader
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
            .ok_or_else(|| {
                format!(
                    "'{text}' is not a sink: there are {}",
                    Sink::names(&Sink::ALL)
                )
            })
    }
}
