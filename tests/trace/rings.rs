//! Asynchronous I/O in all its ways: `rings.c` copies the file `a` to `b` in each of them, and each is one flow of all
//! bytes.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

use super::{
    desk::{Desk, Seen, ZCLAB, figures},
    require::skip,
};

/// Whole chunks of `rings.c`.
const SIZE: usize = 24 * 16384;
/// Ways in which the file is read and written in one process: each byte is copied to its memory and out of it.
const IN_ONE_PROCESS: &[&str] = &[
    "plain",
    "large-entries",
    "own-memory",
    "index-alone",
    "registered-index",
    "duplicated",
    "linked",
    "silent",
    "vectors",
    "provided",
    "direct",
    "in-child",
    "resized",
    "messages",
    "mixed",
    "aio",
    "aio-peek",
    "aio-vectors",
];
/// Ways in which another process sends the file over a pair of sockets.
const RECEIVED: &[&str] = &[
    "buffer-ring",
    "kernel-buffer-ring",
    "incremental",
    "bundle",
    "recvmsg",
    "read-multishot",
];

/// The compiled tracee; none where there is no compiler.
fn program() -> Option<&'static Path> {
    static COMPILED: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trace/rings.c");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O1", "-o"])
            .arg(directory.path().join("rings"));
        match compiler.arg(source).output() {
            Ok(output) if output.status.success() => Some(directory),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => None,
        }
    });
    let path = compiled
        .as_ref()
        .map(|directory| directory.path().join("rings"));
    if path.is_none() {
        skip("cc", "no C compiler");
    }
    path.map(|path| &*Box::leak(path.into_boxed_path()))
}

/// What is seen of one way; none where it is not possible here.
fn seen(desk: &Desk, way: &str, exit: Option<i32>) -> Option<Seen> {
    let seen = desk.trace(&[], &[program()?.to_str().unwrap(), way]);
    if seen.output.status.code() == Some(77) {
        skip("io-uring", way);
        return None;
    }
    assert_eq!(seen.output.status.code(), exit, "{way}: {:?}", seen.output);
    Some(seen)
}

/// The flow from `a` to `b` has so many bytes and copies, and there is nothing else that is unexplained.
fn is_whole(seen: &Seen, way: &str, bytes: usize, copies: f64) {
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(
        figures(flow),
        (bytes as u64, copies, false),
        "{way}: {:#}",
        seen.json
    );
    seen.explains_all();
}

#[test]
fn every_way_to_hand_over_requests_is_one_flow() {
    for way in IN_ONE_PROCESS {
        let desk = Desk::new(SIZE);
        if let Some(seen) = seen(&desk, way, Some(0)) {
            is_whole(&seen, way, SIZE, 2.0);
            assert_eq!(
                fs::read(desk.path("a")).unwrap(),
                fs::read(desk.path("b")).unwrap()
            );
        }
    }
}

#[test]
fn memory_that_the_kernel_chooses_is_known_by_the_buffer() {
    for way in RECEIVED {
        let desk = Desk::new(SIZE);
        if let Some(seen) = seen(&desk, way, Some(0)) {
            is_whole(&seen, way, SIZE, 4.0);
            assert_eq!(
                fs::read(desk.path("a")).unwrap(),
                fs::read(desk.path("b")).unwrap()
            );
        }
    }
}

#[test]
fn completions_that_no_call_shows_are_seen_at_other_stops_and_at_the_end() {
    let desk = Desk::new(SIZE);
    if let Some(seen) = seen(&desk, "peeked", Some(0)) {
        is_whole(&seen, "peeked", SIZE, 4.0);
    }
}

#[test]
fn a_connection_without_a_descriptor_has_its_addresses() {
    let desk = Desk::new(SIZE);
    let Some(seen) = seen(&desk, "accepted", Some(0)) else {
        return;
    };
    let flows = seen.json["flows"].as_array().unwrap();
    let is_to_b = |flow: &&Value| flow["to"]["name"].as_str().unwrap().ends_with("/b");
    let to_b: Vec<_> = flows.iter().filter(is_to_b).collect();
    for flow in &to_b {
        let from = &flow["from"];
        let is_named = from["name"].as_str().unwrap().starts_with("127.0.0.1:");
        assert!(is_named || from["kind"] == "file", "{flow:#}");
    }
    let bytes = to_b.iter().map(|flow| flow["bytes"].as_u64().unwrap());
    assert_eq!(bytes.sum::<u64>(), SIZE as u64);
    seen.explains_all();
}

#[test]
fn what_a_ring_sends_to_a_followed_process_is_one_flow() {
    let desk = Desk::new(SIZE);
    let Some(seen) = seen(&desk, "sent", Some(0)) else {
        return;
    };
    is_whole(&seen, "sent", SIZE, 4.0);
}

#[test]
fn requests_without_any_call_are_flows_without_calls() {
    let desk = Desk::new(SIZE);
    let Some(seen) = seen(&desk, "polled", Some(0)) else {
        return;
    };
    if seen.has_note("io_uring: requests are in no flow: ") {
        return skip("debug-registers", "no stop at what is stored to the ring");
    }
    is_whole(&seen, "polled", SIZE, 2.0);
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(flow["calls"], 0);
}

#[test]
fn what_was_done_when_the_process_is_killed_is_seen() {
    let desk = Desk::new(SIZE);
    if let Some(seen) = seen(&desk, "killed", Some(128 + 14)) {
        is_whole(&seen, "killed", 16384, 2.0);
    }
}

#[test]
fn asynchronous_requests_past_the_page_cache_copy_nothing() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let desk = Desk::within(directory, SIZE);
    if let Some(seen) = seen(&desk, "aio-direct", Some(0)) {
        let flow = seen.flow(("file", "/a"), ("file", "/b"));
        assert_eq!(flow["bytes"], SIZE);
        match flow["copy_path"][0]["how"] == "dma" {
            true => assert_eq!(flow["cpu_copies_per_byte"], 0.0),
            false => skip("o-direct", "this file system copies"),
        }
        seen.explains_all();
    }
}

#[test]
fn a_ring_that_was_there_before_is_read() {
    let Some(program) = program() else {
        return;
    };
    let desk = Desk::new(SIZE);
    let mut child = Command::new(program)
        .arg("waiting")
        .current_dir(desk.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    if said.is_empty() {
        child.wait().unwrap();
        return skip("io-uring", "waiting");
    }
    let mut command = Command::new(ZCLAB);
    command.args([
        "trace",
        "--json",
        "-p",
        &child.id().to_string(),
        "-o",
        &desk.path("out"),
    ]);
    let mut tracer = command.stderr(Stdio::piped()).spawn().unwrap();
    while !fs::read_to_string(format!("/proc/{}/status", child.id()))
        .unwrap()
        .lines()
        .any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    {
        if tracer.try_wait().unwrap().is_some() {
            let _ = child.kill();
            let _ = child.wait();
            return skip("ptrace", "a process cannot be attached to");
        }
        std::thread::yield_now();
    }
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    assert!(child.wait().unwrap().success());
    let output = tracer.wait_with_output().unwrap();
    let text = fs::read_to_string(desk.path("out")).unwrap();
    let json = serde_json::from_str(&text).unwrap();
    is_whole(&Seen { output, json }, "waiting", SIZE, 2.0);
}
