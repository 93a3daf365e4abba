//! The same transfer many times in one process: a transfer of a few microseconds is too short to be timed alone. And
//! transfers to /dev/null, which no verified experiment would send anything to.

use std::{
    fs::File,
    io::Seek,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::plan::{PlannedTransfer, To};
use super::reported;
use crate::endpoint::{self, Drain, Reader};
use crate::measure::{Counters, Whose};
use crate::model::{Measured, Sink};
use crate::tracer::Cancel;
use crate::transfer::{self, Tools, Wish, ktls_sendfile};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) planned: PlannedTransfer,
    pub(crate) dir: &'a Path,
    pub(crate) receiver_cpus: Option<&'a str>,
}

/// What the process says: one JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RepeatedReport {
    /// What all transfers moved together.
    pub(crate) bytes_moved: u64,
    /// What arrived; none where nobody counts it.
    pub(crate) received: Option<u64>,
    pub(crate) measured: Measured,
}

/// Runs an order in a process of its own, on this source.
pub(super) fn run(order: &Order, source: &File, cancel: &Cancel) -> Result<RepeatedReport> {
    let PlannedTransfer {
        method, to, chunk, ..
    } = order.planned;
    let mut command = endpoint::this_program();
    command.args(["__repeat", method.name(), "--to", to.name()]);
    command.arg(format!("--chunk={}", chunk.bytes()));
    command.arg(format!("--count={}", order.planned.load.transfers()));
    command.arg("--dir").arg(order.dir);
    if let Some(cpus) = order.receiver_cpus {
        command.args(["--receiver-cpus", cpus]);
    }
    command.stdin(source.try_clone()?);
    reported(&mut command, cancel, |_, _| Ok(()))
}

/// The process, from within: sends standard input, a file, again and again, and says what all of it took. Each time
/// begins by going back to the start of the source, one lseek(2), by every method alike.
///
/// # Errors
/// One line.
pub(crate) fn send(order: &Order) -> Result<RepeatedReport> {
    // Opened once more, for a file position of its own: the parent hands the same file to every run.
    let source = File::open("/proc/self/fd/0").context("cannot reopen standard input")?;
    let To::Sink(sink) = order.planned.to else {
        let null = endpoint::null().context("cannot open /dev/null")?;
        let (bytes_moved, measured) = timed(order, &source, Sink::File, &null)?;
        return Ok(RepeatedReport {
            bytes_moved,
            received: None,
            measured,
        });
    };
    let reader = Reader {
        drain: Drain::Discard,
        maps: false,
        decrypts: order.planned.method.encrypts(),
        cpus: order.receiver_cpus,
    };
    let connection = endpoint::connect(sink, order.dir, &reader)?;
    let (bytes_moved, measured) = timed(order, &source, sink, &connection.sink)?;
    let received = connection.received(Drain::Discard)?;
    Ok(RepeatedReport {
        bytes_moved,
        received: Some(received.bytes),
        measured,
    })
}

fn timed(order: &Order, source: &File, to: Sink, sink: &impl AsFd) -> Result<(u64, Measured)> {
    let PlannedTransfer { method, chunk, .. } = order.planned;
    let size = source.metadata().context("cannot ask for the size")?.len();
    let wish = Wish {
        size: usize::try_from(size).context("the source is larger than the address space")?,
        chunk: usize::try_from(chunk.bytes()).unwrap_or(usize::MAX),
        to,
        pipe_size: None,
        direct: true,
    };
    let mut tools = Tools::prepare(method, source.as_fd(), wish)?;
    let mut once = |mut source: &File, sink: BorrowedFd| -> Result<u64> {
        source.rewind().context("cannot go back in the source")?;
        transfer::transfer(method, source.as_fd(), sink, &mut tools)
            .with_context(|| format!("{method} failed"))
    };
    // The first use of a page of the program itself is a fault too.
    if method.encrypts() {
        let encrypted = ktls_sendfile::encrypt(sink.as_fd());
        encrypted.context("cannot give the socket its keys")?;
    }
    once(source, endpoint::null()?.as_fd())?;
    Counters::of(Whose::Thread)?.until_now()?;

    let before = Counters::of(Whose::Thread)?;
    let mut moved = 0;
    for _ in 0..order.planned.load.transfers() {
        moved += once(source, sink.as_fd())?;
    }
    let measured = before.until_now()?;
    Ok((moved, measured))
}
