//! What the tracer saw: system calls, the tasks that made them, the descriptors they named.

use std::ops::Range;

use serde::{Deserialize, Serialize, Serializer};

use super::{FileTraits, Request, Unread};

/// No descriptor: the value of an unused place in [`Call::descriptors`].
pub const NO_DESCRIPTOR: u32 = u32::MAX;

/// The longest [`Text`] that is kept, in bytes.
pub const TEXT_LIMIT: usize = 256;

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// It returned, and [`Call::result`] is what it returned.
    #[default]
    Returned,
    /// It never returned: the task ended in it, or the recording did.
    Unfinished,
}

/// One system call, entry and exit joined. 88 bytes, so that a million of them stay small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Index into [`Trace::names`].
    pub name: u16,
    /// Index into [`Trace::tasks`].
    pub task: u16,
    /// How it ended.
    pub state: CallState,
    /// The raw arguments, as the kernel took them.
    pub args: [u64; 6],
    /// What it returned; `-errno` on failure. 0 while unfinished.
    pub result: i64,
    /// Entry, in nanoseconds since the recording began.
    pub start_ns: u64,
    /// From the entry stop to the exit stop, in nanoseconds: with the tracer's own cost in it.
    pub duration_ns: u64,
    /// Indices into [`Trace::descriptors`]: the descriptors among the arguments, in argument order, then the one
    /// that was returned; for pipe and socketpair the two that were made. [`NO_DESCRIPTOR`] where there is none: an
    /// argument of -1 or `AT_FDCWD` keeps its place.
    pub descriptors: [u32; 2],
}

impl Call {
    /// The errno that it failed with (positive), if it failed.
    pub fn errno(&self) -> Option<i32> {
        (self.state == CallState::Returned && (-4095..0).contains(&self.result))
            .then_some(-self.result as i32)
    }

    /// What it returned, if it returned and did not fail.
    pub fn returned(&self) -> Option<i64> {
        (self.state == CallState::Returned && self.errno().is_none()).then_some(self.result)
    }
}

/// What a file descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DescriptorKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A TCP socket.
    Tcp,
    /// A UDP socket.
    Udp,
    /// A unix socket.
    Unix,
    /// A pipe or FIFO.
    Pipe,
    /// A terminal.
    Tty,
    /// Another device.
    Device,
    /// A socket of another kind: raw, netlink, packet, vsock.
    Socket,
    /// memfd, eventfd, epoll, io_uring and what else has no path.
    Anonymous,
    /// It could not be found out.
    Unknown,
}

impl DescriptorKind {
    /// Whether one program can give bytes to another through it, by a queue of the kernel's own on one machine.
    pub fn is_queue(self) -> bool {
        matches!(self, DescriptorKind::Pipe | DescriptorKind::Unix)
    }
}

/// A file descriptor as one task had it during some calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Descriptor {
    /// The number.
    pub fd: i32,
    /// What it is.
    pub kind: DescriptorKind,
    /// What it is called, as shown between `<` and `>`: `/tmp/source`, `tcp 127.0.0.1:41234`, `pipe`.
    pub name: String,
    /// What tells it from others of the same name: device and inode, or socket number. 0 where unknown.
    #[serde(default)]
    pub identity: u64,
    /// It was opened with `O_DIRECT`: its bytes go by the page cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
    /// What else was learnt of it.
    #[serde(default, skip_serializing_if = "FileTraits::is_unknown")]
    pub traits: FileTraits,
}

impl Descriptor {
    /// What tells a file from others, by its device and its inode.
    pub(crate) fn identity_of(device: u64, inode: u64) -> u64 {
        device.rotate_left(40) ^ inode
    }
}

/// A thread that was traced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Thread id.
    pub tid: i32,
    /// Process id.
    pub pid: i32,
    /// The command's name (`/proc/PID/comm`).
    pub name: String,
}

/// A string that a call's argument pointed to, read at its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Index into [`Trace::calls`].
    pub call: u32,
    /// Which argument, from 0.
    pub arg: u8,
    /// What stood there, cut at [`TEXT_LIMIT`] bytes, with bytes that are no UTF-8 replaced.
    pub text: String,
}

/// Everything that one traced run showed. The calls stand in the order of their entry; in a file they, and what belongs
/// to them, have lines of their own, and serde writes only how many there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The calls.
    #[serde(serialize_with = "count", skip_deserializing)]
    pub calls: Vec<Call>,
    /// Wall time of the traced part, in nanoseconds. Not comparable with an untraced run.
    pub wall_ns: u64,
    /// The names of the calls ([`Call::name`]); `syscall_451` for one that has no name here.
    pub names: Vec<String>,
    /// The threads ([`Call::task`]).
    pub tasks: Vec<Task>,
    /// The descriptors ([`Call::descriptors`]).
    pub descriptors: Vec<Descriptor>,
    /// Rings whose requests could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// Strings that arguments pointed to, sorted by call and argument.
    #[serde(skip)]
    pub texts: Vec<Text>,
    /// Requests that calls handed over in rings, sorted by call.
    #[serde(skip)]
    pub requests: Vec<Request>,
}

fn count<S: Serializer>(calls: &[Call], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(calls.len() as u64)
}

impl Trace {
    /// A copy with the last calls alone, at most so many; without requests in rings.
    pub fn last(&self, most: usize) -> Trace {
        let first = self.calls.len().saturating_sub(most);
        let texts = self
            .texts
            .partition_point(|text| (text.call as usize) < first);
        let texts = self.texts[texts..].iter().map(|text| Text {
            call: text.call - first as u32,
            ..text.clone()
        });
        Trace {
            wall_ns: self.wall_ns,
            names: self.names.clone(),
            tasks: self.tasks.clone(),
            descriptors: self.descriptors.clone(),
            calls: self.calls[first..].to_vec(),
            texts: texts.collect(),
            ..Trace::default()
        }
    }

    /// The name of a call.
    pub fn name(&self, call: &Call) -> &str {
        self.names
            .get(usize::from(call.name))
            .map_or("?", String::as_str)
    }

    /// The descriptor that one of a call's arguments named, by its number among them (0 or 1).
    pub fn descriptor(&self, call: &Call, which: usize) -> Option<&Descriptor> {
        self.descriptors.get(*call.descriptors.get(which)? as usize)
    }

    /// The calls of a range alone, as if the recording had begun with the first of them.
    pub fn part(&self, range: Range<usize>) -> Trace {
        let number = |call: u32| {
            let inside = range.contains(&(call as usize));
            inside.then(|| call - range.start as u32)
        };
        let calls = self.calls.get(range.clone()).unwrap_or_default();
        let began = calls.first().map_or(0, |first| first.start_ns);
        let ended = calls.iter().map(|call| call.start_ns + call.duration_ns);
        let texts = self.texts.iter().filter_map(|text| {
            let call = number(text.call)?;
            let text = text.clone();
            Some(Text { call, ..text })
        });
        let requests = self.requests.iter().filter_map(|request| {
            let call = number(request.call)?;
            Some(Request { call, ..*request })
        });
        Trace {
            wall_ns: ended.max().unwrap_or(began) - began,
            calls: calls
                .iter()
                .map(|call| Call {
                    start_ns: call.start_ns - began,
                    ..*call
                })
                .collect(),
            texts: texts.collect(),
            requests: requests.collect(),
            names: self.names.clone(),
            tasks: self.tasks.clone(),
            descriptors: self.descriptors.clone(),
            unread: self.unread.clone(),
        }
    }

    /// The requests that the call of this number handed over.
    pub fn requests_of(&self, number: usize) -> &[Request] {
        let first = self
            .requests
            .partition_point(|it| (it.call as usize) < number);
        let rest = &self.requests[first..];
        let last = rest.partition_point(|it| it.call as usize == number);
        &rest[..last]
    }

    /// What one of a request's descriptors was: 0 its own, 1 the one that a splice takes from.
    pub fn descriptor_of(&self, request: &Request, which: usize) -> Option<&Descriptor> {
        self.descriptors
            .get(*request.descriptors.get(which)? as usize)
    }

    /// How often each call was made, most frequent first, then by name.
    pub fn calls_by_name(&self) -> Vec<(&str, u64)> {
        let mut counts = vec![0u64; self.names.len()];
        for call in &self.calls {
            if let Some(count) = counts.get_mut(usize::from(call.name)) {
                *count += 1;
            }
        }
        let mut named: Vec<_> = self.names.iter().map(String::as_str).zip(counts).collect();
        named.retain(|(_, count)| *count > 0);
        named.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        named
    }
}
