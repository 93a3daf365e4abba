//! The tracer against real tracees: this very test binary, executed again as the tracee that a variable names.

use std::process::{Command, Stdio};

use zclab::{
    model::{CallState, Trace},
    syscall::{Style, format_call},
    trace::{self, Cancel, Ended, Options, Recorded, TraceError},
};

const TRACEE: &str = "ZCLAB_TEST_TRACEE";

/// The other side of every test here: does what the variable says, where it is set.
#[test]
fn tracee() {
    if let Ok(name) = std::env::var(TRACEE) {
        tracees::run(&name);
    }
}

fn tracee_command(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "tracee", "--nocapture", "--test-threads=1"])
        .env(TRACEE, name)
        .stdout(Stdio::null());
    command
}

fn options() -> Options {
    Options {
        follow: true,
        cpu: None,
        between_markers: true,
    }
}

fn record(command: &mut Command, options: &Options) -> Recorded {
    trace::record(command, options, &Cancel::new(), &mut |_| {}).expect("a recording")
}

fn count(trace: &Trace, name: &str) -> usize {
    trace
        .calls
        .iter()
        .filter(|call| trace.name(call) == name)
        .count()
}

fn texts(trace: &Trace) -> Vec<String> {
    trace
        .calls
        .iter()
        .map(|call| format_call(trace, call, Style::Full))
        .collect()
}

#[test]
fn a_plain_program_is_recorded_from_its_exec_to_its_end() {
    let mut command = Command::new("true");
    let recorded = record(
        &mut command,
        &Options {
            between_markers: false,
            ..options()
        },
    );
    assert_eq!(recorded.ended, Ended::Code(0));
    let trace = &recorded.trace;
    let lines = texts(trace);
    assert!(lines[0].starts_with("execve(\"/"), "{}", lines[0]);
    assert!(
        lines[0].ends_with("/true\", argv, envp) = 0"),
        "{}",
        lines[0]
    );
    assert_eq!(lines.last().unwrap(), "exit_group(0) = ?");
    assert_eq!(trace.calls.last().unwrap().state, CallState::Unfinished);
    assert!(trace.wall_ns > 0);
    let _ = (
        count(trace, "x"),
        TraceError::Cancelled,
        tracee_command("x"),
    );
}

mod tracees {
    pub fn run(name: &str) {
        match name {
            other => panic!("no tracee is called {other}"),
        }
    }
}
