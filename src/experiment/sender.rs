//! The sending process, from within: source on descriptor 3, sink on 4, its own receiver, markers around the
//! transfer, and a report. Whatever is not the transfer happens outside the markers.

use std::{
    fs::File,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd, RawFd},
        unix::fs::FileExt,
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::{
    fcntl::OFlag,
    sys::memfd::{MFdFlags, memfd_create},
};
use serde::{Deserialize, Serialize};

use crate::endpoint::{self, Drain, Received};
use crate::host;
use crate::measure::{self, Counters};
use crate::model::{Cache, Measured, Residency, TransferSpec, Unavailable, marker};
use crate::transfer::{self, Job};

/// The descriptor of the source in every recording.
pub const SOURCE: RawFd = 3;
/// The descriptor of the sink in every recording.
pub const SINK: RawFd = 4;

/// The least buffer: a small transfer still asks for a whole chunk, as programs do.
const LEAST_BUFFER: u64 = 1 << 20;

/// Where the sender gets its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, a file that the parent has prepared.
    StandardInput,
    /// A file by its path.
    File(PathBuf),
    /// It makes them itself.
    Generated,
}

/// What the sending process is to do.
#[derive(Clone, Debug)]
pub struct Order {
    /// The transfer.
    pub spec: TransferSpec,
    /// Where the bytes come from.
    pub input: Input,
    /// How the receiver takes them.
    pub drain: Drain,
    /// Where generated files lie.
    pub dir: Option<PathBuf>,
    /// The CPUs of the receiver; the sender's own without it.
    pub receiver_cpus: Option<String>,
}

/// What the sending process says of its transfer: one JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What the calls moved, in bytes.
    pub bytes_moved: u64,
    /// CRC-32 of the source, where the sender has made or read it itself.
    pub checksum: Option<u32>,
    /// What arrived.
    pub received: Received,
    /// Counters over the transfer alone. Under a tracer they count the tracer too.
    pub measured: Measured,
    /// The source in the page cache just before.
    pub residency_before: Option<Residency>,
    /// And just after.
    pub residency_after: Option<Residency>,
    /// What could not be had.
    pub unavailable: Vec<Unavailable>,
}

/// Does the whole of it. To be called once, by a process that has nothing else open: descriptors 3 and 4 are taken.
///
/// # Errors
/// One line.
pub fn send(order: &Order) -> Result<Report> {
    // Before anything else is open, so that 3 and 4 are nobody's.
    let places = [take_place(SOURCE)?, take_place(SINK)?];
    let [source, sink] = places;
    let directory = host::scratch_directory(order.dir.as_deref())?;
    let spec = &order.spec;
    let (opened, checksum) = open(order, &directory.path)?;
    let source = File::from(put_in_place(opened.into(), source)?);
    let connection = endpoint::connect(
        spec.to,
        &directory.path,
        order.drain,
        order.receiver_cpus.as_deref(),
    )?;
    let sink = put_in_place(connection.sink, sink)?;

    let mut unavailable = Vec::new();
    let mut residency = |what: &str| match measure::residency(&source) {
        Ok(residency) => Some(residency),
        Err(error) => {
            unavailable.push(unavailable_because(
                "residency",
                format!("{what}: {error:#}"),
            ));
            None
        }
    };
    if spec.cache == Cache::Cold {
        measure::drop_from_cache(&source)?;
    }
    let residency_before = residency("before the transfer");
    let (bytes_moved, measured) = timed_transfer(spec, &source, &sink)?;
    let residency_after = residency("after the transfer");
    if let (Cache::Cold, Some(left)) = (spec.cache, residency_before)
        && left.resident > 0
    {
        unavailable.push(not_cold(left, &host::file_system(&source)));
    }

    let received = match connection.receiver {
        None => endpoint::read_back(sink.as_fd(), order.drain)?,
        Some(receiver) => {
            // The receiver's end of file.
            drop(sink);
            receiver.finish()?
        }
    };
    Ok(Report {
        bytes_moved,
        checksum,
        received,
        measured,
        residency_before,
        residency_after,
        unavailable,
    })
}

/// The transfer between its markers.
fn timed_transfer(spec: &TransferSpec, source: &File, sink: &OwnedFd) -> Result<(u64, Measured)> {
    let size = source.metadata().context("cannot ask for the size")?.len();
    let mut buffer = match transfer::needs_buffer(spec.method.name()) {
        true => touched_buffer(spec.chunk.bytes().min(size.max(LEAST_BUFFER)))?,
        false => Vec::new(),
    };
    warm_up(spec, &mut buffer).context("cannot rehearse the transfer")?;
    let job = Job {
        source: source.as_fd(),
        sink: sink.as_fd(),
        size: usize::try_from(size).context("the source is larger than the address space")?,
        chunk: usize::try_from(spec.chunk.bytes()).unwrap_or(usize::MAX),
        buffer: &mut buffer,
    };
    let before = Counters::before()?;
    mark(marker::BEGIN);
    let done = transfer::transfer(spec.method.name(), job);
    mark(marker::END);
    let measured = before.until_now()?;
    let moved = done
        .with_context(|| format!("there is no source of the method {}", spec.method))?
        .with_context(|| format!("{} to {} failed", spec.method, spec.to))?;
    Ok((moved, measured))
}

/// Sends one page to /dev/null by the same code, and reads the counters: the first use of a page of the program
/// itself is a fault, and would count as the transfer's.
fn warm_up(spec: &TransferSpec, buffer: &mut [u8]) -> Result<()> {
    const PAGE: usize = 4096;
    let page = File::from(memfd_create("page", MFdFlags::MFD_CLOEXEC)?);
    page.write_all_at(&[1; PAGE], 0)?;
    let nowhere = File::options().write(true).open("/dev/null")?;
    let job = Job {
        source: page.as_fd(),
        sink: nowhere.as_fd(),
        size: PAGE,
        chunk: PAGE,
        buffer,
    };
    let before = Counters::before()?;
    mark("zclab: a rehearsal of one page to /dev/null");
    transfer::transfer(spec.method.name(), job).transpose()?;
    before.until_now().map(drop)
}

/// Memory that is there: the first touch of a page is a fault, and would count as the transfer's.
fn touched_buffer(size: u64) -> Result<Vec<u8>> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(size as usize)
        .with_context(|| format!("cannot have a buffer of {size} bytes"))?;
    buffer.resize(size as usize, 1);
    Ok(buffer)
}

fn mark(word: &str) {
    // SAFETY: the word outlives the call. It fails with EBADF, which is what it is for.
    unsafe { libc::write(-1, word.as_ptr().cast(), word.len()) };
}

/// The source, and its checksum where this process has seen its bytes.
fn open(order: &Order, dir: &Path) -> Result<(File, Option<u32>)> {
    let size = order.spec.size.bytes();
    let step = &mut |_| Ok(());
    let source = match &order.input {
        Input::StandardInput => {
            // Opened once more, for a file position of its own: the parent hands the same file to two runs.
            let file = File::open("/proc/self/fd/0").context("cannot reopen standard input")?;
            return Ok((file, None));
        }
        Input::File(path) => endpoint::Source::open(path, size, dir, step)?,
        Input::Generated => {
            let made = endpoint::Source::generate(dir, size, step)?;
            let again = format!("/proc/self/fd/{}", made.file.as_raw_fd());
            let file = File::open(again).context("cannot reopen the source")?;
            return Ok((file, Some(made.checksum)));
        }
    };
    Ok((source.file, Some(source.checksum)))
}

/// Makes sure that a descriptor number is taken, and owns it.
fn take_place(number: RawFd) -> Result<OwnedFd> {
    let null = File::open("/dev/null").context("cannot open /dev/null")?;
    // SAFETY: called before this process has opened anything: whatever the number names was inherited, and is
    // nobody's here. If it is `null` itself, dup3 says EINVAL, and it is ours already.
    let taken = unsafe { nix::unistd::dup3_raw(&null, number, OFlag::O_CLOEXEC) };
    match taken {
        Err(nix::errno::Errno::EINVAL) => Ok(null.into()),
        taken => taken.context("cannot take a descriptor number"),
    }
}

/// Moves a descriptor to the number of another one, which it closes.
fn put_in_place(from: OwnedFd, mut place: OwnedFd) -> Result<OwnedFd> {
    nix::unistd::dup3(&from, &mut place, OFlag::O_CLOEXEC)
        .context("cannot move a descriptor to its number")?;
    Ok(place)
}

fn not_cold(left: Residency, file_system: &str) -> Unavailable {
    let Residency { resident, pages } = left;
    let why = match file_system {
        "tmpfs" | "ramfs" => format!("{file_system} has no disk: its pages are the file"),
        name => format!("the kernel kept them, on {name}"),
    };
    unavailable_because(
        "cold-cache",
        format!("{resident} of {pages} pages stayed in the page cache: {why}"),
    )
}

fn unavailable_because(instrument: &str, reason: String) -> Unavailable {
    Unavailable {
        instrument: instrument.to_owned(),
        reason,
    }
}
