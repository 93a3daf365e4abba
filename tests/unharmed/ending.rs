//! The end of tracing before the end of the program: what is left goes on as if nobody had looked.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use std::os::unix::process::CommandExt;

use super::desk::{Desk, Seen, ZCLAB, figures, said};

/// A process group that ends with its test, also with one that fails.
struct KilledGroup(Child);

impl Drop for KilledGroup {
    fn drop(&mut self) {
        // SAFETY: two integers; the child has not been waited for, and leads its group.
        unsafe { libc::kill(-(self.0.id() as i32), libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

/// Leaves a daemon behind that makes calls which the filter selects, until `stop` is there, and ends with 3.
const DAEMON: &str = "
setsid sh -c 'while [ ! -e stop ] && [ -e a ]; do cat a >> b || exit 1; sleep 0.02; done; cat a > done' </dev/null >/dev/null 2>&1 &
echo started
exit 3";

fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

fn size(desk: &Desk, name: &str) -> u64 {
    fs::metadata(desk.path(name)).map_or(0, |data| data.len())
}

/// The daemon makes its calls, now that nobody reports them, and ends as it should when it is told to.
fn goes_on(desk: &Desk) {
    let before = size(desk, "b");
    while size(desk, "b") < before + 30 {
        pause();
    }
    fs::write(desk.path("stop"), "").unwrap();
    while size(desk, "done") < 10 {
        pause();
    }
}

/// Waits until what a command has left behind is waited for, and sends a signal to zclab.
fn interrupted(desk: &Desk, options: &[&str], signal: i32) -> Seen {
    let mut command = desk.command(options, &["sh", "-c", DAEMON]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut zclab = command.spawn().unwrap();
    let mut lines = BufReader::new(zclab.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let waits = "zclab: sh has ended; waiting for ";
    assert!(line.starts_with(waits) && line.contains("Ctrl-C"), "{line}");
    while size(desk, "b") < 30 {
        pause();
    }
    // SAFETY: two integers; the child has not been waited for.
    unsafe { libc::kill(zclab.id() as i32, signal) };
    let seen = desk.seen(zclab.wait_with_output().unwrap());
    assert_eq!(seen.output.stdout, b"started\n");
    assert_eq!(seen.output.status.code(), Some(3));
    assert_eq!(seen.json["exit"], serde_json::json!({ "code": 3 }));
    assert!(seen.has_note("left running"), "{:#}", seen.json["notes"]);
    assert!(figures(seen.flow(("file", "/a"), ("file", "/b"))).0 >= 30);
    seen
}

#[test]
fn what_a_command_leaves_behind_is_waited_for_and_left_running_by_a_signal() {
    for (options, signal) in [
        (&[][..], libc::SIGINT),
        (&[], libc::SIGTERM),
        (&["--all"], libc::SIGINT),
    ] {
        let desk = Desk::new(10);
        if !desk.has(&["setsid"]) {
            return;
        }
        interrupted(&desk, options, signal);
        goes_on(&desk);
    }
}

#[test]
fn with_its_leader_the_tracing_ends() {
    let desk = Desk::new(10);
    if !desk.has(&["setsid"]) {
        return;
    }
    let seen = desk.trace(&["--leader"], &["sh", "-c", DAEMON]);
    assert_eq!(seen.output.status.code(), Some(3));
    assert_eq!(
        (said(&seen.output), &*seen.output.stdout),
        (String::new(), &b"started\n"[..])
    );
    assert!(
        seen.has_note("left running, untraced: "),
        "{:#}",
        seen.json["notes"]
    );
    goes_on(&desk);
    // One that leaves nothing behind ends as ever.
    let seen = desk.trace(&["--leader"], &["cat", "a"]);
    assert_eq!(seen.output.status.code(), Some(0));
    assert!(!seen.has_note("left running"));
}

/// A program that is let go copies on, and all of its bytes arrive.
#[test]
fn a_program_is_let_go_after_so_many_bytes_or_calls() {
    const SIZE: usize = 4 << 20;
    let desk = Desk::new(SIZE);
    let copy = ["dd", "if=a", "of=b", "bs=4k", "status=none"];
    let arrives = || {
        while size(&desk, "b") < SIZE as u64 {
            pause();
        }
        assert_eq!(desk.bytes("a"), desk.bytes("b"));
        fs::remove_file(desk.path("b")).unwrap();
    };
    let seen = desk.trace(&["--until-bytes", "1MiB"], &copy);
    assert_eq!(seen.output.status.code(), Some(0));
    let written: u64 = seen.json["flows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flow| flow["bytes"].as_u64().unwrap())
        .sum();
    // The read that made it enough was not written any more.
    assert!((1 << 20..(1 << 20) + 8192).contains(&written), "{written}");
    arrives();
    for calls in [1, 150, 700] {
        let seen = desk.trace(&["--until-calls", &calls.to_string()], &copy);
        assert_eq!(seen.json["syscalls"], calls);
        arrives();
    }
    // One that ends before is not held.
    let seen = desk.trace(
        &["--until-bytes", "1GiB", "--for", "1h"],
        &["sh", "-c", "exit 6"],
    );
    assert_eq!(seen.output.status.code(), Some(6));
}

#[test]
fn a_program_is_let_go_after_a_time() {
    let desk = Desk::new(10);
    let script = "exec >/dev/null 2>&1; while [ ! -e stop ] && [ -e a ]; do cat a >> b; sleep 0.02; done; cat a > done";
    let seen = desk.trace(&["--for", "300ms"], &["sh", "-c", script]);
    assert_eq!(seen.output.status.code(), Some(0), "{}", said(&seen.output));
    goes_on(&desk);
}

#[test]
fn children_are_followed_to_a_depth_and_deeper_ones_do_their_work_unseen() {
    let script = "cat a > b; sh -c 'cat a > c; sh -c \"cat a > d; true\"; true'; exit 4";
    for (depth, processes, alone) in [(0, 1, 2), (1, 3, 2), (2, 5, 1), (3, 6, 0)] {
        let desk = Desk::new(4096);
        let seen = desk.trace(&["--follow", &depth.to_string()], &["sh", "-c", script]);
        assert_eq!(seen.output.status.code(), Some(4));
        assert_eq!(seen.json["processes"], processes, "depth {depth}");
        let note = format!("--follow {depth}: {alone} process");
        assert_eq!(seen.has_note(&note), alone > 0, "{:#}", seen.json["notes"]);
        for (name, is_seen) in [("b", depth > 0), ("c", depth > 1), ("d", depth > 2)] {
            assert_eq!(desk.bytes(name), desk.bytes("a"));
            let end = format!("/{name}");
            let flows = seen.json["flows"].as_array().unwrap();
            let into = flows
                .iter()
                .any(|flow| flow["to"]["name"].as_str().unwrap().ends_with(&end));
            assert_eq!(into, is_seen, "depth {depth}: {name}");
        }
    }
}

#[test]
fn a_whole_tree_is_attached_to_and_left_running() {
    let desk = Desk::new(10);
    let script = "
(while :; do cat a > b; sleep 0.01; done) &
(while :; do cat a > c; sleep 0.01; done) &
echo $!
wait";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(desk.0.path());
    shell.stdout(Stdio::piped()).process_group(0);
    shell.stderr(Stdio::null());
    let mut shell = KilledGroup(shell.spawn().unwrap());
    let pid = shell.0.id().to_string();
    let mut line = String::new();
    BufReader::new(shell.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let attach = |options: &[&str]| {
        let mut zclab = Command::new(ZCLAB);
        let report = desk.path("report.json");
        zclab
            .args(["trace", "--json", "-o", &report, "-p", &pid])
            .args(options);
        let seen = desk.seen(zclab.output().unwrap());
        assert_eq!(seen.output.status.code(), Some(0), "{}", said(&seen.output));
        seen
    };
    let seen = attach(&["--children", "--until-calls", "4000"]);
    seen.flow(("file", "/a"), ("file", "/b"));
    seen.flow(("file", "/a"), ("file", "/c"));
    for pid in [pid.trim(), line.trim()] {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        assert!(status.contains("TracerPid:\t0\n"), "{status}");
    }
    // Alone, the shell waits and makes no call.
    let seen = attach(&["--for", "100ms"]);
    assert_eq!(seen.json["processes"], 1);
}

#[test]
fn conditions_that_mean_nothing_are_usage_errors() {
    for options in [
        &["--until-bytes", "0"][..],
        &["--until-bytes", "much"],
        &["--until-calls", "0"],
        &["--follow", "x"],
        &["--for", "soon"],
        &["--children"],
        &["--live", "--until-calls", "1"],
    ] {
        let desk = Desk::new(10);
        let output = desk.command(options, &["cat", "a"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let output = Command::new(ZCLAB)
        .args(["trace", "-p", "1", "--leader"])
        .output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}
