//! The capstone: its starting code works, its solution works, and the checker tells the two apart.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

mod require;

use require::skip;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");
const SOLUTION: &str = include_str!("capstone/server.c");

/// A directory of a test's own, gone when the test ends.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn hand_out(dir: &Path) -> Output {
    let mut command = Command::new(ZCLAB);
    command.arg("capstone").arg(dir).output().unwrap()
}

fn installed(tool: &str) -> bool {
    let found = Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skip(tool, "not installed");
    }
    found
}

fn compile(dir: &Path) -> PathBuf {
    let server = dir.join("server");
    let compiled = Command::new("cc")
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&server, &dir.join("server.c")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&compiled.stderr).into_owned();
    assert!(compiled.status.success(), "{said}");
    server
}

/// A server that answers `count` requests, and where it listens.
fn start(server: &Path, files: &Path, count: usize) -> (Child, String) {
    let mut child = Command::new(server)
        .arg(files)
        .args(["0", &count.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut said).unwrap();
    let address = said.trim().strip_prefix("listening on http://");
    let address = address.unwrap_or_else(|| panic!("it says {said:?}"));
    (child, address.to_owned())
}

/// The first line of the answer, and the body.
fn get(address: &str, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[..head]);
    let status = status.lines().next().unwrap_or_default().to_owned();
    (status, answer[head + 4..].to_vec())
}

fn pattern(size: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// Every byte of files of awkward sizes, and what is not to be had.
fn serves_every_byte(source: Option<&str>) {
    if !installed("cc") {
        return;
    }
    let dir = scratch();
    assert!(hand_out(dir.path()).status.success());
    if let Some(source) = source {
        fs::write(dir.path().join("server.c"), source).unwrap();
    }
    let server = compile(dir.path());
    let files = dir.path().join("files");
    fs::create_dir(&files).unwrap();
    let sizes = [0, 1, 4096, 65_536, 100_001, 3_000_000];
    for size in sizes {
        fs::write(files.join(size.to_string()), pattern(size)).unwrap();
    }
    let refused = ["none", "..%2fserver.c", "../server.c", ".hidden", ""];
    let (mut child, address) = start(&server, &files, sizes.len() + refused.len());
    for size in sizes {
        let (status, body) = get(&address, &size.to_string());
        assert_eq!(status, "HTTP/1.1 200 OK", "{size}");
        assert!(body == pattern(size), "{size}: {} bytes", body.len());
    }
    for path in refused {
        assert_eq!(get(&address, path).0, "HTTP/1.1 404 Not Found", "{path}");
    }
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_starting_code_serves_every_byte() {
    serves_every_byte(None);
}

#[test]
fn the_solution_serves_every_byte() {
    serves_every_byte(Some(SOLUTION));
}

#[test]
fn the_solution_differs_from_the_starting_code_in_one_function() {
    let start = include_str!("../assets/capstone/server.c");
    let rest = |source: &'static str| {
        let at = source.find("/* Sends a few bytes").unwrap();
        &source[at..]
    };
    assert_eq!(rest(start), rest(SOLUTION));
}

#[test]
fn work_is_never_overwritten() {
    let dir = scratch();
    assert!(hand_out(dir.path()).status.success());
    fs::write(dir.path().join("server.c"), "mine").unwrap();
    fs::remove_file(dir.path().join("README.md")).unwrap();
    let again = hand_out(dir.path());
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("server.c"), "{said}");
    let kept = fs::read_to_string(dir.path().join("server.c")).unwrap();
    assert_eq!(kept, "mine");
    // Nor is a part of it handed out.
    assert!(!dir.path().join("README.md").exists());
}

/// What `check.sh` says of a source that may copy so often; none where it cannot run here.
fn check(source: Option<&str>, copies: &str) -> Option<Output> {
    let traces = Command::new(ZCLAB)
        .args(["trace", "--", "true"])
        .output()
        .unwrap();
    if !traces.status.success() {
        skip("ptrace", String::from_utf8_lossy(&traces.stderr));
        return None;
    }
    if !installed("cc") || !installed("curl") {
        return None;
    }
    let dir = scratch();
    assert!(hand_out(dir.path()).status.success());
    if let Some(source) = source {
        fs::write(dir.path().join("server.c"), source).unwrap();
    }
    let mut command = Command::new(dir.path().join("check.sh"));
    Some(command.arg(copies).env("ZCLAB", ZCLAB).output().unwrap())
}

#[test]
fn the_checker_passes_the_solution() {
    let Some(output) = check(Some(SOLUTION), "0") else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

/// The starting code with another `send_file()`.
fn with(body: &str) -> String {
    let start = include_str!("../assets/capstone/server.c");
    let (before, rest) = start.split_once("static int send_file(").unwrap();
    let (_, after) = rest.split_once("/* ----").unwrap();
    let declared = "static int send_all(int, const char *, size_t, int);\n";
    let head = "static int send_file(int client, int file, off_t size)";
    format!("#include <sys/mman.h>\n{before}{declared}{head}\n{{{body}\n}}\n/* ----{after}")
}

const READ_WRITE: &str = "
    char piece[65536];
    ssize_t got;
    while (size > 0 && (got = read(file, piece, sizeof piece)) > 0) {
        if (send_all(client, piece, got, 0) < 0)
            return -1;
        size -= got;
    }
    return size > 0 ? -1 : 0;";

const MMAP: &str = "
    char *bytes;
    int failed;
    if (size == 0)
        return 0;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED)
        return -1;
    failed = send_all(client, bytes, size, 0);
    munmap(bytes, size);
    return failed;";

/// A rung of README.md's ladder is held at its number, and not at one less.
fn is_at(body: &str, copies: u32) {
    let source = with(body);
    let allowed = |copies: u32| check(Some(&source), &copies.to_string());
    let (Some(passes), Some(refused)) = (allowed(copies), allowed(copies - 1)) else {
        return;
    };
    let said = String::from_utf8_lossy(&passes.stderr).into_owned();
    assert!(passes.status.success(), "{said}");
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn a_loop_over_one_buffer_is_at_two_copies() {
    is_at(READ_WRITE, 2);
}

#[test]
fn a_mapping_is_at_one_copy() {
    is_at(MMAP, 1);
}

#[test]
fn the_checker_refuses_the_starting_code() {
    let Some(output) = check(None, "2") else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cpu_copies_per_byte"), "{said}");
}

#[test]
fn the_checker_refuses_a_server_that_loses_a_byte() {
    let lossy = SOLUTION.replace("at < size", "at + 1 < size");
    let lossy = lossy.replace("size - at)", "size - at - 1)");
    let Some(output) = check(Some(&lossy), "0") else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("did not arrive"), "{said}");
}
