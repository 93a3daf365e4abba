//! `zclab trace`, as a user sees it: real programs, each compared with what is known of it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

mod require;

use require::skip;

#[path = "trace/desk.rs"]
mod desk;
#[path = "trace/rings.rs"]
mod rings;
#[path = "trace/tracees.rs"]
mod tracees;

use desk::{Desk, MIB, Seen, ZCLAB, figures, said};

/// The other side of tests here: does what the variable says, where it is set.
#[test]
fn tracee() {
    if let Ok(name) = std::env::var(tracees::NAME) {
        tracees::run(&name);
    }
}

/// This binary as a tracee of that name.
fn trace_tracee(desk: &Desk, name: &str) -> Seen {
    let own = std::env::current_exe().unwrap();
    let arguments = [own.to_str().unwrap(), "--exact", "tracee", "--nocapture"];
    let mut command = desk.command(&[], &arguments);
    let seen = desk.seen(command.env(tracees::NAME, name).output().unwrap());
    let failed = !seen.output.status.success() && !is_refused(&seen);
    assert!(!failed, "{name}: {:?}", seen.output);
    seen
}

/// Whether the tracee could not do what it is for here; says so.
fn is_refused(seen: &Seen) -> bool {
    let said = String::from_utf8_lossy(&seen.output.stdout);
    let why = said
        .lines()
        .find_map(|line| line.split_once(tracees::REFUSED));
    if let Some((_, why)) = why {
        let need = why.split(':').next().unwrap().trim();
        skip(need, why);
    }
    why.is_some()
}

#[test]
fn a_loop_of_reads_and_writes_is_one_flow_of_two_copies() {
    let desk = Desk::new(MIB);
    let seen = desk.trace(&[], &["dd", "if=a", "of=b", "bs=64k"]);
    assert!(seen.output.status.success());
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    assert_eq!(
        flow["calls_by_name"],
        serde_json::json!({ "read": 16, "write": 16 })
    );
    assert_eq!(
        (&flow["basis"], &flow["zero_copy"]),
        (&"inferred".into(), &false.into())
    );
    assert_eq!(
        fs::read(desk.path("a")).unwrap(),
        fs::read(desk.path("b")).unwrap()
    );
    seen.explains_all();
}

#[test]
fn the_calls_of_a_flow_are_those_behind_it() {
    let desk = Desk::new(MIB);
    let shells = [
        "cat a | cat > b; dd if=a of=c bs=64k status=none; cat a a > d",
        "dd if=a bs=1000 status=none | tee e > f; gzip -c a > g; tail -c 100000 a > h",
    ];
    let mut shared = 0;
    for shell in shells {
        desk.trace(&["--save", "run.jsonl"], &["sh", "-c", shell]);
        let report = zclab::store::trace_report::load(desk.path("run.jsonl").as_ref()).unwrap();
        for (number, flow) in report.flows.iter().enumerate() {
            let number = number as u32;
            let last = report.flow_of.iter().filter(|of| **of == number);
            let also = report.also_of.iter().filter(|(_, of)| *of == number);
            let behind = last.count() + also.count();
            assert_eq!(
                behind as u64, flow.calls,
                "{} > {}",
                flow.from.name, flow.to.name
            );
        }
        shared += report.also_of.len();
    }
    assert!(shared > 0, "a read of tee's goes to two sinks");
}

#[test]
fn pipes_carry_a_flow_on_to_the_next_program() {
    let desk = Desk::new(MIB);
    let seen = desk.trace(&[], &["sh", "-c", "cat a | cat > b"]);
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 4.0, false));
    assert_eq!(seen.json["processes"], 3);
    seen.explains_all();
    if desk.has(&["gzip"]) {
        fs::write(
            desk.path("words"),
            "one two three four five six\n".repeat(20_000),
        )
        .unwrap();
        let seen = desk.trace(&[], &["sh", "-c", "cat words | gzip > c"]);
        let (bytes, copies, _) = figures(seen.flow(("file", "/words"), ("memory", "gzip")));
        assert_eq!((bytes, copies), (28 * 20_000, 3.0));
        let made = seen.flow(("memory", "gzip"), ("file", "/c"));
        assert_eq!(made["bytes"], fs::metadata(desk.path("c")).unwrap().len());
        seen.explains_all();
    }
}

#[test]
fn a_copy_within_the_kernel_is_one_copy_or_none() {
    let desk = Desk::new(MIB);
    if !desk.has(&["cp"]) {
        return;
    }
    let seen = desk.trace(&[], &["cp", "a", "b"]);
    let (bytes, copies, _) = figures(seen.flow(("file", "/a"), ("file", "/b")));
    assert_eq!(bytes, MIB as u64);
    let by_loop = seen.json["calls_by_name"].get("copy_file_range").is_none();
    assert_eq!(copies, if by_loop { 2.0 } else { 1.0 });
    seen.explains_all();
}

#[test]
fn the_server_copies_as_its_method_says() {
    for (method, copies) in [
        ("read-write", 2.0),
        ("mmap-write", 1.0),
        ("sendfile", 0.0),
        ("splice", 0.0),
    ] {
        let desk = Desk::new(MIB);
        let mut command = desk.command(&[], &[ZCLAB, "serve", ".", "--method", method]);
        let mut zclab = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = Vec::new();
        let out = zclab.stdout.as_mut().unwrap();
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        let line = String::from_utf8(line).unwrap();
        let address = line
            .strip_prefix("listening on http://")
            .expect("an address")
            .to_owned();
        let mut client = TcpStream::connect(&address).unwrap();
        write!(
            client,
            "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert!(
            answer.ends_with(&fs::read(desk.path("a")).unwrap()),
            "{method}: other bytes"
        );
        let own = client.local_addr().unwrap();
        // SAFETY: kill takes two integers; the child has not been waited for.
        unsafe { libc::kill(zclab.id() as i32, libc::SIGTERM) };
        let seen = desk.seen(zclab.wait_with_output().unwrap());
        assert!(
            seen.output.status.success(),
            "a signal sent to zclab is passed on to the server"
        );
        let flow = seen.flow(("file", "/a"), ("tcp", &format!("{address} > {own}")));
        assert_eq!(figures(flow), (MIB as u64, copies, false), "{method}");
        assert_eq!(flow["zero_copy"], copies == 0.0);
        seen.flow(("tcp", &format!("{own} > {address}")), ("memory", "zclab"));
        seen.explains_all();
    }
}

#[test]
fn what_a_program_changes_in_place_is_transformed() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    let text = "the quick brown fox jumps over the lazy dog 0123456789\n".repeat(100);
    fs::write(desk.path("text"), &text).unwrap();
    let script = "
import os
source = os.open('text', os.O_RDONLY); sink = os.open('out', os.O_WRONLY | os.O_CREAT)
buffer = bytearray(8192)
n = os.readv(source, [buffer])
for i in range(n): buffer[i] ^= 42
os.writev(sink, [memoryview(buffer)[:n]])
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    let flow = seen.flow(("file", "/text"), ("file", "/out"));
    assert_eq!(figures(flow), (text.len() as u64, 2.0, true));
    // One byte in the middle of much.
    let script = "
source = open('a', 'rb', buffering=0); sink = open('out', 'wb', buffering=0)
buffer = bytearray(65536)
while n := source.readinto(buffer):
    buffer[n // 3] ^= 1
    sink.write(memoryview(buffer)[:n])
";
    fs::write(desk.path("a"), Desk::new(MIB).bytes("a")).unwrap();
    let seen = desk.trace(&[], &["python3", "-c", script]);
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, true));
    assert!(!seen.has_note("samples: "));
    let script = script.replace("65536", "1 << 20");
    let seen = desk.trace(&[], &["python3", "-c", &script]);
    assert!(seen.has_note("samples: "), "a limit is said");
    // A copy in the program's own memory, by content.
    let script = "
import os
source = os.open('text', os.O_RDONLY); sink = os.open('copy', os.O_WRONLY | os.O_CREAT)
read = os.read(source, 8192)
copy = bytes(bytearray(read))
os.write(sink, copy)
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    let flow = seen.flow(("file", "/text"), ("file", "/copy"));
    assert_eq!(figures(flow), (text.len() as u64, 3.0, false));
}

#[test]
fn streams_and_exit_status_are_the_programs_own() {
    let desk = Desk::new(10);
    let script = "read line; echo \"out $line\"; echo err >&2; exit 7";
    let mut zclab = desk
        .command(&[], &["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    zclab.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let seen = desk.seen(zclab.wait_with_output().unwrap());
    assert_eq!(seen.output.stdout, b"out hello\n");
    assert_eq!(seen.output.stderr, b"err\n");
    assert_eq!(seen.output.status.code(), Some(7));
    assert_eq!(seen.json["exit"], serde_json::json!({ "code": 7 }));
    let killed = desk.trace(&[], &["sh", "-c", "kill -SEGV $$"]);
    assert_eq!(killed.output.status.code(), Some(128 + 11));
    assert_eq!(
        killed.json["exit"],
        serde_json::json!({ "signal": "SIGSEGV" })
    );
}

#[test]
fn a_failure_of_zclab_itself_is_125_and_one_line() {
    let desk = Desk::new(10);
    for command in [
        &["/nonexistent/program"][..],
        &["no-such-program-here"],
        &["/"],
    ] {
        let output = desk.command(&[], command).output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{command:?}");
        let said = said(&output);
        assert!(
            said.starts_with(&format!("zclab: cannot run {}: ", command[0])),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1);
    }
    let output = Command::new(ZCLAB)
        .args(["trace", "-p", "2147483647"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(said(&output).starts_with("zclab: "), "{}", said(&output));
}

#[test]
fn expectations_are_answered_by_the_exit_status() {
    let desk = Desk::new(MIB);
    let copy = ["dd", "if=a", "of=b", "bs=64k", "status=none"];
    let held = desk.trace(
        &[
            "--expect",
            "cpu_copies_per_byte == 2 && calls.sendfile == 0",
            "--expect",
            "flow(file, file).bytes >= 1MiB",
        ],
        &copy,
    );
    assert_eq!(held.output.status.code(), Some(0), "{}", said(&held.output));
    let failed = desk.trace(
        &[
            "--expect",
            "cpu_copies_per_byte < 1",
            "--expect",
            "threads == 1",
        ],
        &copy,
    );
    assert_eq!(failed.output.status.code(), Some(1));
    assert_eq!(
        said(&failed.output),
        "zclab: expected cpu_copies_per_byte < 1: cpu_copies_per_byte is 2\n"
    );
    // Of what is not there nothing holds.
    let nothing = desk.trace(
        &["--expect", "flow(file, tcp).cpu_copies_per_byte < 1"],
        &copy,
    );
    assert_eq!(nothing.output.status.code(), Some(1));
    for wrong in [
        "speed < 1",
        "cpu_copies_per_byte <",
        "flow(disk, tcp).bytes == 0",
        "1 ~ 2",
    ] {
        let output = desk
            .command(&["--expect", wrong], &["true"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn every_call_is_counted_as_strace_counts_it() {
    let desk = Desk::new(MIB);
    let log = desk.path("strace");
    let command = ["dd", "if=a", "of=b", "bs=4k", "status=none"];
    let strace = Command::new("strace")
        .args(["-f", "-c", "-o", &log])
        .args(command)
        .current_dir(desk.0.path())
        .status();
    if !strace.is_ok_and(|status| status.success()) {
        return skip("strace", "not installed, or may not trace");
    }
    let seen = desk.trace(&["--all"], &command);
    let ours = seen.json["calls_by_name"].as_object().unwrap();
    let log = fs::read_to_string(log).unwrap();
    let rows = log.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = *words.last()?;
        let calls: u64 = words.get(3)?.parse().ok()?;
        (name != "total").then_some((name.to_owned(), Value::from(calls)))
    });
    let theirs: serde_json::Map<String, Value> = rows.collect();
    assert_eq!(*ours, theirs);
    let filtered = desk.trace(&[], &command);
    for name in ["read", "write", "openat", "close", "execve"] {
        assert_eq!(filtered.json["calls_by_name"][name], theirs[name], "{name}");
    }
}

/// A child that ends with its test, also with one that fails: else it would keep the test's output open.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_is_attached_to_and_left_running() {
    let desk = Desk::new(10);
    let script = "while :; do cat a > b; sleep 0.01; done";
    let shell = Command::new("sh")
        .args(["-c", script])
        .current_dir(desk.0.path())
        .spawn();
    let mut shell = Killed(shell.unwrap());
    let pid = shell.0.id().to_string();
    let attach = |time: &str| {
        let mut zclab = Command::new(ZCLAB);
        zclab.args([
            "trace",
            "--json",
            "-o",
            &desk.path("report.json"),
            "-p",
            &pid,
        ]);
        zclab.args(["--for", time]);
        zclab
    };
    let seen = desk.seen(attach("1s").output().unwrap());
    assert_eq!(seen.output.status.code(), Some(0), "{}", said(&seen.output));
    assert!(seen.json["syscalls"].as_u64().unwrap() > 0);
    // And by Ctrl-C.
    let zclab = attach("1h").stderr(Stdio::piped()).spawn().unwrap();
    let is_traced = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        !status.contains("TracerPid:\t0\n")
    };
    while !is_traced() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // SAFETY: kill takes two integers; the child has not been waited for.
    unsafe { libc::kill(zclab.id() as i32, libc::SIGINT) };
    let output = zclab.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(shell.0.try_wait().unwrap().is_none(), "it was left running");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("TracerPid:\t0"), "{status}");
    assert!(
        !status.contains("State:\tt") && !status.contains("State:\tT"),
        "{status}"
    );
}

#[test]
fn old_calls_are_folded_and_the_flows_stay_exact() {
    let desk = Desk::new(MIB);
    let save = desk.path("saved.jsonl");
    let seen = desk.trace(
        &["--keep", "50", "--save", &save],
        &["dd", "if=a", "of=b", "bs=1k", "status=none"],
    );
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    assert_eq!(flow["calls"], 2048);
    let lines = fs::read_to_string(&save).unwrap();
    assert_eq!(
        lines.lines().count(),
        1 + 50 + 2,
        "a header, 50 calls, their flows, the end"
    );
    let replayed = Command::new(ZCLAB)
        .args(["replay", &save, "--json"])
        .output()
        .unwrap();
    assert!(replayed.status.success(), "{}", said(&replayed));
    let again: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(again, seen.json);
    damaged_recordings_are_one_line(Path::new(&save), &lines);
}

/// What is remembered of a server's connections must not grow for ever, and what is kept must keep its names.
#[test]
fn descriptors_of_old_calls_are_forgotten_with_them() {
    let desk = Desk::new(1000);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import os
source, sink = os.open('a', os.O_RDONLY), os.open('b', os.O_WRONLY | os.O_CREAT)
for number in range(4000):
    readable, writable = os.pipe()
    os.write(writable, os.pread(source, 1000, 0))
    os.pwrite(sink, os.read(readable, 1000), 0)
    os.close(readable), os.close(writable)
";
    let save = desk.path("saved.jsonl");
    let options = ["--keep", "700", "--save", &save];
    let seen = desk.trace(&options, &["python3", "-c", script]);
    assert!(seen.output.status.success(), "{}", said(&seen.output));
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (4_000_000, 4.0, false));
    seen.explains_all();
    let recording = fs::read_to_string(&save).unwrap();
    let header: Value = serde_json::from_str(recording.lines().next().unwrap()).unwrap();
    let descriptors = header["trace"]["descriptors"].as_array().unwrap();
    assert!(descriptors.len() < 4000, "{}", descriptors.len());
    let named = |call: &Value| {
        let index = call["fds"][0].as_u64().unwrap() as usize;
        descriptors[index]["name"].as_str().unwrap().to_owned()
    };
    let calls = recording
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let names: Vec<_> = calls
        .filter(|call| call["call"] == "pread64")
        .map(|call| named(&call))
        .collect();
    assert!(
        names.len() > 80 && names.iter().all(|name| name.ends_with("/a")),
        "{names:?}"
    );
}

fn damaged_recordings_are_one_line(path: &Path, lines: &str) {
    let cut: String = lines
        .lines()
        .take(20)
        .map(|line| format!("{line}\n"))
        .collect();
    let changed = lines.replacen("\"flow_of\":[", "\"flow_of\":[77,", 1);
    for damaged in [cut, changed] {
        fs::write(path, damaged).unwrap();
        let output = Command::new(ZCLAB)
            .arg("replay")
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(said(&output).lines().count(), 1, "{}", said(&output));
    }
}

#[test]
fn many_short_processes_and_threads_are_followed() {
    let desk = Desk::new(10);
    let seen = desk.trace(
        &[],
        &[
            "sh",
            "-c",
            "i=0; while [ $i -lt 60 ]; do cat a >> b; i=$((i+1)); done",
        ],
    );
    assert!(seen.output.status.success());
    assert_eq!(seen.json["processes"], 61);
    assert_eq!(figures(seen.flow(("file", "/a"), ("file", "/b"))).0, 600);
    if desk.has(&["python3"]) {
        let script = "
import threading
def work():
    with open('a', 'rb') as f: f.read()
for _ in range(40):
    threads = [threading.Thread(target=work) for _ in range(25)]
    [t.start() for t in threads]; [t.join() for t in threads]
";
        let seen = desk.trace(&[], &["python3", "-c", script]);
        assert!(seen.output.status.success(), "{}", said(&seen.output));
        assert!(seen.json["threads"].as_u64().unwrap() >= 1001);
        assert!(figures(seen.flow(("file", "/a"), ("memory", "python3"))).0 >= 10_000);
    }
}

#[test]
fn requests_of_a_ring_are_seen_through() {
    let desk = Desk::new(MIB);
    let seen = trace_tracee(&desk, "ring");
    if is_refused(&seen) {
        return;
    }
    assert_eq!(
        fs::read(desk.path("a")).unwrap(),
        fs::read(desk.path("b")).unwrap()
    );
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    assert_eq!(
        flow["calls_by_name"],
        serde_json::json!({ "io_uring_enter": 16 })
    );
    seen.explains_all();
}

#[test]
fn a_zero_copy_send_of_a_ring_is_what_its_notification_reports() {
    let desk = Desk::new(MIB);
    let seen = trace_tracee(&desk, "ring-zero-copy");
    if is_refused(&seen) {
        return;
    }
    let flow = seen.flow(("file", "/a"), ("tcp", ""));
    // On loopback the kernel copies, and reports that it did: with the notification, not with the completion.
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    let hops = flow["copy_path"].as_array().unwrap();
    let sent = hops.iter().find(|hop| hop["basis"] == "reported");
    assert_eq!(sent.unwrap()["how"], "cpu-copy", "{hops:#?}");
    assert!(
        hops.iter().all(|hop| hop["how"] != "reference"),
        "{hops:#?}"
    );
}

#[test]
fn a_descriptor_that_was_handed_over_is_what_it_is() {
    let desk = Desk::new(MIB);
    // To itself, at a number that was looked at while it was not open.
    let seen = trace_tracee(&desk, "received");
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    // A file and a pipe, to another process.
    let seen = trace_tracee(&desk, "relayed");
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 4.0, false));
    seen.explains_all();
    // Fetched from another process.
    let seen = trace_tracee(&desk, "fetched");
    if !is_refused(&seen) {
        let flow = seen.flow(("file", "/a"), ("file", "/b"));
        assert_eq!(figures(flow), (MIB as u64, 2.0, false));
        seen.explains_all();
    }
}

#[test]
fn tmpfs_takes_o_direct_and_copies() {
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else {
        return skip("tmpfs", "/dev/shm takes no files");
    };
    let desk = Desk::within(directory, MIB);
    let direct = [
        "dd",
        "if=a",
        "of=b",
        "bs=64k",
        "iflag=direct",
        "oflag=direct",
    ];
    let seen = desk.trace(&[], &direct);
    if !seen.output.status.success() {
        return skip("tmpfs", "it takes O_DIRECT since Linux 6.6");
    }
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
}

#[test]
fn what_has_no_name_in_a_directory_is_named_as_what_it_is() {
    let desk = Desk::new(MIB);
    let seen = trace_tracee(&desk, "nameless");
    let memfd = ("file", "/memfd:scratch (deleted)");
    for (from, to) in [(("file", "/a"), memfd), (memfd, ("file", "/gone"))] {
        assert_eq!(figures(seen.flow(from, to)), (MIB as u64, 2.0, false));
    }
    let flows = seen.json["flows"].as_array().unwrap();
    let of_events = |end: &str| {
        flows
            .iter()
            .find(|flow| flow[end] == serde_json::json!({ "kind": "device", "name": "eventfd" }))
    };
    assert_eq!(of_events("to").unwrap()["bytes"], 8);
    assert_eq!(of_events("from").unwrap()["bytes"], 8);
    seen.explains_all();
}

#[test]
fn inherited_descriptors_are_known() {
    let desk = Desk::new(MIB);
    let (source, sink) = (
        fs::File::open(desk.path("a")),
        fs::File::create(desk.path("b")),
    );
    let mut command = desk.command(&[], &["sh", "-c", "exec 7<&0 0<&-; exec cat <&7"]);
    let output = command
        .stdin(source.unwrap())
        .stdout(sink.unwrap())
        .output();
    let seen = desk.seen(output.unwrap());
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(flow["bytes"], MIB);
    seen.explains_all();
    // A file whose name is gone before.
    let sink = fs::File::create(desk.path("gone")).unwrap();
    fs::remove_file(desk.path("gone")).unwrap();
    let mut command = desk.command(&[], &["cat", "a"]);
    let seen = desk.seen(command.stdout(sink).output().unwrap());
    let flow = seen.flow(("file", "/a"), ("file", "/gone (deleted)"));
    assert_eq!(flow["bytes"], MIB);
    // A pipe from a program that nobody watches is an end.
    let mut outside = Command::new("cat")
        .arg(desk.path("a"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pipe = outside.stdout.take().unwrap();
    let mut command = desk.command(&[], &["dd", "of=c", "bs=4k", "status=none"]);
    let seen = desk.seen(command.stdin(pipe).output().unwrap());
    outside.wait().unwrap();
    let flow = seen.flow(("pipe", "]"), ("file", "/c"));
    assert_eq!(figures(flow), (MIB as u64, 2.0, false));
    seen.explains_all();
}

/// A 32-bit program of a few bytes: it writes "hello" and exits with 7.
#[cfg(target_arch = "x86_64")]
fn narrow_program() -> Vec<u8> {
    const BASE: u32 = 0x0804_8000;
    const HEADERS: u32 = 52 + 32;
    let text = BASE + HEADERS + 34;
    let mut code = vec![0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0xb9]; // mov eax, 4; mov ebx, 1; mov ecx, text
    code.extend(text.to_le_bytes());
    code.extend([0xba, 5, 0, 0, 0, 0xcd, 0x80]); // mov edx, 5; int 0x80
    code.extend([0xb8, 1, 0, 0, 0, 0xbb, 7, 0, 0, 0, 0xcd, 0x80]); // mov eax, 1; mov ebx, 7; int 0x80
    assert_eq!(code.len(), 34);
    code.extend(b"hello");
    let size = HEADERS + code.len() as u32;
    let mut out = b"\x7fELF\x01\x01\x01".to_vec();
    out.resize(16, 0);
    let halves = |out: &mut Vec<u8>, halves: &[u16]| {
        halves
            .iter()
            .for_each(|half| out.extend(half.to_le_bytes()));
    };
    let words = |out: &mut Vec<u8>, words: &[u32]| {
        words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    };
    halves(&mut out, &[2, 3]); // executable, i386
    words(&mut out, &[1, BASE + HEADERS, 52, 0, 0]);
    halves(&mut out, &[52, 32, 1, 40, 0, 0]);
    words(&mut out, &[1, 0, BASE, BASE, size, size, 5, 0x1000]);
    assert_eq!(out.len() as u32, HEADERS);
    out.extend(code);
    out
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_32_bit_program_is_said_and_not_misread() {
    let desk = Desk::new(10);
    let program = desk.path("narrow");
    fs::write(&program, narrow_program()).unwrap();
    make_executable(&program, 0o755);
    match Command::new(&program).output() {
        Err(error) => return skip("32-bit", error),
        Ok(output) => assert_eq!(
            (output.stdout, output.status.code()),
            (b"hello".to_vec(), Some(7))
        ),
    }
    for options in [&[][..], &["--all"]] {
        let seen = desk.trace(options, &[&program]);
        assert_eq!(seen.output.stdout, b"hello");
        assert_eq!(seen.output.status.code(), Some(7));
        assert!(
            seen.has_note("32-bit: narrow is a 32-bit program"),
            "{:#}",
            seen.json
        );
        assert_eq!(seen.json["calls_by_name"]["32-bit_write"], 1);
        assert_eq!(seen.json["unexplained"]["written_bytes"], 5);
        assert_eq!(seen.json["flows"], serde_json::json!([]));
    }
}

#[test]
fn what_goes_through_queues_is_counted_and_asynchronous_requests_are_flows() {
    let desk = Desk::new(4096);
    let seen = trace_tracee(&desk, "queues");
    if is_refused(&seen) {
        return;
    }
    let flows = seen.json["flows"].as_array().unwrap();
    let through = |call: &str| flows.iter().any(|flow| flow["calls_by_name"][call] == 1);
    assert!(
        through("mq_timedreceive") && through("msgrcv"),
        "{:#}",
        seen.json
    );
    let is_of_a = |flow: &&Value| flow["from"]["name"].as_str().unwrap().ends_with("/a");
    let submitted = flows.iter().find(is_of_a).expect("io_submit");
    assert_eq!(submitted["bytes"], 4096);
    seen.explains_all();
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_32_bit_call_of_a_64_bit_program_is_said_and_not_misread() {
    let desk = Desk::new(10);
    let seen = trace_tracee(&desk, "narrow");
    assert_eq!(
        seen.json["calls_by_name"]["x32_getppid"], 1,
        "{:#}",
        seen.json
    );
    if is_refused(&seen) {
        return;
    }
    assert_eq!(fs::read(desk.path("b")).unwrap(), b"hello");
    assert!(seen.has_note("32-bit: "), "{:#}", seen.json);
    assert_eq!(seen.json["calls_by_name"]["32-bit_write"], 1);
    assert_eq!(seen.json["unexplained"]["written_bytes"], 5);
}

fn make_executable(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_set_user_id_program_is_said() {
    use std::os::unix::process::CommandExt;
    let desk = Desk::new(MIB);
    let program = desk.path("raised");
    let cat = ["/bin/cat", "/usr/bin/cat"]
        .into_iter()
        .find(|path| Path::new(path).is_file());
    let Some(cat) = cat else {
        return skip("cat", "not where it is looked for");
    };
    fs::copy(cat, &program).unwrap();
    make_executable(&program, 0o4755);
    let mut command = desk.command(&[], &[&program, "a"]);
    let is_root = nix::unistd::geteuid().is_root();
    // Root's program, run by somebody else; an ordinary user has but their own.
    if is_root {
        make_executable(&desk.path("."), 0o777);
        command.uid(65534).gid(65534);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            return skip(
                "root",
                format!("another user cannot run zclab here: {error}"),
            );
        }
    };
    let seen = desk.seen(output);
    assert_eq!(seen.output.stdout.len(), MIB);
    let with_or_without = if is_root { "without" } else { "with" };
    let note = format!("set-user-id: {program} ran {with_or_without} its owner's rights");
    assert!(seen.has_note(&note), "{note}: {:#}", seen.json["notes"]);
    seen.explains_all();
}

#[test]
fn chains_of_vfork_and_exec_lose_no_call() {
    let desk = Desk::new(1000);
    let chain = "exec sh -c 'exec sh -c \"exec cat a\"'";
    let seen = desk.trace(&[], &["sh", "-c", chain]);
    assert_eq!(
        (&seen.json["processes"], seen.output.stdout.len()),
        (&1.into(), 1000)
    );
    if desk.has(&["python3"]) {
        let script = "
import os, subprocess
for _ in range(20): subprocess.run(['sh', '-c', 'exec cat a'], stdout=open('b', 'ab'))
for _ in range(20): os.waitpid(os.posix_spawnp('cat', ['cat', 'a'], os.environ), 0)
";
        let seen = desk.trace(&[], &["python3", "-c", script]);
        assert!(seen.json["processes"].as_u64().unwrap() >= 41);
        assert_eq!(seen.output.stdout.len(), 20_000);
        assert_eq!(figures(seen.flow(("file", "/a"), ("file", "/b"))).0, 20_000);
        assert_eq!(figures(seen.flow(("file", "/a"), ("pipe", "]"))).0, 20_000);
        seen.explains_all();
    }
}

/// The threads that stand still when another one executes a program are gone, and their ids with them.
#[test]
fn a_thread_executes_a_program_while_the_others_are_busy() {
    let desk = Desk::new(1000);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import os, shutil, sys, threading, time
cat, source = shutil.which('cat'), os.open('a', os.O_RDONLY)
def busy():
    while True: os.pread(source, 10, 0)
def leave():
    time.sleep(float(sys.argv[1]))
    os.execv(cat, ['cat', 'a'])
if len(sys.argv) == 1: os.execv(cat, ['cat', 'a'])
for work in [busy, busy, leave]: threading.Thread(target=work).start()
busy()
";
    let executed = |arguments: &[&str]| {
        let seen = desk.trace(&[], &[&["python3", "-c", script], arguments].concat());
        assert!(seen.output.status.success(), "{}", said(&seen.output));
        assert_eq!(seen.output.stdout.len(), 1000);
        assert_eq!(figures(seen.flow(("file", "/a"), ("pipe", "]"))).0, 1000);
        seen.json["calls_by_name"]["execve"].clone()
    };
    let alone = executed(&[]);
    for moment in ["0", "0.002", "0.01"] {
        assert_eq!(executed(&[moment]), alone, "after {moment} s");
    }
}

/// As a shell does it on Ctrl-Z and `fg`: the signals reach all of the job.
#[test]
fn a_job_is_stopped_and_goes_on() {
    use std::os::unix::process::CommandExt;
    let desk = Desk::new(10);
    let script = "while read line; do cat a >> b; echo \"$line\"; done; exit 3";
    let mut command = desk.command(&[], &["sh", "-c", script]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0);
    let mut zclab = command.spawn().unwrap();
    let (mut input, mut output) = (zclab.stdin.take().unwrap(), zclab.stdout.take().unwrap());
    let mut ask = |input: &mut std::process::ChildStdin| {
        input.write_all(b"x\n").unwrap();
        let mut answer = [0; 2];
        output.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"x\n");
    };
    let job = zclab.id() as i32;
    for _ in 0..3 {
        ask(&mut input);
        let mut status = 0;
        // SAFETY: integers, and a number that the kernel writes; the child has not been waited for.
        unsafe {
            libc::kill(-job, libc::SIGTSTP);
            assert_eq!(libc::waitpid(job, &mut status, libc::WUNTRACED), job);
            assert!(libc::WIFSTOPPED(status), "{status:x}");
            libc::kill(-job, libc::SIGCONT);
        }
    }
    ask(&mut input);
    drop(input);
    let seen = desk.seen(zclab.wait_with_output().unwrap());
    assert_eq!(seen.output.status.code(), Some(3));
    assert_eq!(figures(seen.flow(("file", "/a"), ("file", "/b"))).0, 40);
}

#[test]
fn the_log_tells_what_the_tracer_did_and_is_off_by_default() {
    let desk = Desk::new(10);
    let log = desk.path("log");
    let state = desk.path("state");
    let run = |level: &str| {
        let mut command = desk.command(&[], &["sh", "-c", "cat a; exit 3"]);
        command.env("XDG_STATE_HOME", &state);
        command.env("ZCLAB_LOG", level).env("ZCLAB_LOG_FILE", &log);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(run(""), "");
    assert!(!Path::new(&log).exists() && !Path::new(&state).exists());
    assert_eq!(run("trace"), "", "nothing goes to the terminal");
    let text = fs::read_to_string(&log).unwrap();
    let mut rest = text.lines();
    for event in [
        "filter",
        "launched",
        "executed",
        "stop=Filtered",
        "stop=Call",
        "ended",
        "over",
    ] {
        assert!(
            rest.any(|line| line.contains(event)),
            "{event} is not in its place in {text}"
        );
    }
    assert!(run("loud").contains("there is no level 'loud'"));
    // Without a file of its own it lies beside the answers.
    let mut command = desk.command(&[], &["true"]);
    command
        .env("XDG_STATE_HOME", &state)
        .env("ZCLAB_LOG", "debug");
    assert!(command.output().unwrap().status.success());
    let text = fs::read_to_string(Path::new(&state).join("zclab/trace.log")).unwrap();
    assert!(
        text.contains("executed") && !text.contains("stop="),
        "{text}"
    );
}
