//! The tracer against real tracees: this very test binary, executed again as the tracee that a variable names.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use zclab::{
    model::{CallState, DescriptorKind, Exit, Request, Trace},
    syscall::{Style, format_call},
    tracer::{self, Cancel, Options, Program, Recorded, TraceError},
};

mod require;

use require::skip;

#[path = "tracing/tracees.rs"]
mod tracees;

/// The other side of every test here: does what the variable says, where it is set.
#[test]
fn tracee() {
    if let Ok(name) = std::env::var(tracees::NAME) {
        tracees::run(&name);
    }
}

fn tracee_command(name: &str) -> Command {
    tracees::command(name)
}

/// The program of a command, its output thrown away.
fn program(command: &Command) -> Program {
    let null = fs::File::create("/dev/null").unwrap();
    Program {
        streams: [None, Some(null.into()), None],
        ..Program::from(command)
    }
}

/// Follows everything, records between the markers.
fn options() -> Options {
    Options {
        all: true,
        between_markers: true,
        ..Options::default()
    }
}

fn record(command: &Command, options: &Options) -> Recorded {
    let recorded = tracer::record(program(command), options, &Cancel::new(), &mut |_| {});
    recorded.unwrap_or_else(|error| match error {
        TraceError::Refused(cause) => panic!("these tests need ptrace, which is refused: {cause}"),
        error => panic!("{error}"),
    })
}

fn record_tracee(name: &str) -> Trace {
    let recorded = record(&tracee_command(name), &options());
    assert_eq!(recorded.ended, Exit::Code(0), "{name} failed");
    recorded.trace
}

fn count(trace: &Trace, name: &str) -> usize {
    let calls = trace.calls.iter();
    calls.filter(|call| trace.name(call) == name).count()
}

fn lines(trace: &Trace, style: Style) -> Vec<String> {
    let calls = trace.calls.iter();
    calls.map(|call| format_call(trace, call, style)).collect()
}

fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

/// A file in which a tracee says its process id.
struct PidFile(tempfile::TempDir);

impl PidFile {
    fn new(command: &mut Command) -> PidFile {
        let file = PidFile(tempfile::tempdir().unwrap());
        command.env(tracees::PID_FILE, file.0.path());
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("pid")
    }

    fn wait(path: &Path) -> i32 {
        loop {
            match fs::read_to_string(path)
                .ok()
                .and_then(|pid| pid.parse().ok())
            {
                Some(pid) => return pid,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

#[test]
fn a_plain_program_is_recorded_from_its_exec_to_its_end() {
    let whole = Options {
        between_markers: false,
        ..options()
    };
    let recorded = record(&Command::new("true"), &whole);
    assert_eq!(recorded.ended, Exit::Code(0));
    let trace = &recorded.trace;
    let lines = lines(trace, Style::Full);
    assert!(lines[0].starts_with("execve(\"/"), "{}", lines[0]);
    assert!(
        lines[0].ends_with("/true\", argv, envp) = 0"),
        "{}",
        lines[0]
    );
    assert_eq!(lines.last().unwrap(), "exit_group(0) = ?");
    assert_eq!(trace.calls.last().unwrap().state, CallState::Unfinished);
    assert!(trace.calls.is_sorted_by_key(|call| call.start_ns));
    assert!(trace.wall_ns >= trace.calls.last().unwrap().start_ns);
}

#[test]
fn the_calls_are_those_that_strace_shows() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let strace = Command::new("strace")
        .args(["-f", "-o"])
        .arg(log.path())
        .arg("true")
        .status();
    if !strace.is_ok_and(|status| status.success()) {
        return skip("strace", "not installed, or may not trace");
    }
    let name = |line: &str| {
        line.split_whitespace()
            .nth(1)?
            .split_once('(')
            .map(|(name, _)| name.to_owned())
    };
    let log = fs::read_to_string(log.path()).unwrap();
    let seen: Vec<_> = log.lines().filter_map(name).collect();
    let whole = Options {
        between_markers: false,
        ..options()
    };
    let trace = record(&Command::new("true"), &whole).trace;
    let recorded: Vec<_> = trace.calls.iter().map(|call| trace.name(call)).collect();
    assert_eq!(recorded, seen);
}

#[test]
fn only_the_calls_between_the_markers_are_recorded() {
    let trace = record_tracee("plain");
    let names: Vec<_> = trace.calls.iter().map(|call| trace.name(call)).collect();
    assert_eq!(names, ["getppid"; 7]);
    assert_eq!(trace.tasks.len(), 1);
    let last = trace.calls.last().unwrap();
    assert!(trace.wall_ns >= last.start_ns + last.duration_ns);
}

#[test]
fn calls_of_threads_are_counted_exactly() {
    let trace = record_tracee("threads");
    assert_eq!(count(&trace, "getppid"), 4 * 250);
    for task in 1..5 {
        let own = trace
            .calls
            .iter()
            .filter(|call| call.task == task && trace.name(call) == "getppid");
        assert_eq!(own.count(), 250);
    }
    assert!(
        trace
            .tasks
            .iter()
            .all(|task| task.pid == trace.tasks[0].pid)
    );
}

#[test]
fn two_thousand_threads_come_and_go() {
    let trace = record_tracee("many-threads");
    assert_eq!(count(&trace, "getppid"), 2000);
    assert_eq!(trace.tasks.len(), 2001);
}

#[test]
fn children_are_followed_on_request() {
    let trace = record_tracee("fork");
    assert_eq!(count(&trace, "getppid"), 10 + 1);
    assert_ne!(trace.tasks[0].pid, trace.tasks[1].pid);
    let alone = Options {
        follow: false,
        between_markers: false,
        ..options()
    };
    let recorded = record(&tracee_command("fork"), &alone);
    assert_eq!(recorded.ended, Exit::Code(0));
    assert_eq!(recorded.trace.tasks.len(), 1, "its first thread alone");
}

#[test]
fn programs_that_start_programs_are_followed() {
    let trace = record_tracee("chain-3");
    assert_eq!(count(&trace, "getppid"), 5);
    let executed = trace
        .calls
        .iter()
        .filter(|call| trace.name(call) == "execve" && call.result == 0);
    assert_eq!(executed.count(), 3);
}

#[test]
fn a_thread_may_execute_another_program() {
    let trace = record_tracee("exec-by-thread");
    assert_eq!(count(&trace, "getppid"), 5);
    let pause = trace
        .calls
        .iter()
        .find(|call| ["pause", "ppoll"].contains(&trace.name(call)));
    assert_eq!(pause.unwrap().state, CallState::Unfinished);
    let alone = Options {
        follow: false,
        ..options()
    };
    let recorded = record(&tracee_command("exec-by-thread"), &alone);
    assert_eq!(
        recorded.ended,
        Exit::Code(0),
        "not followed, it ends by itself"
    );
}

#[test]
fn signals_are_delivered_as_if_nobody_looked() {
    let trace = record_tracee("signals");
    assert_eq!(count(&trace, "rt_sigreturn"), 4);
    let recorded = record(&tracee_command("abort"), &options());
    assert_eq!(recorded.ended, Exit::Signal("SIGABRT".to_owned()));
}

#[test]
fn a_stopped_tracee_stays_stopped_until_it_is_continued() {
    record_tracee("stop");
}

#[test]
fn a_child_that_is_killed_leaves_its_call_unfinished() {
    let trace = record_tracee("kill");
    let mut asleep = trace
        .calls
        .iter()
        .filter(|call| ["pause", "ppoll"].contains(&trace.name(call)));
    assert_eq!(asleep.next().unwrap().state, CallState::Unfinished);
    assert!(asleep.next().is_none());
}

#[test]
fn a_tracee_killed_from_outside_in_the_middle_ends_the_recording() {
    let mut command = tracee_command("spin");
    let file = PidFile::new(&mut command);
    let path = file.path();
    let killer = std::thread::spawn(move || {
        let pid = PidFile::wait(&path);
        std::thread::sleep(Duration::from_millis(100));
        // SAFETY: kill takes two integers; the tracer has not reaped this process, because nobody else ends it.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    });
    let recorded = record(&command, &options());
    killer.join().unwrap();
    assert_eq!(recorded.ended, Exit::Signal("SIGKILL".to_owned()));
    assert!(count(&recorded.trace, "getppid") > 0);
}

#[test]
fn cancelling_kills_the_tracees_and_nothing_else() {
    let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let mut command = tracee_command("spin-family");
    let file = PidFile::new(&mut command);
    let cancel = Cancel::new();
    let path = file.path();
    let canceller = std::thread::spawn({
        let cancel = cancel.clone();
        move || {
            let pid = PidFile::wait(&path);
            cancel.cancel();
            pid
        }
    });
    let result = tracer::record(program(&command), &options(), &cancel, &mut |_| {});
    assert!(matches!(result, Err(TraceError::Cancelled)), "{result:?}");
    assert!(
        !is_alive(canceller.join().unwrap()),
        "a tracee was left behind"
    );
    assert!(
        other.try_wait().unwrap().is_none(),
        "another child was killed"
    );
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    let again = tracer::record(
        program(&tracee_command("spin")),
        &options(),
        &cancel,
        &mut |_| {},
    );
    assert!(matches!(again, Err(TraceError::Cancelled)), "{again:?}");
}

#[test]
fn cancelling_at_any_moment_is_a_cancellation() {
    for moment in 0..60 {
        let cancel = Cancel::new();
        let canceller = std::thread::spawn({
            let cancel = cancel.clone();
            move || {
                std::thread::sleep(Duration::from_micros(moment * 40));
                cancel.cancel();
            }
        });
        let command = tracee_command("spin");
        let result = tracer::record(program(&command), &options(), &cancel, &mut |_| {});
        assert!(matches!(result, Err(TraceError::Cancelled)), "{result:?}");
        canceller.join().unwrap();
    }
}

#[test]
fn a_panic_while_progress_is_told_leaves_nothing_behind() {
    let mut command = tracee_command("spin");
    let file = PidFile::new(&mut command);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut progress = |trace: &Trace| assert!(trace.calls.is_empty(), "on purpose");
        tracer::record(program(&command), &options(), &Cancel::new(), &mut progress)
    }));
    assert!(panicked.is_err());
    assert!(
        !is_alive(PidFile::wait(&file.path())),
        "a tracee was left behind"
    );
}

#[test]
fn a_command_that_cannot_be_run_is_one_line() {
    for (name, why) in [
        ("/nonexistent/program", "No such file"),
        ("/", "Permission denied"),
    ] {
        let result = tracer::record(
            program(&Command::new(name)),
            &options(),
            &Cancel::new(),
            &mut |_| {},
        );
        let error = result.expect_err("it cannot be run").to_string();
        assert!(
            error.starts_with(&format!("cannot run {name}: {why}")),
            "{error}"
        );
        assert!(!error.contains('\n'));
    }
}

#[test]
fn pinning_is_the_tracees_affair() {
    let allowed = tracees::allowed_cpus();
    let pinned = Options {
        cpu: Some(allowed[0]),
        ..options()
    };
    let recorded = record(&tracee_command("count-cpus"), &pinned);
    assert_eq!(recorded.ended, Exit::Code(1), "the tracee has one CPU");
    assert_eq!(
        tracees::allowed_cpus(),
        allowed,
        "the caller has its own again"
    );
    let nowhere = Options {
        cpu: Some(1023),
        ..options()
    };
    let result = tracer::record(
        program(&tracee_command("plain")),
        &nowhere,
        &Cancel::new(),
        &mut |_| {},
    );
    let error = result.expect_err("there is no such CPU").to_string();
    assert!(error.starts_with("cannot pin to CPU 1023: "), "{error}");
}

#[test]
fn refusals_name_their_cause() {
    let said = |name: &str| {
        let output = tracees::command(name).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let filtered = said("refused-by-seccomp");
    assert!(
        filtered.contains("refused: a seccomp filter on this process"),
        "{filtered}"
    );
    // A program that is traced already cannot trace: it says by whom.
    let recorded = record(
        &tracee_command("refused-as-traced"),
        &Options {
            between_markers: false,
            ..options()
        },
    );
    assert_eq!(recorded.ended, Exit::Code(0));
}

#[test]
fn descriptors_are_shown_as_what_they_are() {
    let mut command = tracee_command("descriptors");
    let dir = tempfile::tempdir().unwrap();
    command.env(tracees::PID_FILE, dir.path());
    let recorded = record(&command, &options());
    assert_eq!(recorded.ended, Exit::Code(0));
    let trace = &recorded.trace;
    let full = lines(trace, Style::Full);
    let port = fs::read_to_string(dir.path().join("port")).unwrap();
    let file = fs::canonicalize(dir.path()).unwrap().join("file");
    let file = file.display();
    // A program's name has 15 letters (TASK_COMM_LEN).
    let own = std::env::current_exe().unwrap();
    let own: String = own
        .file_name()
        .unwrap()
        .to_string_lossy()
        .chars()
        .take(15)
        .collect();
    let expected = [
        format!("= 700<{file}>"),
        format!("write(700<{file}>, buf, 5) = 5"),
        "write(703<pipe>, buf, 5) = 5".to_owned(),
        format!("write(701<tcp 127.0.0.1:{port}>, buf, 5) = 5"),
        // Named by the program at the other end, which is this one.
        format!("sendto(702<unix to {own}>, buf, 5, MSG_NOSIGNAL, NULL, 0) = 5"),
        "write(700<pipe>, buf, 5) = 5".to_owned(),
        "write(700, buf, 5) = -1 EBADF".to_owned(),
    ];
    let mut rest = full.iter();
    for wanted in &expected {
        assert!(
            rest.any(|line| line.ends_with(wanted)),
            "{wanted} is not in its place in {full:#?}"
        );
    }
    assert!(lines(trace, Style::Short).contains(&"write(701<tcp>) = 5".to_owned()));
    let pair = full.iter().find(|line| line.starts_with("pipe2(")).unwrap();
    assert!(
        pair.starts_with("pipe2([") && pair.contains("<pipe>, "),
        "{pair}"
    );
}

/// A tracee that says 77 where io_uring is refused.
fn record_ring(name: &str) -> Option<Trace> {
    let recorded = record(&tracee_command(name), &options());
    if recorded.ended == Exit::Code(77) {
        skip("io-uring", "refused");
        return None;
    }
    assert_eq!(recorded.ended, Exit::Code(0), "{name} failed");
    Some(recorded.trace)
}

#[test]
fn requests_are_read_from_the_rings() {
    let Some(trace) = record_ring("rings") else {
        return;
    };
    let kind = |request: &Request, which| trace.descriptor_of(request, which).map(|fd| fd.kind);
    let told: Vec<_> = trace
        .requests
        .iter()
        .map(|it| {
            let enter = &trace.calls[it.call as usize];
            assert_eq!(trace.name(enter), "io_uring_enter");
            let name = it.name();
            let out = it
                .result
                .map_or("none".to_owned(), |result| result.to_string());
            format!("{name} {}+{} = {out}", it.offset as i64, it.length)
        })
        .collect();
    let expected = [
        "read_fixed 0+4096 = 4096",
        "write_fixed 0+4096 = 4096",
        "read_fixed 4096+4096 = 1904",
        "write_fixed 0+4096 = -125", // ECANCELED: a short read breaks the link
        "splice -1+100 = 100",
        "send_zc 0+1000 = 1000",
        "recv 0+10 = none",
    ];
    assert_eq!(told, expected);
    let [read, write, .., splice, send, _] = &trace.requests[..] else {
        panic!("seven requests");
    };
    assert_eq!((read.call, read.user_data, read.flags), (write.call, 1, 5));
    assert_eq!(
        kind(read, 0),
        Some(DescriptorKind::File),
        "registered later"
    );
    assert_eq!(kind(write, 0), Some(DescriptorKind::Pipe));
    assert_eq!(kind(splice, 0), Some(DescriptorKind::Pipe));
    assert_eq!(kind(splice, 1), Some(DescriptorKind::File));
    assert_eq!(kind(send, 0), Some(DescriptorKind::Tcp));
    assert_eq!(send.copied(), Some(true), "loopback copies: {send:?}");
    assert!(trace.unread.is_empty(), "{:?}", trace.unread);
    // The ring was set up before the recording began, and its first call is the one that hands over.
    assert_eq!(trace.name(&trace.calls[0]), "io_uring_enter");
    let of_first = trace.requests_of(0);
    assert_eq!(of_first.len(), 2);
}

#[test]
fn requests_that_a_thread_of_the_kernel_takes_are_read_without_any_call() {
    let Some(trace) = record_ring("ring-of-the-kernel") else {
        return;
    };
    let [read] = &trace.requests[..] else {
        panic!("{:?}", trace.requests);
    };
    assert_eq!((read.name().as_ref(), read.result), ("read", Some(16)));
    assert!(trace.unread.is_empty(), "{:?}", trace.unread);
}
