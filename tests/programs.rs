//! `zclab trace` of programs that nobody here wrote: what it tells of each is what strace tells of the same work.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use zclab::store;

mod require;

use require::skip;

#[path = "trace/desk.rs"]
mod desk;

use desk::{Desk, MIB, Seen, figures};

/// By name: how often a call returned, and how many bytes it said.
type Counts = BTreeMap<String, (u64, u64)>;

/// What is compared.
#[derive(Clone, Copy)]
enum Exactly<'a> {
    /// Calls and bytes of all calls that moved any.
    All,
    /// Bytes alone: how they are cut into calls depends on who is faster.
    Bytes,
    /// Bytes of these calls.
    BytesOf(&'a [&'a str]),
}

impl Desk {
    /// Watched by zclab, and by strace, and both tell the same.
    fn watch_twice(&self, command: &[&str], exactly: Exactly) -> Seen {
        let theirs = self.strace(|strace| {
            strace
                .args(command)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .is_ok()
        });
        let save = self.path("saved");
        let seen = self.trace(&["--save", &save], command);
        assert!(seen.output.status.success(), "{:?}", seen.output);
        compare(&self.counts(&save), theirs.as_ref(), exactly);
        seen.explains_all();
        seen
    }

    /// The calls of what strace is given to run; none where it cannot run.
    fn strace(&self, run: impl FnOnce(&mut Command) -> bool) -> Option<Counts> {
        let log = self.path("log");
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-s", "0", "-o", &log])
            .current_dir(self.0.path());
        strace
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stderr(Stdio::null());
        let counts = run(&mut strace).then(|| counts_of_strace(&log));
        let counts = counts.filter(|counts| !counts.is_empty());
        if counts.is_none() {
            skip(
                "strace",
                "not installed, or may not trace: nothing is compared",
            );
        }
        counts
    }

    /// The calls of a saved recording that moved bytes.
    fn counts(&self, save: &str) -> Counts {
        let watched = store::trace_report::load(Path::new(save)).unwrap();
        let calls = watched.calls_by_name.into_iter();
        calls
            .map(|(name, counted)| (name, (counted.calls, counted.bytes)))
            .collect()
    }
}

/// Reads a log of `strace -f -o`: `PID name(...) = RESULT`, cut in two where another thread came between.
fn counts_of_strace(log: &str) -> Counts {
    let mut counts = Counts::new();
    for line in fs::read_to_string(log).unwrap_or_default().lines() {
        let Some((_, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let name = match call.strip_prefix("<... ") {
            Some(resumed) => resumed.split(' ').next(),
            None => call.split_once('(').map(|(name, _)| name),
        };
        let result = call.rsplit_once(" = ").map(|(_, result)| result);
        let result = result.and_then(|result| result.split(' ').next()?.parse::<i64>().ok());
        if let (Some(name), Some(result)) = (name, result) {
            let count = counts.entry(name.to_owned()).or_default();
            count.0 += 1;
            count.1 += result.max(0) as u64;
        }
    }
    counts
}

fn compare(ours: &Counts, theirs: Option<&Counts>, exactly: Exactly) {
    let Some(theirs) = theirs else { return };
    let is_meant = |name: &str| match exactly {
        Exactly::BytesOf(names) => names.contains(&name),
        Exactly::All | Exactly::Bytes => true,
    };
    let moving = ours
        .iter()
        .filter(|(name, (_, bytes))| *bytes > 0 && is_meant(name));
    let mut compared = 0;
    for (name, (calls, bytes)) in moving {
        let (their_calls, their_bytes) = theirs.get(name).copied().unwrap_or_default();
        assert_eq!(*bytes, their_bytes, "bytes of {name}: {ours:?}\n{theirs:?}");
        if matches!(exactly, Exactly::All) {
            assert_eq!(*calls, their_calls, "calls of {name}: {ours:?}\n{theirs:?}");
        }
        compared += 1;
    }
    assert!(compared > 0, "nothing was compared: {ours:?}");
}

/// From `a` to `b`.
fn copied(desk: &Desk, seen: &Seen) -> (u64, f64, bool) {
    assert_eq!(
        fs::read(desk.path("a")).unwrap(),
        fs::read(desk.path("b")).unwrap()
    );
    figures(seen.flow(("file", "/a"), ("file", "/b")))
}

#[test]
fn programs_that_copy_a_file() {
    let desk = Desk::new(MIB);
    let size = MIB as u64;
    let seen = desk.watch_twice(
        &["dd", "if=a", "of=b", "bs=64k", "status=none"],
        Exactly::All,
    );
    assert_eq!(copied(&desk, &seen), (size, 2.0, false));
    // Their versions differ in the calls that they make.
    for command in [&["cp", "a", "b"][..], &["sh", "-c", "cat a > b"]] {
        let _ = fs::remove_file(desk.path("b"));
        let seen = desk.watch_twice(command, Exactly::All);
        let in_kernel = seen.json["calls_by_name"].get("copy_file_range").is_some();
        let copies = if in_kernel { 1.0 } else { 2.0 };
        assert_eq!(copied(&desk, &seen), (size, copies, false), "{command:?}");
    }
}

#[test]
fn a_large_file_that_is_copied_by_stores_is_one_flow() {
    let desk = Desk::new(9 * MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import mmap
with open('a', 'rb') as a, open('b', 'w+b') as b:
    source = mmap.mmap(a.fileno(), 0, prot=mmap.PROT_READ)
    b.truncate(len(source))
    sink = mmap.mmap(b.fileno(), len(source))
    for at in range(0, len(source), 1 << 20):
        sink[at:at + (1 << 20)] = source[at:at + (1 << 20)]
    sink.close()
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    let (bytes, _, is_transformed) = copied(&desk, &seen);
    assert_eq!((bytes, is_transformed), (9 * MIB as u64, false));
    seen.explains_all();
}

#[test]
fn programs_that_are_joined_by_a_pipe() {
    let desk = Desk::new(MIB);
    let seen = desk.watch_twice(&["sh", "-c", "cat a | cat > b"], Exactly::Bytes);
    assert_eq!(copied(&desk, &seen), (MIB as u64, 4.0, false));
    if !desk.has(&["tar", "gzip"]) {
        return;
    }
    fs::create_dir(desk.path("dir")).unwrap();
    let words = "one two three four five six seven eight nine ten\n".repeat(5_000);
    for number in 0..5 {
        fs::write(
            desk.path(&format!("dir/{number}")),
            format!("{number}\n{words}"),
        )
        .unwrap();
    }
    let seen = desk.watch_twice(&["sh", "-c", "tar c dir | gzip > c"], Exactly::Bytes);
    for number in 0..5 {
        let flow = seen.flow(("file", &format!("/dir/{number}")), ("memory", "gzip"));
        assert_eq!(figures(flow), (words.len() as u64 + 2, 3.0, false));
    }
    let made = seen.flow(("memory", "gzip"), ("file", "/c"));
    assert_eq!(made["bytes"], fs::metadata(desk.path("c")).unwrap().len());
}

#[test]
fn a_script_of_many_short_programs() {
    let desk = Desk::new(1000);
    let script = "i=0; while [ $i -lt 40 ]; do cat a >> b; i=$((i+1)); done";
    let seen = desk.watch_twice(&["sh", "-c", script], Exactly::All);
    assert_eq!(seen.json["processes"], 41);
    assert_eq!(
        figures(seen.flow(("file", "/a"), ("file", "/b"))),
        (40_000, 2.0, false)
    );
}

#[test]
fn pythons_server_fetched_with_curl() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3", "curl"]) {
        return;
    }
    let script = r"rm -f said; python3 -u -m http.server 0 --bind 127.0.0.1 > said 2> log &
        until grep -q http said; do sleep 0.05; done
        curl -s -o b $(sed 's/.*(\(http[^)]*\)).*/\1/' said)a; kill $!; wait; true";
    let seen = desk.watch_twice(
        &["sh", "-c", script],
        Exactly::BytesOf(&["sendto", "recvfrom"]),
    );
    assert_eq!(
        fs::read(desk.path("a")).unwrap(),
        fs::read(desk.path("b")).unwrap()
    );
    // The client's libc gathers the rest of each piece in a buffer of its own: that is a copy more for some of them.
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    let (bytes, copies, changed) = figures(flow);
    assert!(
        bytes == MIB as u64 && (4.0..5.0).contains(&copies) && !changed,
        "{bytes} {copies}"
    );
    assert_eq!(
        (&flow["advice"], &flow["verdict"]),
        (&serde_json::Value::Null, &"through a socket".into())
    );
}

#[test]
fn pythons_sendfile_is_zero_copy() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import socket, threading
server = socket.create_server(('127.0.0.1', 0))
def fetch():
    with socket.create_connection(server.getsockname()) as peer, open('b', 'wb') as sink:
        while data := peer.recv(65536): sink.write(data)
thread = threading.Thread(target=fetch)
thread.start()
peer, _ = server.accept()
with peer, open('a', 'rb') as source: peer.sendfile(source)
thread.join()
";
    let seen = desk.watch_twice(
        &["python3", "-c", script],
        Exactly::BytesOf(&["sendfile", "recvfrom"]),
    );
    let flow = seen.flow(("file", "/a"), ("tcp", ""));
    assert_eq!(figures(flow), (MIB as u64, 0.0, false));
    assert_eq!(flow["zero_copy"], true);
    assert_eq!(
        figures(seen.flow(("tcp", ""), ("file", "/b"))),
        (MIB as u64, 2.0, false)
    );
}

const DOWNLOADS: usize = 50;

#[test]
fn a_threaded_server_under_many_downloads() {
    const SERVER: &str = "
import http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
    timeout = 30
server = Server(('127.0.0.1', 0), Quiet)
print(server.server_port, flush=True)
for _ in range(int(sys.argv[1])): server.handle_request()
server.server_close()
";
    let size = 100_000;
    let desk = Desk::new(size);
    if !desk.has(&["python3"]) {
        return;
    }
    let number = DOWNLOADS.to_string();
    let server = ["python3", "-c", SERVER, &number];
    let theirs = desk.strace(|strace| {
        let child = strace.args(server).stdout(Stdio::piped()).spawn();
        child.is_ok_and(|child| download(child, size).success())
    });
    let save = desk.path("saved");
    let mut command = desk.command(&["--save", &save], &server);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = download(child, size);
    let report = fs::read_to_string(desk.path("report.json")).unwrap();
    let output = std::process::Output {
        status,
        stdout: Vec::new(),
        stderr: Vec::new(),
    };
    let seen = Seen {
        output,
        json: serde_json::from_str(&report).unwrap(),
    };
    assert!(status.success(), "{status}");
    compare(
        &desk.counts(&save),
        theirs.as_ref(),
        Exactly::BytesOf(&["sendto", "recvfrom"]),
    );
    let flows = seen.json["flows"].as_array().unwrap();
    let is_answer = |flow: &&serde_json::Value| {
        flow["to"]["kind"] == "tcp" && flow["from"]["name"].as_str().unwrap().ends_with("/a")
    };
    let answers: Vec<_> = flows.iter().filter(is_answer).collect();
    assert_eq!(answers.len(), DOWNLOADS);
    for answer in answers {
        assert_eq!(figures(answer), (size as u64, 2.0, false));
    }
    seen.explains_all();
}

/// Fetches `a` from a server that says its port first, many times at once; how the server ended.
fn download(mut server: std::process::Child, size: usize) -> std::process::ExitStatus {
    let mut port = String::new();
    let said = BufReader::new(server.stdout.take().unwrap()).read_line(&mut port);
    let Ok(port) = port.trim().parse::<u16>() else {
        panic!("no port, but {said:?} {port:?}");
    };
    let fetch = move || {
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        server.write_all(b"GET /a HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).unwrap();
        answer.len()
    };
    let clients: Vec<_> = (0..DOWNLOADS).map(|_| thread::spawn(fetch)).collect();
    for client in clients {
        assert!(client.join().unwrap() > size);
    }
    server.wait().unwrap()
}
