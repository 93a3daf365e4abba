//! The programs in other languages that are handed out: each sends every byte, and a trace of it shows what README.md says.

use std::{
    fs,
    io::{self, Read},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    thread,
};

mod require;

use require::skip;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");
const SIZE: usize = 3_000_001;

/// Whether a program can be run here; said aloud where not.
fn installed(tool: &str, version: &str) -> bool {
    let mut command = Command::new(tool);
    let found = command
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skip(tool, "not installed");
    }
    found
}

/// Writes the examples, builds one, and traces it: its file goes to a socket by these calls, with so many copies.
fn sends(tool: (&str, &str), build: &[&str], run: &[&str], copies: f64, calls: &[&str]) {
    if !installed(tool.0, tool.1) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let out = Command::new(ZCLAB)
        .args(["capstone", "--examples"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    if let [program, arguments @ ..] = build {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(dir)
            .env("GOCACHE", dir.join("cache"));
        let out = command.output().unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let content: Vec<u8> = (0..SIZE as u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    fs::write(dir.join("file"), &content).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let receiver = thread::spawn(move || {
        let mut got = Vec::new();
        listener.accept()?.0.read_to_end(&mut got)?;
        io::Result::Ok(got)
    });
    let mut trace = Command::new(ZCLAB);
    trace
        .current_dir(dir)
        .args(["trace", "--json", "-o", "trace.json", "--"]);
    let out = trace.args(run).args(["file", &port]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    if said.contains("ptrace") {
        skip("ptrace", said);
        return;
    }
    assert!(out.status.success(), "{said}");
    assert!(
        receiver.join().unwrap().unwrap() == content,
        "other bytes arrived"
    );
    shows(dir, copies, calls);
}

fn shows(dir: &Path, copies: f64, calls: &[&str]) {
    let trace = fs::read(dir.join("trace.json")).unwrap();
    let trace: serde_json::Value = serde_json::from_slice(&trace).unwrap();
    let flows = trace["flows"].as_array().unwrap();
    let is_it =
        |flow: &&serde_json::Value| flow["from"]["kind"] == "file" && flow["to"]["kind"] == "tcp";
    let flow = flows
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{trace}"));
    assert_eq!(flow["bytes"], SIZE, "{flow}");
    // A runtime may move a few bytes of the head or of a buffer once more.
    let copied = flow["cpu_copies_per_byte"].as_f64().unwrap();
    assert!((copied - copies).abs() < 0.05, "{flow}");
    for call in calls {
        assert!(flow["calls_by_name"][call].is_u64(), "no {call}: {flow}");
    }
}

#[test]
fn python_uses_sendfile() {
    sends(
        ("/usr/bin/python3", "--version"),
        &[],
        &["/usr/bin/python3", "send.py"],
        0.0,
        &["sendfile"],
    );
}

#[test]
fn java_uses_sendfile() {
    sends(
        ("java", "-version"),
        &[],
        &["java", "Send.java"],
        0.0,
        &["sendfile"],
    );
}

#[test]
fn go_uses_sendfile() {
    sends(
        ("go", "version"),
        &["go", "build", "send.go"],
        &["./send"],
        0.0,
        &["sendfile"],
    );
}

#[test]
fn rust_copies_on_purpose() {
    sends(
        ("rustc", "--version"),
        &["rustc", "-O", "send.rs"],
        &["./send"],
        2.0,
        &["read"],
    );
}

#[test]
fn node_copies() {
    sends(
        ("node", "--version"),
        &[],
        &["node", "send.js"],
        2.0,
        &["read"],
    );
}

#[test]
fn cpp_copies() {
    let build = ["g++", "-O2", "-Wall", "-o", "send", "send.cpp"];
    sends(("g++", "--version"), &build, &["./send"], 2.0, &["read"]);
}
