//! A transfer, run twice, as a recording: once untraced for its counters, once traced for its calls.

pub(crate) mod claims;
pub mod comparison;
pub(crate) mod copy_count;
pub mod errors;
pub(crate) mod flow_trace;
pub(crate) mod from_spec;
pub(crate) mod page_cache;
pub mod plan;
pub(crate) mod proof;
mod refusal;
pub(crate) mod repeated;
pub mod request;
mod sender;
pub(crate) mod tracing_cost;
pub mod verdict;

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::{fd::AsFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::de::DeserializeOwned;

pub use refusal::refusal;
pub(crate) use sender::{Input, Order, Report, send};

use crate::endpoint::{self, Drain};
use crate::host;
use crate::model::{
    Cache, CountedCopies, DescriptorKind, Exit, JobProgress, Outcome, Recording, Sink, Trace,
    TransferSpec, Unavailable,
};
use crate::tracer::{self, Cancel, Program, Recorded, TraceError};

/// Where the bytes come from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// This file, instead of a generated one.
    pub file: Option<PathBuf>,
    /// The directory of generated sources and file sinks, instead of the cache directory.
    pub dir: Option<PathBuf>,
}

/// Shows how far an experiment is, in bytes, perhaps from another thread.
pub type OnProgress<'a> = dyn FnMut(JobProgress) + Send + 'a;

/// Runs a transfer untraced, then traced, each in a process of its own. Returns when both have ended; leaves neither
/// process nor file behind, whatever happens.
///
/// Where ptrace is refused the recording has no trace and says why.
///
/// # Errors
/// One line: the source or sink cannot be had, a call failed, or what arrived is not what was sent.
/// [`TraceError::Cancelled`] after [`Cancel::cancel`].
pub fn run(
    spec: &TransferSpec,
    source: &Source,
    cancel: &Cancel,
    progress: &mut OnProgress,
) -> Result<Recording> {
    let directory = host::scratch_directory(source.dir.as_deref())?;
    let prepared = prepare(spec, source, &directory.path, cancel, progress)?;
    let lab = Lab::new(spec, &prepared, &directory.path, cancel);
    let measured = lab.measure(progress)?;
    lab.check(&measured)?;
    let traced = unless_refused(lab.trace(progress))?;

    let note = directory.note;
    let note = note.map(|reason| Unavailable::new("cache-directory", reason));
    let mut unavailable: Vec<_> = note.into_iter().collect();
    let counters = measured.measured.clone();
    let (report, trace) = match traced {
        Ok((report, trace)) => (report, Some(trace)),
        Err(reason) => {
            unavailable.push(Unavailable::new("ptrace", reason));
            (measured, None)
        }
    };
    unavailable.extend(report.unavailable);
    Ok(Recording {
        outcome: Outcome {
            verified: trace.is_some().then_some(true),
            ..report.outcome
        },
        measured: Some(counters),
        trace,
        unavailable,
        ..Recording::of(spec.clone(), host::machine())
    })
}

/// The same transfer in a run of its own, for the bytes that the kernel's own functions move. The receiver reads and checks
/// everything, as in the traced run. As the inner error, why they cannot be counted here.
///
/// # Errors
/// As [`run`].
pub(crate) fn count_copies(
    spec: &TransferSpec,
    source: &Source,
    cancel: &Cancel,
    progress: &mut OnProgress,
) -> Result<Result<CountedCopies, Unavailable>> {
    let directory = host::scratch_directory(source.dir.as_deref())?;
    let prepared = prepare(spec, source, &directory.path, cancel, progress)?;
    let lab = Lab::new(spec, &prepared, &directory.path, cancel);
    let mut command = lab.sender(Drain::Hash, lab.cpus.clone());
    command.arg("--count-copies");
    let report = lab.untraced(command, "counted run", progress)?;
    lab.check(&report)?;
    let refused = |it: &Unavailable| it.instrument == "kernel-copies";
    let mapped = report.outcome.mapped_receives.as_ref();
    Ok(match report.counted {
        Some(counted) => Ok(CountedCopies {
            mapped_bytes: mapped.map(|all| all.iter().map(|it| u64::from(*it)).sum()),
            ..counted
        }),
        None => {
            let reason = report.unavailable.into_iter().find(refused);
            Err(reason.context("the sending process counted nothing and does not say why")?)
        }
    })
}

fn prepare(
    spec: &TransferSpec,
    source: &Source,
    dir: &Path,
    cancel: &Cancel,
    progress: &mut OnProgress,
) -> Result<endpoint::Source> {
    let total = spec.size.bytes();
    let copies = 1 + u64::from(spec.to == Sink::File);
    if source.file.is_none() {
        endpoint::need_space(dir, total.saturating_mul(copies))?;
    } else if spec.to == Sink::File {
        endpoint::need_space(dir, total)?;
    }
    let step = &mut |done| {
        progress(JobProgress::new("preparing the file", done, total));
        stop_if(cancel)
    };
    match &source.file {
        Some(path) => endpoint::Source::open(path, total, dir, step),
        None => endpoint::Source::generate(dir, total, step),
    }
}

fn stop_if(cancel: &Cancel) -> Result<()> {
    match cancel.is_cancelled() {
        true => Err(TraceError::Cancelled.into()),
        false => Ok(()),
    }
}

/// One experiment: what its two runs share.
struct Lab<'a> {
    spec: &'a TransferSpec,
    source: &'a endpoint::Source,
    dir: &'a Path,
    /// The CPUs that receivers may use, whatever their sender is pinned to.
    cpus: Option<String>,
    cancel: &'a Cancel,
}

impl<'a> Lab<'a> {
    fn new(
        spec: &'a TransferSpec,
        source: &'a endpoint::Source,
        dir: &'a Path,
        cancel: &'a Cancel,
    ) -> Lab<'a> {
        Lab {
            spec,
            source,
            dir,
            cpus: host::allowed_cpus().ok(),
            cancel,
        }
    }

    /// The untraced run. Its receiver looks at nothing.
    fn measure(&self, progress: &mut OnProgress) -> Result<Report> {
        let command = self.sender(Drain::Discard, self.cpus.clone());
        self.untraced(command, "untraced run", progress)
    }

    /// Runs a sender to its end and hears its report.
    fn untraced(
        &self,
        mut command: Command,
        name: &'static str,
        progress: &mut OnProgress,
    ) -> Result<Report> {
        // Ctrl-C on a terminal reaches this process, which cancels, and not the sender before it.
        command
            .process_group(0)
            .stdin(self.source.file.try_clone()?);
        let total = self.spec.size.bytes();
        reported(&mut command, self.cancel, |pid, stdout| {
            while !readable_soon(stdout)? {
                let done = moved_by(pid).min(total);
                progress(JobProgress::new(name, done, total));
            }
            Ok(())
        })
    }

    /// The traced run, verified.
    ///
    /// # Errors
    /// [`TraceError::Refused`] too: see [`unless_refused`].
    fn trace(&self, progress: &mut OnProgress) -> Result<(Report, Trace)> {
        self.trace_with(current_cpu(), None, progress)
    }

    /// The same, tracer and sender pinned to `cpu` if one is given, or the sender alone to another one.
    fn trace_with(
        &self,
        cpu: Option<usize>,
        sender_cpu: Option<usize>,
        progress: &mut OnProgress,
    ) -> Result<(Report, Trace)> {
        let errors = error_file()?;
        let (stdout, output) = std::io::pipe().context("cannot make a pipe")?;
        let source = self.source.file.try_clone()?;
        let program = Program {
            streams: [source.into(), output.into(), errors.try_clone()?.into()].map(Some),
            own_group: true,
            cpu: sender_cpu,
            ..Program::from(&self.sender(Drain::Hash, self.cpus_beside(cpu)))
        };
        let options = tracer::Options {
            all: true,
            follow: false,
            between_markers: true,
            cpu,
            keep: None,
        };
        let total = self.spec.size.bytes();
        let mut moved = Moved::default();
        let see = &mut |trace: &Trace| {
            let done = moved.so_far(trace).min(total);
            progress(JobProgress::new("traced run", done, total));
        };
        let recorded = tracer::record(program, &options, self.cancel, see);
        let recorded = ended_well(recorded, errors, "cannot trace")?;
        let report: Report = report(stdout)?;
        self.check(&report)?;
        let mut trace = recorded.trace;
        self.name_descriptors(&mut trace);
        Ok((report, trace))
    }

    /// The CPUs for the receiver of a traced run: not the one that tracer and tracee share, where there is another.
    fn cpus_beside(&self, taken: Option<usize>) -> Option<String> {
        let all = self.cpus.as_deref()?;
        let taken = taken.map(|cpu| cpu.to_string());
        let others: Vec<_> = all
            .split(',')
            .filter(|cpu| Some(*cpu) != taken.as_deref())
            .collect();
        Some(match others.is_empty() {
            true => all.to_owned(),
            false => others.join(","),
        })
    }

    /// The sending process. Its standard input is to be the source.
    fn sender(&self, drain: Drain, cpus: Option<String>) -> Command {
        let mut command = endpoint::this_program();
        let TransferSpec {
            method, to, size, ..
        } = self.spec;
        command.args(["__transfer", method.name(), "--stdin-source"]);
        command.args(["--to", to.name(), "--receiver", drain.name()]);
        command.arg(format!("--size={}", size.bytes()));
        command.arg(format!("--chunk={}", self.spec.chunk.bytes()));
        command.arg("--dir").arg(self.dir);
        if self.spec.cache == Cache::Cold {
            command.arg("--cold");
        }
        if let Some(size) = self.spec.pipe_size {
            command.arg(format!("--pipe-size={}", size.bytes()));
        }
        if let Some(cpus) = cpus {
            command.args(["--receiver-cpus", &cpus]);
        }
        command
    }

    /// Whether what arrived is what was sent.
    fn check(&self, report: &Report) -> Result<()> {
        let way = format!("{} to {}", self.spec.method, self.spec.to);
        let (size, sent) = (self.source.size, report.outcome.bytes_moved);
        let received = [Some(report.outcome.received), report.outcome.also_received];
        for (received, checksum) in received.into_iter().flatten().zip(report.checksums) {
            ensure!(
                sent == size && received == size,
                "{way} is not verified: of {size} bytes {sent} were sent and {received} arrived"
            );
            let expected = |found| found == self.source.checksum;
            ensure!(
                checksum.is_none_or(expected),
                "{way} is not verified: the bytes that arrived are not those of the source"
            );
        }
        Ok(())
    }

    /// Files without a name get one that means something.
    fn name_descriptors(&self, trace: &mut Trace) {
        for descriptor in &mut trace.descriptors {
            let unnamed =
                descriptor.kind == DescriptorKind::File && descriptor.name.ends_with(" (deleted)");
            match (descriptor.fd, &self.source.alias) {
                (sender::SOURCE, Some(alias)) if unnamed => descriptor.name = alias.clone(),
                (sender::SINK, _) if unnamed => descriptor.name = "sink".to_owned(),
                (_, Some(alias)) if unnamed && descriptor.direct => descriptor.name = alias.clone(),
                _ => {}
            }
        }
    }
}

/// A file for a child's standard error: without a name, and without a reader that could block it.
fn error_file() -> Result<File> {
    endpoint::memory_file("errors").context("cannot make a file in memory")
}

/// What a child that failed wrote to its standard error, without the program's name; else how it ended.
fn complaint(mut errors: File, ended: impl FnOnce() -> String) -> String {
    let mut text = String::new();
    let read = errors
        .seek(SeekFrom::Start(0))
        .and_then(|_| errors.read_to_string(&mut text));
    let text = text.trim();
    match read {
        Ok(n) if n > 0 && !text.is_empty() => text.trim_start_matches("zclab: ").to_owned(),
        _ => format!("the sending process ended: {}", ended()),
    }
}

/// What was recorded of a child that ended well.
fn ended_well(
    recorded: Result<Recorded, TraceError>,
    errors: File,
    failure: &'static str,
) -> Result<Recorded> {
    let recorded = recorded.map_err(|error| match error {
        TraceError::Failed(error) => error.context(failure),
        other => other.into(),
    })?;
    match recorded.ended {
        Exit::Code(0) => Ok(recorded),
        Exit::Code(code) => bail!(complaint(errors, || format!("exit code {code}"))),
        Exit::Signal(signal) => bail!(complaint(errors, || signal)),
    }
}

/// What was traced; or, as the inner error, the reason why ptrace is refused: the experiment goes on without.
fn unless_refused<T>(traced: Result<T>) -> Result<Result<T, String>> {
    match traced {
        Ok(traced) => Ok(Ok(traced)),
        Err(error) => match error.downcast()? {
            TraceError::Refused(reason) => Ok(Err(reason)),
            other => Err(other.into()),
        },
    }
}

/// Runs a sending process to its end, watched by `watch`, and reads its report.
fn reported<T: DeserializeOwned>(
    command: &mut Command,
    cancel: &Cancel,
    watch: impl FnOnce(u32, &ChildStdout) -> Result<()>,
) -> Result<T> {
    let errors = error_file()?;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(errors.try_clone()?)
        .spawn()
        .context("cannot start the sending process")?;
    // Where it has ended already there is nothing to cancel.
    let _guard = cancel.guard(child.id());
    let stdout = child.stdout.take().expect("asked for a pipe");
    watch(child.id(), &stdout)?;
    let status = child
        .wait()
        .context("cannot wait for the sending process")?;
    stop_if(cancel)?;
    ensure!(status.success(), complaint(errors, || status.to_string()));
    report(stdout)
}

fn report<T: DeserializeOwned>(mut stdout: impl Read) -> Result<T> {
    let mut text = String::new();
    stdout
        .read_to_string(&mut text)
        .context("cannot hear the sending process")?;
    serde_json::from_str(&text).context("the sending process reported nothing")
}

/// Waits a twentieth of a second for something to read, or the end.
fn readable_soon(from: &impl AsFd) -> Result<bool> {
    let mut fds = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
    match poll(&mut fds, PollTimeout::from(50u8)) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(error) => Err(error).context("cannot wait for the sending process"),
    }
}

/// How far a sender is: the position in its source or its sink, where either is a file that it reads or writes; or
/// what it has written (`wchar`, which counts write but not splice). 0 where the kernel does not tell.
fn moved_by(pid: u32) -> u64 {
    let number = |file: String, field| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|count| count.trim().parse().ok())
            .unwrap_or(0)
    };
    [sender::SOURCE, sender::SINK]
        .map(|fd| number(format!("fdinfo/{fd}"), "pos:"))
        .into_iter()
        .fold(number("io".to_owned(), "wchar:"), u64::max)
}

/// What cannot be had for want of memory that may be locked says how much that is.
fn with_memlock_limit(error: std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::OutOfMemory => {
            let limit = host::memlock_limit();
            anyhow::anyhow!("{error} (RLIMIT_MEMLOCK is {limit})")
        }
        _ => error.into(),
    }
}

fn current_cpu() -> Option<usize> {
    // SAFETY: sched_getcpu takes nothing and touches no memory.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

/// Counts the bytes of a growing trace, each call once.
#[derive(Default)]
struct Moved {
    calls: usize,
    requests: usize,
    bytes: u64,
}

impl Moved {
    fn so_far(&mut self, trace: &Trace) -> u64 {
        let new = trace.calls.get(self.calls..).unwrap_or_default();
        let returned = new.iter().map_while(|call| Some((call, call.returned()?)));
        for (call, result) in returned {
            let handed =
                |which| trace.descriptor(call, which).map(|fd| fd.fd) == Some(sender::SINK);
            if handed(0) || handed(1) {
                self.bytes += result as u64;
            }
            self.calls += 1;
        }
        let requests = trace.requests.get(self.requests..).unwrap_or_default();
        for (request, moved) in requests.iter().map_while(|it| Some((it, it.result?))) {
            if trace.descriptor_of(request, 0).map(|fd| fd.fd) == Some(sender::SINK) {
                self.bytes += moved.max(0) as u64;
            }
            self.requests += 1;
        }
        self.bytes
    }
}
