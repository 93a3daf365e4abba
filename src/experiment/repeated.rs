//! The same transfer many times in one process: a transfer of a few microseconds is too short to be timed alone. And
//! transfers to /dev/null, which no verified experiment would send anything to.

use std::{
    fs::File,
    io::{Read, Seek},
    os::fd::AsFd,
    path::Path,
    process::Stdio,
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::comparison::{Entry, To};
use super::{complaint, memory_file, stop_if};
use crate::endpoint::{self, Drain, Reader};
use crate::measure::Counters;
use crate::model::{Measured, Method};
use crate::tracer::Cancel;
use crate::transfer::{mmap_write, read_write, sendfile};

/// What the process is to do.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The transfer.
    pub entry: Entry,
    /// How many times.
    pub count: u32,
    /// Where a file sink lies.
    pub dir: &'a Path,
    /// The CPUs of the receiver.
    pub receiver_cpus: Option<&'a str>,
}

/// What the process says: one JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    /// What all transfers moved together.
    pub bytes_moved: u64,
    /// What arrived; none where nobody counts it.
    pub received: Option<u64>,
    /// Counters over all of them.
    pub measured: Measured,
}

/// Runs an order in a process of its own, on this source.
pub(super) fn run(order: &Order, source: &File, cancel: &Cancel) -> Result<Said> {
    let errors = memory_file()?;
    let Entry {
        method, to, chunk, ..
    } = order.entry;
    let mut command = endpoint::this_program();
    command.args(["__repeat", method.name(), "--to", to.name()]);
    command.arg(format!("--chunk={}", chunk.bytes()));
    command.arg(format!("--count={}", order.count));
    command.arg("--dir").arg(order.dir);
    if let Some(cpus) = order.receiver_cpus {
        command.args(["--receiver-cpus", cpus]);
    }
    command
        .stdin(source.try_clone()?)
        .stdout(Stdio::piped())
        .stderr(errors.try_clone()?);
    let mut child = command
        .spawn()
        .context("cannot start the sending process")?;
    // Where it has ended already there is nothing to cancel.
    let _guard = cancel.guard(child.id());
    let mut text = String::new();
    let stdout = child.stdout.take().expect("asked for a pipe");
    let heard = { stdout }.read_to_string(&mut text);
    let status = child
        .wait()
        .context("cannot wait for the sending process")?;
    stop_if(cancel)?;
    ensure!(status.success(), complaint(errors, || status.to_string()));
    heard.context("cannot hear the sending process")?;
    serde_json::from_str(&text).context("the sending process reported nothing")
}

/// The process, from within: sends standard input, a file, again and again, and says what all of it took. Each time
/// begins by going back to the start of the source, one lseek(2), by every method alike.
///
/// # Errors
/// One line.
pub fn send(order: &Order) -> Result<Said> {
    // Opened once more, for a file position of its own: the parent hands the same file to every run.
    let source = File::open("/proc/self/fd/0").context("cannot reopen standard input")?;
    let To::Sink(sink) = order.entry.to else {
        let null = File::options().write(true).open("/dev/null");
        let (bytes_moved, measured) =
            timed(order, &source, &null.context("cannot open /dev/null")?)?;
        return Ok(Said {
            bytes_moved,
            received: None,
            measured,
        });
    };
    let reader = Reader {
        drain: Drain::Discard,
        maps: false,
        cpus: order.receiver_cpus,
    };
    let connection = endpoint::connect(sink, order.dir, &reader)?;
    let (bytes_moved, measured) = timed(order, &source, &connection.sink)?;
    let received = match connection.receiver {
        None => endpoint::read_back(connection.sink.as_fd(), Drain::Discard)?,
        Some(receiver) => {
            // The receiver's end of file.
            drop(connection.sink);
            receiver.finish()?
        }
    };
    Ok(Said {
        bytes_moved,
        received: Some(received.bytes),
        measured,
    })
}

fn timed(order: &Order, source: &File, sink: &impl AsFd) -> Result<(u64, Measured)> {
    let size = source.metadata().context("cannot ask for the size")?.len();
    let mut transfer = Transfer {
        method: order.entry.method,
        size: usize::try_from(size).context("the source is larger than the address space")?,
        chunk: usize::try_from(order.entry.chunk.bytes()).unwrap_or(usize::MAX),
        // Written once: the first touch of a page is a fault, and would count as the transfer's.
        buffer: vec![1; order.entry.chunk.bytes() as usize],
    };
    // The first use of a page of the program itself is a fault too.
    let elsewhere = File::options().write(true).open("/dev/null")?;
    transfer.once(source, &elsewhere)?;
    Counters::before()?.until_now()?;

    let before = Counters::before()?;
    let mut moved = 0;
    for _ in 0..order.count {
        moved += transfer.once(source, sink)?;
    }
    let measured = before.until_now()?;
    Ok((moved, measured))
}

struct Transfer {
    method: Method,
    size: usize,
    chunk: usize,
    buffer: Vec<u8>,
}

impl Transfer {
    fn once(&mut self, mut source: &File, sink: &impl AsFd) -> Result<u64> {
        source.rewind().context("cannot go back in the source")?;
        let (file, sink) = (source.as_fd(), sink.as_fd());
        let moved = match self.method {
            Method::ReadWrite => read_write::transfer(file, sink, &mut self.buffer),
            Method::MmapWrite => mmap_write::transfer(file, sink, self.size, self.chunk),
            Method::Sendfile => sendfile::transfer(file, sink, self.chunk),
            other => bail!("{other} is not one of the methods that are repeated"),
        };
        moved.with_context(|| format!("{} failed", self.method))
    }
}
