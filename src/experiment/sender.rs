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

use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde::{Deserialize, Serialize};

use super::copy_count::CopyCount;
use crate::endpoint::{self, Connection, Drain, Feeder, Reader, Receiver, ends};
use crate::host;
use crate::measure::{self, Counters, PeakMemory, Whose};
use crate::model::{
    Cache, CountedCopies, KernelReports, Measured, Method, Outcome, Residency, Sink, Start,
    TransferSpec, Unavailable, marker,
};
use crate::transfer::{self, Reports, Tools, Wish, ktls_sendfile};

/// The descriptor of the source in every recording.
pub(crate) const SOURCE: RawFd = 3;
/// The descriptor of the sink in every recording.
pub(crate) const SINK: RawFd = 4;

/// Where the sender gets its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input, a file that the parent has prepared.
    Stdin,
    File(PathBuf),
    Generated,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) spec: TransferSpec,
    pub(crate) input: Input,
    pub(crate) drain: Drain,
    pub(crate) dir: Option<PathBuf>,
    /// The CPUs of the receiver; the sender's own without it.
    pub(crate) receiver_cpus: Option<String>,
    /// Count what the kernel's own functions copy.
    pub(crate) count_copies: bool,
}

/// What the sending process says of its transfer: one JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// What came of it, but for whether it is verified.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// CRC-32 of the source, where the sender has made or read it itself.
    pub(crate) checksum: Option<u32>,
    /// CRC-32 of what each receiver got, where it was hashed.
    pub(crate) checksums: [Option<u32>; 2],
    /// Counters over the transfer alone. Under a tracer they count the tracer too.
    pub(crate) measured: Measured,
    /// What the kernel's own functions counted, where that was asked for and is allowed.
    #[serde(default)]
    pub(crate) counted: Option<CountedCopies>,
    pub(crate) unavailable: Vec<Unavailable>,
}

/// Does the whole of it. To be called once, by a process that has nothing else open: descriptors 3 and 4 are taken.
///
/// # Errors
/// One line.
pub(crate) fn send(order: &Order) -> Result<Report> {
    // Before anything else is open, so that 3 and 4 are nobody's.
    let [source, sink] = [take_place(SOURCE)?, take_place(SINK)?];
    let directory = host::scratch_directory(order.dir.as_deref())?;
    let spec = &order.spec;
    let (opened, checksum) = open(order, &directory.path)?;
    let file_system = host::file_system(&opened); // what a receiving method reads from is a socket
    let size = opened.metadata().context("cannot ask for the size")?.len();
    allowed(spec, &opened)?;
    let (begun, peer) = begin(order, opened)?;
    let source = File::from(put_in_place(begun, source)?);
    let mut connection = endpoint::connect(spec.to, &directory.path, &reader(order))?;
    connection.sink = put_in_place(connection.sink, sink)?;
    let sink = &connection.sink;
    rehearse(spec, sink)?;
    let memory = PeakMemory::watch();
    let mut tools = prepare(spec, &source, size, sink)?;
    let second_reader = add_second_reader(order, &directory.path, &mut tools)?;
    let pipe_size = pipe_size(spec, &tools, sink);

    let mut unavailable = Vec::new();
    let residency_before = cool_down(spec, &source, &mut unavailable)?;
    let peers = receivers(&connection, second_reader.as_ref());
    let mut count = CopyCount::attach(order.count_copies, &peers, &mut unavailable);
    let (bytes_moved, mut measured) =
        timed_transfer(spec, &source, sink, &mut tools, count.as_mut())?;
    measured.peak_memory_bytes = memory.risen();
    let residency_after = residency(spec, &source, "after the transfer", &mut unavailable);
    let shared_blocks = shared_blocks(spec, sink)?;

    peer.map_or(Ok(()), Feeder::finish)?;
    let received = connection.received(order.drain)?;
    drop(tools.second.take()); // its end of file; the memory stays until everybody has read it
    let also_received = second_reader.map(Receiver::finish).transpose()?;
    let second_checksum = also_received.and_then(|also| also.checksum);
    let counted = count.map(CopyCount::finish).transpose()?;
    unavailable.extend(refused_sends(&tools));
    Ok(Report {
        outcome: Outcome {
            bytes_moved,
            received: received.bytes,
            residency_before,
            residency_after,
            file_system,
            read_ahead_kb: host::read_ahead_kb(&source).filter(|_| spec.cache == Cache::Cold),
            also_received: also_received.map(|also| also.bytes),
            kernel_reports: kernel_reports(spec, &tools),
            mapped_receives: mapped_receives(spec, &mut tools),
            passed_memory: spec.method.passes_memory().then_some(bytes_moved),
            pipe_size,
            shared_blocks,
            ..Outcome::default()
        },
        checksum,
        checksums: [received.checksum, second_checksum],
        measured,
        counted,
        unavailable,
    })
}

/// What the kernel said it mapped, for a method that maps what arrives.
fn mapped_receives(spec: &TransferSpec, tools: &mut Tools) -> Option<Vec<u32>> {
    let mapped = std::mem::take(&mut tools.reports.mapped);
    spec.method.maps_socket().then_some(mapped)
}

/// What is to be ready before anything is counted.
fn rehearse(spec: &TransferSpec, sink: &OwnedFd) -> Result<()> {
    if spec.method.uses_error_queue() {
        host::allow_zerocopy(sink).context("cannot set SO_ZEROCOPY")?;
    }
    if spec.method.encrypts() {
        let encrypted = ktls_sendfile::encrypt(sink.as_fd());
        encrypted.context("cannot give the socket its keys")?;
    }
    warm_up(spec).context("cannot rehearse the transfer")
}

/// The processes that receive. The peer of a receiving method is not among them: it sends before the transfer begins.
fn receivers(connection: &Connection, second: Option<&Receiver>) -> Vec<u32> {
    let all = connection.receiver.iter().chain(second);
    all.map(Receiver::process).collect()
}

/// Drops the source from the page cache, where that is asked for, and tells what is in it before the transfer.
fn cool_down(
    spec: &TransferSpec,
    source: &File,
    unavailable: &mut Vec<Unavailable>,
) -> Result<Option<Residency>> {
    let cold = spec.cache == Cache::Cold && spec.method.start() == Start::File;
    if spec.cache == Cache::Cold && !cold {
        unavailable.push(Unavailable::new("cold-cache", no_file(spec.method)));
    }
    if cold {
        measure::drop_from_cache(source)?;
    } else if spec.method.bypasses_cache() {
        // btrfs reads what a buffered write has just left through the page cache, O_DIRECT or not: kernel, fs/btrfs/direct-io.c,
        // lock_extent_direct(). Then the CPU would copy what the disk is to write.
        let written = source.sync_data();
        written.context("cannot write the source to the disk")?;
    }
    let before = residency(spec, source, "before the transfer", unavailable);
    if let Some(left) = before.filter(|left| cold && left.resident > 0) {
        unavailable.push(not_cold(left, &host::file_system(source)));
    }
    Ok(before)
}

/// How much of the source is in the page cache; none of a connection.
fn residency(
    spec: &TransferSpec,
    source: &File,
    when: &str,
    unavailable: &mut Vec<Unavailable>,
) -> Option<Residency> {
    if spec.method.receives() {
        return None;
    }
    let found = measure::residency(source);
    let because = |error| Unavailable::new("residency", format!("{when}: {error:#}"));
    found.map_err(|error| unavailable.push(because(error))).ok()
}

/// What the transfer reads from: the file itself, or a connection whose peer sends the file.
fn begin(order: &Order, file: File) -> Result<(OwnedFd, Option<Feeder>)> {
    if !order.spec.method.receives() {
        return Ok((file.into(), None));
    }
    let (connection, peer) = endpoint::feed(file, order.receiver_cpus.as_deref())?;
    Ok((connection, Some(peer)))
}

/// What the process at the other end of the sink is to do.
fn reader(order: &Order) -> Reader<'_> {
    Reader {
        drain: order.drain,
        maps: order.spec.method.passes_memory(),
        decrypts: order.spec.method.encrypts(),
        cpus: order.receiver_cpus.as_deref(),
    }
}

fn no_file(method: Method) -> String {
    match method.start() {
        Start::Tcp => "the data comes from a connection, not from a file",
        _ => "the data is in the program's memory before the transfer begins",
    }
    .to_owned()
}

/// What the method needs beside source and sink, and a sink that is a pipe as large as it is asked to be.
fn prepare(spec: &TransferSpec, source: &File, size: u64, sink: &OwnedFd) -> Result<Tools> {
    let pipe_size = spec.pipe_size.map(|size| size.bytes() as usize);
    let wish = Wish {
        size: usize::try_from(size).context("the source is larger than the address space")?,
        chunk: usize::try_from(spec.chunk.bytes()).unwrap_or(usize::MAX),
        to: spec.to,
        pipe_size,
        direct: true,
    };
    let tools = Tools::prepare(spec.method, source.as_fd(), wish);
    let tools = tools.map_err(super::with_memlock_limit);
    let tools = tools.with_context(|| format!("cannot prepare {}{}", spec.method, piped(spec)))?;
    if let (Sink::Pipe, Some(size)) = (spec.to, pipe_size) {
        let set = transfer::set_pipe_size(sink, size);
        set.with_context(|| format!("cannot prepare the sink{}", piped(spec)))?;
    }
    Ok(tools)
}

/// Whether this machine and the source's file system let the method work at all.
fn allowed(spec: &TransferSpec, source: &File) -> Result<()> {
    if let Some(refusal) = super::refusal(spec.method) {
        bail!("{} cannot run here: {}", spec.method, refusal.reason);
    }
    let file_system = host::file_system(source);
    ensure!(
        !spec.method.bypasses_cache() || !["tmpfs", "ramfs"].contains(&file_system.as_str()),
        "{} needs a disk: {file_system} accepts O_DIRECT and ignores it (--dir names another directory)",
        spec.method
    );
    Ok(())
}

/// A pipe of the same size as the first one, with a reader of its own, for a method that has two.
fn second_reader(order: &Order, dir: &Path) -> Result<Option<Connection>> {
    let spec = &order.spec;
    if !spec.method.has_second_sink() {
        return Ok(None);
    }
    let connection = endpoint::connect(spec.to, dir, &reader(order))?;
    if let Some(size) = spec.pipe_size {
        let set = transfer::set_pipe_size(&connection.sink, size.bytes() as usize);
        set.with_context(|| format!("cannot prepare the second sink{}", piped(spec)))?;
    }
    Ok(Some(connection))
}

/// Hands its end to the method, and gives the reader.
fn add_second_reader(order: &Order, dir: &Path, tools: &mut Tools) -> Result<Option<Receiver>> {
    let Some(connection) = second_reader(order, dir)? else {
        return Ok(None);
    };
    tools.second = Some(connection.sink);
    Ok(connection.receiver)
}

/// Words for an error: how large a pipe was asked for, and where the limit stands.
fn piped(spec: &TransferSpec) -> String {
    spec.pipe_size.map_or_else(String::new, |size| {
        let limit = std::fs::read_to_string("/proc/sys/fs/pipe-max-size").unwrap_or_default();
        format!(
            " with a pipe of {size} (/proc/sys/fs/pipe-max-size is {})",
            limit.trim()
        )
    })
}

/// How much the pipe on the way can hold: the method's own, or else a sink that is one.
fn pipe_size(spec: &TransferSpec, tools: &Tools, sink: &OwnedFd) -> Option<u64> {
    let own = tools.pipe.as_ref().map(|pipe| pipe.into.as_fd());
    let pipe = own.or_else(|| (spec.to == Sink::Pipe).then(|| sink.as_fd()))?;
    let size = fcntl(pipe, FcntlArg::F_GETPIPE_SZ).ok()?;
    u64::try_from(size).ok()
}

/// What the kernel said itself, for a method that asks it.
fn kernel_reports(spec: &TransferSpec, tools: &Tools) -> Option<KernelReports> {
    let reports = reports_of(tools);
    spec.method.has_reports().then(|| KernelReports {
        completions: reports.completed.into(),
        copied: reports.copied.into(),
        copied_sends: reports.copied_sends.clone(),
    })
}

fn reports_of(tools: &Tools) -> &Reports {
    match &tools.ring {
        Some(ring) => &ring.reports,
        None => &tools.reports,
    }
}

fn refused_sends(tools: &Tools) -> Option<Unavailable> {
    let refused = reports_of(tools).refused;
    let errno = match tools.ring {
        Some(_) => "ENOMEM",
        None => "ENOBUFS",
    };
    (refused > 0).then(|| {
        let limit = host::memlock_limit();
        let reason = format!(
            "{refused} sends were refused ({errno}) and copied instead: their pages count as locked memory, and \
             RLIMIT_MEMLOCK is {limit}"
        );
        Unavailable::new("memlock", reason)
    })
}

/// For a method whose file system may share blocks instead of copying: whether it did.
fn shared_blocks(spec: &TransferSpec, sink: &OwnedFd) -> Result<Option<u64>> {
    if !spec.method.may_share_blocks() {
        return Ok(None);
    }
    let file = File::from(sink.try_clone().context("cannot duplicate a descriptor")?);
    Ok(measure::shared_bytes(&file).ok())
}

fn timed_transfer(
    spec: &TransferSpec,
    source: &File,
    sink: &OwnedFd,
    tools: &mut Tools,
    mut count: Option<&mut CopyCount>,
) -> Result<(u64, Measured)> {
    // Requests may be the work of threads that the kernel makes: their time is the transfer's, too.
    let whose = match spec.method.uses_ring() {
        true => Whose::Process,
        false => Whose::Thread,
    };
    let before = Counters::of(whose)?;
    count.as_mut().map_or(Ok(()), |count| count.begin())?;
    host::mark(marker::BEGIN);
    let done = transfer::transfer(spec.method, source.as_fd(), sink.as_fd(), tools);
    host::mark(marker::END);
    count.map_or(Ok(()), CopyCount::end)?;
    let measured = before.until_now()?;
    let moved = done.with_context(|| format!("{} to {} failed", spec.method, spec.to))?;
    Ok((moved, measured))
}

/// Sends one page to a sink that nobody sees by the same code, and reads the counters: the first use of a page of the
/// program itself is a fault, and would count as the transfer's.
fn warm_up(spec: &TransferSpec) -> Result<()> {
    const PAGE: usize = 4096;
    let page = endpoint::memory_file("page")?;
    page.write_all_at(&[1; PAGE], 0)?;
    let source = match spec.method.receives() {
        true => sent_already(&page)?,
        false => page.try_clone()?,
    };
    let (sink, _other_end) = unseen(spec)?;
    let wish = Wish {
        size: PAGE,
        chunk: PAGE,
        to: spec.to,
        pipe_size: None,
        direct: false,
    };
    let mut tools = Tools::prepare(spec.method, page.as_fd(), wish)?;
    let (_unread, second) = std::io::pipe()?;
    tools.second = Some(second.into());
    let before = Counters::of(Whose::Thread)?;
    host::mark("zclab: a rehearsal of one page");
    transfer::transfer(spec.method, source.as_fd(), sink.as_fd(), &mut tools)?;
    before.until_now().map(drop)
}

/// A connection on which this has arrived, and its end.
fn sent_already(file: &File) -> Result<File> {
    let (far, near) = ends::tcp_of_pages()?;
    endpoint::pass_on(file, far)?;
    Ok(OwnedFd::from(near).into())
}

/// A sink of the rehearsal, and its other end, where it has one: of the kind that the method insists on, or else
/// /dev/null.
fn unseen(spec: &TransferSpec) -> Result<(OwnedFd, Option<OwnedFd>)> {
    let TransferSpec { method, to, .. } = spec;
    if !to.has_reader() {
        return Ok((endpoint::memory_file("page")?.into(), None));
    }
    let insists = method.has_reports() || method.passes_memory() || method.encrypts();
    if *to != Sink::Pipe && !insists {
        return Ok((endpoint::null()?.into(), None));
    }
    let (near, far) = endpoint::both_ends(*to, Path::new(""))?;
    if method.has_reports() {
        host::allow_zerocopy(&near)?;
    }
    if method.encrypts() {
        ktls_sendfile::encrypt(near.as_fd())?;
    }
    Ok((near, Some(far)))
}

/// The source, and its checksum where this process has seen its bytes.
fn open(order: &Order, dir: &Path) -> Result<(File, Option<u32>)> {
    let size = order.spec.size.bytes();
    let step = &mut |_| Ok(());
    let source = match &order.input {
        Input::Stdin => {
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
    Unavailable::new(
        "cold-cache",
        format!("{resident} of {pages} pages stayed in the page cache: {why}"),
    )
}
