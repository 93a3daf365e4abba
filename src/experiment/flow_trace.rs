//! The flows of any program: what the tracer reports of it goes to the flow tracker.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    thread,
    time::Duration,
};

use nix::{
    sys::{
        signal::{SigSet, SigmaskHow, Signal, sigprocmask},
        signalfd::{SfdFlags, SignalFd, siginfo},
    },
    unistd::Pid,
};

use super::copy_count::CopyCount;
use crate::copypath::flows::{Area, Flows, TraceeMemory};
use crate::host;
use crate::measure;
use crate::model::{
    Addresses, Counted, Descriptor, DescriptorKind, RingEvent, StorageBytes, SyscallEvent, Trace,
    TraceReport, text_of,
};
use crate::tracer::{
    self, Guard, Handle, Observer, Options, Subject, TraceError, Tracee, was_ignored,
};

/// Shows what is known while a program is traced.
pub(crate) type OnProgress<'a> = dyn FnMut(&Trace, &Flows) + 'a;

/// What came of tracing a program.
pub(crate) struct Traced {
    pub(crate) report: TraceReport,
    /// What it left running must be guarded.
    pub(crate) guard: Option<Guard>,
}

/// Traces a program until it and all that it made have ended, or until the handle says that it is enough.
///
/// # Errors
/// Those of [`tracer::watch`].
pub(crate) fn trace(
    subject: Subject,
    options: &Options,
    handle: &Handle,
    count: Option<&CopyCount>,
    on_progress: &mut OnProgress,
) -> Result<Traced, TraceError> {
    let command = match &subject {
        Subject::Program(program) => {
            let words = program.command.iter();
            words.map(|word| text_of(word.as_bytes())).collect()
        }
        Subject::Process { pid, .. } => command_line(*pid),
    };
    let mut consumer = FlowObserver {
        flows: Flows::on(&host::machine().kernel),
        count,
        on_progress,
    };
    let outcome = tracer::watch(subject, options, handle, &mut consumer)?;
    consumer.flows.leave_running(&tracer::storage);
    let found = consumer.flows.finish(&outcome.trace.names);
    let guard = outcome.guard;
    let report = TraceReport {
        command,
        exit: outcome.ended.unwrap_or_default(),
        machine: host::machine(),
        processes: outcome.processes,
        threads: outcome.threads,
        calls_by_name: outcome.calls_by_name.into_iter().collect(),
        flows: found.flows,
        unexplained: found.unexplained,
        notes: [outcome.notes, found.notes].concat(),
        hazards: found.hazards,
        storage: found.storage,
        counted: count.and_then(CopyCount::so_far),
        zero_copy: found.zero_copy,
        trace: outcome.trace,
        shared_calls: found.shared_calls,
        flow_of: found.flow_of,
        also_of: found.also_of,
    };
    Ok(Traced { report, guard })
}

/// So many of the last calls are shown while the program runs.
const LAST: usize = 10_000;

/// What is known while the program runs: its flows, and its last calls.
pub(crate) fn snapshot(trace: &Trace, flows: &Flows) -> TraceReport {
    let report = flows.report(&trace.names, trace.calls.len().saturating_sub(LAST));
    let mut processes: Vec<i32> = trace.tasks.iter().map(|task| task.pid).collect();
    processes.sort_unstable();
    processes.dedup();
    let mut calls_by_name: BTreeMap<String, Counted> = BTreeMap::new();
    for (name, calls) in trace.calls_by_name() {
        calls_by_name.entry(name.to_owned()).or_default().calls = calls;
    }
    TraceReport {
        command: trace
            .tasks
            .first()
            .map(|task| task.name.clone())
            .into_iter()
            .collect(),
        processes: processes.len() as u64,
        threads: trace.tasks.len() as u64,
        calls_by_name,
        flows: report.flows,
        unexplained: report.unexplained,
        hazards: report.hazards,
        storage: report.storage,
        zero_copy: report.zero_copy,
        notes: report.notes,
        trace: trace.last(LAST),
        shared_calls: report.shared_calls,
        flow_of: report.flow_of,
        also_of: report.also_of,
        ..TraceReport::default()
    }
}

fn command_line(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty());
    words.map(text_of).collect()
}

struct FlowObserver<'a, 'b> {
    flows: Flows,
    count: Option<&'a CopyCount>,
    on_progress: &'a mut OnProgress<'b>,
}

/// A line of /proc/PID/maps (proc_pid_maps(5)): `start-end perms offset device inode path`. None of one that has no path.
fn area(line: &str) -> Option<Area> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let hexadecimal = |text: &str| u64::from_str_radix(text, 16).ok();
    let permissions = fields.next()?;
    let offset = hexadecimal(fields.next()?)?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    let device = libc::makedev(number(major)?, number(minor)?);
    let inode: u64 = fields.next()?.parse().ok()?;
    let name = fields.next()?.trim_start();
    (!name.is_empty()).then_some(())?;
    Some(Area {
        start: hexadecimal(start)?,
        end: hexadecimal(end)?,
        offset,
        is_writable: permissions.contains('w'),
        is_executable: permissions.contains('x'),
        is_shared: permissions.contains('s'),
        identity: Descriptor::identity_of(device, inode),
        name: name.to_owned(),
    })
}

/// A stopped thread, as the flows ask it.
impl TraceeMemory for Tracee {
    fn tid(&self) -> i32 {
        self.tid
    }
    fn pid(&self) -> i32 {
        self.pid
    }
    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        self.read(address, buffer)
    }
    fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool {
        self.read_places(places, buffer)
    }
    fn addresses(&self, socket: &Descriptor) -> Addresses {
        self.addresses(socket)
    }
    fn sockets(&self) -> Vec<(DescriptorKind, Addresses, bool)> {
        self.sockets()
    }
    fn peer_of(&self, socket: u64) -> Option<u64> {
        tracer::peer_of(socket)
    }
    fn reads(&self, pid: i32, shown: &str) -> bool {
        Tracee::reads(pid, shown)
    }
    fn read_file(&self, fd: i32, offset: Option<u64>, buffer: &mut [u8]) -> usize {
        self.read_file(fd, offset, buffer)
    }
    fn is_read_only(&self, fd: i32) -> bool {
        self.access(fd) == libc::O_RDONLY as u32
    }
    fn carries_messages(&self, fd: i32) -> bool {
        self.carries_messages(fd)
    }
    fn storage(&self) -> Option<StorageBytes> {
        tracer::storage(self.pid)
    }
    fn directory(&self, fd: i32) -> Option<String> {
        let link = match fd {
            libc::AT_FDCWD => format!("/proc/{}/cwd", self.tid),
            fd => self.descriptor_path(fd),
        };
        Some(text_of(fs::read_link(link).ok()?.as_os_str().as_bytes()))
    }
    fn file_size(&self, fd: i32) -> Option<u64> {
        Some(fs::metadata(self.descriptor_path(fd)).ok()?.len())
    }
    fn shared_bytes(&self, fd: i32) -> Option<u64> {
        let file = fs::File::open(self.descriptor_path(fd)).ok()?;
        measure::shared_bytes_now(&file).ok()
    }
    fn program(&self) -> String {
        self.program()
    }
    fn areas(&self) -> Vec<Area> {
        self.maps().lines().filter_map(area).collect()
    }
    fn mapped_end(&self, address: u64) -> Option<u64> {
        let areas = self.areas();
        let area = areas
            .iter()
            .find(|area| (area.start..area.end).contains(&address))?;
        let (start, end, tid) = (area.start, area.end, self.tid);
        // The link leads to files that have no name any more, but only for the privileged (proc_pid_map_files(5)).
        let linked = fs::metadata(format!("/proc/{tid}/map_files/{start:x}-{end:x}"));
        let named = || fs::metadata(format!("/proc/{tid}/root{}", area.name));
        let file = linked.or_else(|_| named()).ok()?;
        let is_it = Descriptor::identity_of(file.dev(), file.ino()) == area.identity;
        is_it.then(|| start + file.len().saturating_sub(area.offset))
    }
    fn of_process(&self, pid: i32) -> Option<Box<dyn TraceeMemory + '_>> {
        Some(Box::new(Tracee { tid: pid, pid }))
    }
    fn copied_on_write(&self, start: u64, end: u64) -> Vec<Range<u64>> {
        self.copied_on_write(start, end)
    }
    fn touched(&self, start: u64, end: u64) -> Vec<u64> {
        self.touched(start, end)
    }
    fn dirty(&self, start: u64, end: u64) -> u64 {
        self.dirty(start, end)
    }
}

impl Observer for FlowObserver<'_, '_> {
    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, shares_memory: bool) {
        if let Some(count) = self.count {
            count.follow(child.pid);
        }
        let parent = parent.map(|parent| parent.pid);
        self.flows.started(parent, child, shares_memory);
    }
    fn entered(&mut self, tracee: &Tracee, event: &SyscallEvent) {
        self.flows.entered(event, tracee);
    }
    fn left(&mut self, tracee: &Tracee, event: &SyscallEvent) {
        self.flows.left(event, tracee);
    }
    fn requested(&mut self, tracee: &Tracee, event: &RingEvent) {
        self.flows.requested(event, tracee);
    }
    fn executed(&mut self, tracee: &Tracee) {
        self.flows.executed(tracee);
    }
    fn ended(&mut self, tracee: &Tracee, last: bool) {
        self.flows.ended(tracee.tid, tracee.pid, last);
    }
    fn dropped(&mut self, calls: usize) {
        self.flows.dropped(calls);
    }
    fn renumbered(&mut self) {
        self.flows.renumbered();
    }
    fn progress(&mut self, trace: &Trace) {
        (self.on_progress)(trace, &self.flows);
    }
}

/// The signals that would end this program, as long as a program is traced: those of the terminal reach the program
/// by themselves, those that somebody sent to this process are passed on.
pub(crate) struct Signals {
    before: SigSet,
    ours: SigSet,
}

const OURS: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGHUP,
];

/// What such a signal means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meaning {
    /// It is enough.
    Enough,
    /// It is passed on to the program, as long as its first process lives; afterwards it is enough. Of those that a process
    /// has sent, only this one's count, where there is one.
    PassedOn(Option<Pid>),
}

impl Signals {
    /// Holds them back, in this thread and in those that it makes. SIGHUP stays ignored under nohup(1).
    pub(crate) fn hold() -> nix::Result<Signals> {
        let is_ours = |signal: &Signal| *signal != Signal::SIGHUP || !was_ignored(*signal as i32);
        let ours: SigSet = OURS.into_iter().filter(is_ours).collect();
        let mut before = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), Some(&mut before))?;
        Ok(Signals { before, ours })
    }

    pub(crate) fn before(&self) -> &SigSet {
        &self.before
    }

    /// Where they are read from.
    pub(crate) fn descriptor(&self, flags: SfdFlags) -> nix::Result<SignalFd> {
        SignalFd::with_flags(&self.ours, flags | SfdFlags::SFD_CLOEXEC)
    }

    /// In a thread of its own: takes signals as what they mean. `after` is how long until it is enough anyway.
    pub(crate) fn attend(
        &self,
        handle: &Handle,
        meaning: Meaning,
        after: Option<Duration>,
    ) -> io::Result<()> {
        let signals = self.descriptor(SfdFlags::empty())?;
        let handle = handle.clone();
        if let Some(after) = after {
            let handle = handle.clone();
            thread::Builder::new().spawn(move || {
                thread::sleep(after);
                handle.stop();
            })?;
        }
        thread::Builder::new().spawn(move || {
            while let Ok(Some(signal)) = signals.read_signal() {
                let sender = sender(&signal);
                match meaning {
                    Meaning::PassedOn(Some(only)) if sender.is_some_and(|pid| pid != only) => {}
                    Meaning::PassedOn(_) if !handle.leader_has_ended() => {
                        if sender.is_some() {
                            handle.signal(signal.ssi_signo as i32);
                        }
                    }
                    _ => handle.stop(),
                }
            }
        })?;
        Ok(())
    }
}

/// The process that sent a signal; none where the kernel did, as for a key of the terminal.
pub(crate) fn sender(signal: &siginfo) -> Option<Pid> {
    (signal.ssi_code <= 0).then(|| Pid::from_raw(signal.ssi_pid as i32))
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}
