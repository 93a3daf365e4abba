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

/// Whether the checker can run here.
fn can_check() -> bool {
    let traces = Command::new(ZCLAB)
        .args(["trace", "--", "true"])
        .output()
        .unwrap();
    if !traces.status.success() {
        skip("ptrace", String::from_utf8_lossy(&traces.stderr));
    }
    traces.status.success() && installed("cc")
}

/// A checked server: its status, and what was said.
struct Checked {
    passed: bool,
    out: String,
    err: String,
}

impl Checked {
    /// What is wrong with a rung that is not climbed; none where it is.
    fn wrong(&self, rung: &str) -> Option<&str> {
        let mut lines = self.out.lines();
        let line = lines.find(|line| line.contains(rung));
        let line = line.unwrap_or_else(|| panic!("no rung '{rung}': {}", self.out));
        let why = lines.next().unwrap_or_default().trim();
        (!line.ends_with("done")).then_some(why)
    }

    fn passes(&self) {
        assert!(self.passed, "{}{}", self.out, self.err);
        assert!(self.out.ends_with("well done\n"), "{}", self.out);
    }

    /// It is refused because of that rung, in a sentence with those words.
    fn is_refused(&self, rung: &str, words: &str) {
        assert!(!self.passed, "{}", self.out);
        let wrong = self.wrong(rung);
        let wrong = wrong.unwrap_or_else(|| panic!("'{rung}' is climbed: {}", self.out));
        assert!(wrong.contains(words), "{wrong}");
    }
}

/// What `check.sh` says of a source (none: the starting code); none where it cannot run here.
fn check(source: Option<&str>, copies: &str) -> Option<Checked> {
    if !can_check() {
        return None;
    }
    let dir = scratch();
    assert!(hand_out(dir.path()).status.success());
    if let Some(source) = source {
        fs::write(dir.path().join("server.c"), source).unwrap();
    }
    let mut command = Command::new(dir.path().join("check.sh"));
    let output = command
        .arg(copies)
        .env("ZCLAB", ZCLAB)
        .env("CFLAGS", "-Werror -pthread")
        .output();
    let output = output.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Checked {
        passed: output.status.success(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    })
}

/// The starting code with the `send_file()` of a file of tests/capstone.
fn with(send_file: &str) -> String {
    let start = include_str!("../assets/capstone/server.c");
    let (before, rest) = start.split_once("/* Sends all of the file").unwrap();
    let (_, after) = rest.split_once("/* ----").unwrap();
    let declared = "static int send_all(int, const char *, size_t, int);\n";
    let ring = concat!("\"", env!("CARGO_MANIFEST_DIR"), "/tests/capstone/ring.h\"");
    let body = send_file.replace("\"RING\"", ring);
    format!("#define _GNU_SOURCE\n{before}{declared}{body}\n/* ----{after}")
}

macro_rules! source {
    ($name:literal) => {
        include_str!(concat!("capstone/", $name, ".c"))
    };
}

/// A solution is accepted at its number of copies, and at one less refused for that alone.
fn is_at(source: &str, copies: u32) {
    let Some(checked) = check(Some(source), &copies.to_string()) else {
        return;
    };
    checked.passes();
    if copies > 0 {
        let less = check(Some(source), &(copies - 1).to_string()).unwrap();
        less.is_refused("copies,", &format!("cpu_copies_per_byte is {copies}.00"));
        assert!(less.err.contains("cpu_copies_per_byte"), "{}", less.err);
    }
}

#[test]
fn the_solution_passes() {
    is_at(SOLUTION, 0);
}

#[test]
fn a_loop_over_one_buffer_is_at_two_copies() {
    is_at(&with(source!("solutions/read_write")), 2);
}

#[test]
fn a_mapping_is_at_one_copy() {
    is_at(&with(source!("solutions/mmap")), 1);
}

#[test]
fn a_pipe_of_references_passes() {
    is_at(&with(source!("solutions/splice")), 0);
}

#[test]
fn splice_requests_of_a_ring_pass() {
    let output = Command::new(ZCLAB)
        .args(["doctor", "--json"])
        .output()
        .unwrap();
    let doctor: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let instruments = doctor["instruments"].as_array().unwrap();
    let ring = instruments
        .iter()
        .find(|it| it["name"] == "io-uring")
        .unwrap();
    match ring["available"] == true {
        true => is_at(&with(source!("solutions/uring")), 0),
        false => skip("io-uring", &ring["reason"]),
    }
}

/// server.c with a thread for each client.
fn with_threads() -> String {
    let source = with(source!("solutions/threads"));
    let apart = "        answer_apart(client, directory);\n";
    let source = source.replace(
        "        answer(client, directory);\n        close(client);\n",
        apart,
    );
    assert!(source.contains(apart));
    let (before, after) = source.rsplit_once("    return 0;\n").unwrap();
    format!("{before}    pthread_exit(NULL);\n{after}")
}

#[test]
fn threads_pass_and_no_client_waits_for_another() {
    let Some(checked) = check(Some(&with_threads()), "0") else {
        return;
    };
    checked.passes();
    assert_eq!(checked.wrong("no client waits"), None, "{}", checked.out);
}

#[test]
fn an_event_loop_with_ranges_climbs_every_rung() {
    let Some(checked) = check(Some(source!("solutions/epoll")), "0") else {
        return;
    };
    checked.passes();
    assert!(!checked.out.contains("not yet"), "{}", checked.out);
}

/// Whoever makes the bytes arrive otherwise is told whence they came.
fn is_no_zero_copy(cheat: &str, words: &str) {
    if let Some(checked) = check(Some(&with(cheat)), "0") {
        checked.is_refused("copies,", words);
    }
}

#[test]
fn all_but_one_byte_written_from_a_copy_is_refused() {
    is_no_zero_copy(source!("cheats/written"), "came from the server's memory");
}

#[test]
fn all_but_one_byte_vmspliced_from_a_copy_is_refused() {
    is_no_zero_copy(source!("cheats/vmspliced"), "came from the server's memory");
}

#[test]
fn all_but_one_byte_by_aio_is_refused() {
    is_no_zero_copy(source!("cheats/aio"), "cpu_copies_per_byte");
}

#[test]
fn all_but_one_byte_by_a_polled_ring_is_refused() {
    is_no_zero_copy(source!("cheats/sqpoll"), "");
}

#[test]
fn a_copy_in_shared_memory_that_is_sent_is_refused() {
    is_no_zero_copy(source!("cheats/memfd"), "memfd:copy");
}

#[test]
fn a_file_that_is_sent_to_somebody_else_is_refused() {
    is_no_zero_copy(source!("cheats/elsewhere"), "cpu_copies_per_byte");
}

/// Not a cheat, but not right: a rung of its own says so.
fn lacks(source: &str, rung: &str, words: &str) {
    if let Some(checked) = check(Some(source), "0") {
        checked.is_refused(rung, words);
    }
}

#[test]
fn one_call_without_a_loop_is_refused_for_short_counts() {
    lacks(
        &with(source!("cheats/once")),
        "short counts",
        "did not arrive",
    );
}

#[test]
fn a_loop_that_spins_on_a_file_that_is_cut_is_refused() {
    lacks(
        &with(source!("cheats/spins")),
        "cut meanwhile",
        "does not end",
    );
}

#[test]
fn a_call_that_ends_at_eintr_is_refused() {
    lacks(&with(source!("cheats/no_eintr")), "EINTR", "did not arrive");
}

#[test]
fn descriptors_that_stay_open_are_refused() {
    let leaky = SOLUTION.replace(
        "        perror(\"server: sending failed\");\n    close(file);",
        "        return;\n    close(file);",
    );
    assert_ne!(leaky, SOLUTION);
    lacks(&leaky, "clients that leave", "descriptors");
}

#[test]
fn the_starting_code_is_refused() {
    let Some(checked) = check(None, "2") else {
        return;
    };
    checked.is_refused("copies,", "cpu_copies_per_byte is 3.00");
    assert!(
        checked.err.contains("cpu_copies_per_byte"),
        "{}",
        checked.err
    );
}

#[test]
fn a_server_that_loses_a_byte_is_refused() {
    let lossy = SOLUTION.replace("at < size", "at + 1 < size");
    let lossy = lossy.replace("size - at)", "size - at - 1)");
    lacks(&lossy, "every byte", "did not arrive");
}

#[test]
fn gradescope_gets_a_score_for_each_rung() {
    if !can_check() {
        return;
    }
    let dir = scratch();
    assert!(hand_out(dir.path()).status.success());
    let mut command = Command::new(dir.path().join("check.sh"));
    let output = command
        .args(["2", "--format", "gradescope"])
        .env("ZCLAB", ZCLAB)
        .output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read(dir.path().join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let tests = results["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 9);
    for test in tests {
        let (score, most) = (
            test["score"].as_f64().unwrap(),
            test["max_score"].as_f64().unwrap(),
        );
        let passed = test["status"] == "passed";
        assert_eq!(score, if passed { most } else { 0.0 }, "{test}");
        assert_eq!(passed, test["output"] == "done", "{test}");
        assert!(
            most > 0.0 && test["name"].is_string() && test["number"].is_string(),
            "{test}"
        );
    }
    // The starting code: right for a quick client, and too many copies.
    assert_eq!(tests[0]["status"], "passed", "{}", tests[0]);
    assert_eq!(tests[5]["status"], "failed", "{}", tests[5]);
    assert!(
        tests[5]["output"]
            .as_str()
            .unwrap()
            .contains("cpu_copies_per_byte is 3.00")
    );
}
