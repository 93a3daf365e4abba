//! Advice that may be followed blindly: it depends on what the ends are, and says what it could not check.

use std::fs;

use serde_json::Value;

use crate::{
    desk::{Desk, MIB, Seen},
    require::skip,
};

/// The verdict and the advice of the flow between two ends.
fn advice<'a>(seen: &'a Seen, from: (&str, &str), to: (&str, &str)) -> (&'a str, &'a str) {
    let flow = seen.flow(from, to);
    let text = |key: &str| flow[key].as_str().unwrap_or_default();
    (text("verdict"), text("advice"))
}

fn all_advice(seen: &Seen) -> String {
    let flows = seen.json["flows"].as_array().unwrap().iter();
    let advice = flows.filter_map(|flow| flow["advice"].as_str());
    advice.collect::<Vec<_>>().join("\n")
}

/// This is what a shell and a copier of small blocks do, whatever the system's cat does.
const LOOP: &str = "dd bs=64k status=none";

#[test]
fn a_copy_on_one_file_system_may_stay_in_the_kernel() {
    let desk = Desk::new(MIB);
    let seen = desk.trace(&[], &["sh", "-c", &format!("{LOOP} if=a of=b")]);
    let (verdict, advice) = advice(&seen, ("file", "/a"), ("file", "/b"));
    assert!(verdict.ends_with("to save"), "{verdict}");
    assert!(
        advice.starts_with("copy_file_range would save 1 CPU copy of"),
        "{advice}"
    );
    assert!(
        advice.contains("if the program need not see the bytes"),
        "{advice}"
    );
}

#[test]
fn between_two_file_systems_it_is_sendfile() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        return skip("tmpfs", "/dev/shm takes no files");
    };
    let desk = Desk::new(MIB);
    let sink = other.path().join("b");
    let device =
        |path: &std::path::Path| std::os::unix::fs::MetadataExt::dev(&fs::metadata(path).unwrap());
    if device(other.path()) == device(desk.0.path()) {
        return skip("tmpfs", "all is on one file system");
    }
    let command = format!("{LOOP} if=a of={}", sink.display());
    let seen = desk.trace(&[], &["sh", "-c", &command]);
    let (_, advice) = advice(&seen, ("file", "/a"), ("file", "/b"));
    assert!(
        advice.starts_with("sendfile would save 1 CPU copy"),
        "{advice}"
    );
    assert!(
        advice.contains("copy_file_range fails with EXDEV"),
        "{advice}"
    );
}

#[test]
fn a_sink_that_is_open_for_appending_takes_no_fast_call() {
    let desk = Desk::new(MIB);
    fs::write(desk.path("b"), "begun\n").unwrap();
    let seen = desk.trace(&[], &["sh", "-c", &format!("{LOOP} if=a >> b")]);
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(flow["verdict"], "nothing to save");
    assert_eq!(flow["advice"], Value::Null);
    // In the text it is said why.
    let output = std::process::Command::new(crate::desk::ZCLAB)
        .args(["trace", "--", "sh", "-c", &format!("{LOOP} if=a >> b")])
        .current_dir(desk.0.path())
        .output()
        .unwrap();
    let text = crate::desk::said(&output).replace('\n', " ");
    assert!(text.contains("open for appending (O_APPEND)"), "{text}");
    // F_SETFL, too.
    if desk.has(&["python3"]) {
        let script = "
import fcntl, os
a, b = os.open('a', os.O_RDONLY), os.open('c', os.O_WRONLY | os.O_CREAT)
fcntl.fcntl(b, fcntl.F_SETFL, os.O_APPEND)
while data := os.read(a, 65536): os.write(b, data)
";
        let seen = desk.trace(&[], &["python3", "-c", script]);
        let flow = seen.flow(("file", "/a"), ("file", "/c"));
        assert_eq!(flow["advice"], Value::Null, "{flow:#}");
    }
}

#[test]
fn what_the_kernel_makes_as_it_is_read_has_no_pages() {
    let desk = Desk::new(10);
    for source in ["/proc/kallsyms", "/proc/self/maps", "/sys/kernel/notes"] {
        if fs::read(source).is_err() {
            continue;
        }
        let seen = desk.trace(&[], &["sh", "-c", &format!("{LOOP} if={source} of=b")]);
        let flows = seen.json["flows"].as_array().unwrap();
        let own = flows
            .iter()
            .find(|flow| flow["to"]["name"].as_str().unwrap().ends_with("/b"));
        let own = own.unwrap_or_else(|| panic!("{flows:#?}"));
        assert_eq!(own["verdict"], "nothing to save", "{own:#}");
        assert_eq!(own["advice"], Value::Null);
    }
}

const RELAY: &str = "
import os, socket, sys
family, kind = [(socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_SEQPACKET)][int(sys.argv[1])]
def pair():
    if family == socket.AF_UNIX: return socket.socketpair(family, kind)
    a = socket.socket(family, kind); a.bind(('127.0.0.1', 0))
    b = socket.socket(family, kind); b.bind(('127.0.0.1', 0))
    a.connect(b.getsockname()); b.connect(a.getsockname())
    return a, b
client, front = pair(); back, server = pair()
for _ in range(50):
    client.send(os.urandom(1400)); back.send(front.recv(65536)); server.recv(65536)
";

#[test]
fn datagrams_are_not_spliced() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    for which in ["0", "1", "2"] {
        let seen = desk.trace(&[], &["python3", "-c", RELAY, which]);
        assert!(seen.output.status.success(), "{:?}", seen.output);
        assert!(
            !all_advice(&seen).contains("splice"),
            "{which}: {}",
            all_advice(&seen)
        );
    }
}

#[test]
fn a_filter_has_to_see_the_bytes() {
    let desk = Desk::new(10);
    let lines: String = (0..40_000)
        .map(|n| format!("line {n} of a text\n"))
        .collect();
    fs::write(desk.path("text"), &lines).unwrap();
    fs::copy(Desk::new(MIB).path("a"), desk.path("noise")).unwrap();
    // It has looked, whether it lets all of them pass, chooses some, changes them or puts them in another order.
    for (command, name) in [
        ("grep -a . text > out", "grep"),
        ("grep -a 7 text > out", "grep"),
        ("sort -r text > out", "sort"),
        ("sed s/line/word/ text > out", "sed"),
        ("gzip < text > out", "gzip"),
        ("zstd -q < noise > out", "zstd"),
        ("awk '{ print }' text > out", "awk"),
    ] {
        if !desk.has(&[name]) {
            continue;
        }
        let seen = desk.trace(&[], &["sh", "-c", command]);
        let flows = seen.json["flows"].as_array().unwrap().iter();
        for flow in flows.filter(|flow| flow["to"]["name"].as_str().unwrap().ends_with("/out")) {
            assert!(flow["advice"].is_null(), "{command}: {flow:#}");
        }
    }
}

#[test]
fn a_program_that_puts_files_together_has_not_looked() {
    let desk = Desk::new(MIB);
    if !desk.has(&["tar"]) {
        return;
    }
    let small = &desk.bytes("a")[..20_000];
    fs::write(desk.path("small"), small).unwrap();
    let seen = desk.trace(&[], &["tar", "cf", "archive", "a", "small"]);
    for name in ["/a", "/small"] {
        let (verdict, _) = advice(&seen, ("file", name), ("file", "/archive"));
        assert_eq!(verdict, "1 copy to save", "{name}: {:#}", seen.json);
    }
}

#[test]
fn two_processes_of_one_name_are_not_one() {
    let desk = Desk::new(MIB);
    let seen = desk.trace(&[], &["sh", "-c", "cat < a | cat > b"]);
    let (_, sentence) = advice(&seen, ("file", "/a"), ("file", "/b"));
    let start =
        "copy_file_range in one program, without the pipes between, would save 3 CPU copies";
    assert!(sentence.starts_with(start), "{sentence}");
}

#[test]
fn a_useless_cat_is_told() {
    let desk = Desk::new(10);
    if !desk.has(&["gzip"]) {
        return;
    }
    fs::write(
        desk.path("words"),
        "one two three four five six\n".repeat(20_000),
    )
    .unwrap();
    let seen = desk.trace(&[], &["sh", "-c", "cat words | gzip > c"]);
    let (verdict, sentence) = advice(&seen, ("file", "/words"), ("memory", "gzip"));
    assert_eq!(verdict, "2 copies to save");
    let start = format!("`gzip < {}` would save 2 CPU copies", desk.path("words"));
    assert!(sentence.starts_with(&start), "{sentence}");
    // A part of a file, two files, or what a shell puts into its command, are no `gzip < words`.
    for command in [
        "text=$(cat words); echo \"$text\" > d",
        "head -c 100000 words | gzip > c",
        "cat words words2 | gzip > c",
    ] {
        fs::copy(desk.path("words"), desk.path("words2")).unwrap();
        let seen = desk.trace(&[], &["sh", "-c", command]);
        assert!(
            !all_advice(&seen).contains('<'),
            "{command}: {}",
            all_advice(&seen)
        );
    }
}

#[test]
fn zero_copy_flags_without_so_zerocopy_are_not_heard() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import os, socket, sys
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
if sys.argv[1] == 'asked': peer.setsockopt(socket.SOL_SOCKET, 60, 1)
data = os.urandom(50_000)
peer.send(data, 0x4000000)
";
    for (asked, basis) in [("no", "observed"), ("asked", "documented")] {
        let seen = desk.trace(&[], &["python3", "-c", script, asked]);
        let flows = seen.json["flows"].as_array().unwrap().iter();
        let sent = flows.filter(|flow| flow["calls_by_name"].get("sendto").is_some());
        let hops: Vec<_> = sent
            .flat_map(|flow| flow["copy_path"].as_array().unwrap())
            .filter(|hop| hop["to"] == "socket-queue")
            .collect();
        assert!(!hops.is_empty());
        for hop in hops {
            assert_eq!(
                (&hop["how"], &hop["basis"]),
                (&"cpu-copy".into(), &basis.into()),
                "{asked}"
            );
        }
    }
}

#[test]
fn why_it_fell_back_is_said() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import os
a, b = os.open('a', os.O_RDONLY), os.open('b', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for fast in [lambda: os.copy_file_range(a, b, 1 << 20), lambda: os.sendfile(b, a, 0, 1 << 20), lambda: os.splice(a, b, 1 << 20)]:
    try: fast()
    except OSError: pass
while data := os.read(a, 65536): os.write(b, data)
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    if !seen.output.status.success() {
        return skip("python3", "it has no os.splice");
    }
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    let append = "the sink is opened with O_APPEND";
    let tried = |call, errno| serde_json::json!({ "call": call, "errno": errno, "reason": append });
    let expected = [
        tried("copy_file_range", "EBADF"),
        tried("sendfile", "EINVAL"),
        tried("splice", "EINVAL"),
    ];
    assert_eq!(flow["fallbacks"], serde_json::json!(expected));
    // Into a pipe, and on: the flow that the bytes are of says it.
    let script = "
import os, subprocess
child = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=open('c', 'wb'))
a, pipe = os.open('a', os.O_RDONLY), child.stdin.fileno()
try: os.copy_file_range(a, pipe, 1 << 20)
except OSError: pass
while data := os.read(a, 65536): os.write(pipe, data)
child.communicate()
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    let flow = seen.flow(("file", "/a"), ("file", "/c"));
    assert_eq!(flow["fallbacks"][0]["call"], "copy_file_range", "{flow:#}");
    assert_eq!(flow["fallbacks"][0]["reason"], "one end is no regular file");
    // Another copy of the same program was not tried.
    let script = "
import os
for end in os.pipe() + os.pipe(): os.set_blocking(end, False)
try: os.sendfile(4, 5, 0, 1000)
except OSError: pass
os.write(4, b'x'); os.write(6, os.read(3, 1)); os.read(5, 1)
a, b = os.open('a', os.O_RDONLY), os.open('e', os.O_WRONLY | os.O_CREAT)
while data := os.read(a, 65536): os.write(b, data)
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    assert!(seen.output.status.success(), "{:?}", seen.output);
    let flow = seen.flow(("file", "/a"), ("file", "/e"));
    assert_eq!(flow["fallbacks"], serde_json::json!([]), "{flow:#}");
    // A copy that nothing was tried for.
    let seen = desk.trace(&[], &["sh", "-c", &format!("{LOOP} if=a of=d")]);
    assert_eq!(
        seen.flow(("file", "/a"), ("file", "/d"))["fallbacks"],
        serde_json::json!([])
    );
}

const ZERO_COPY: &str = "
import os, socket, sys, threading
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
if sys.argv[1] == 'asked': peer.setsockopt(socket.SOL_SOCKET, 60, 1)
def drain():
    while client.recv(65536): pass
thread = threading.Thread(target=drain); thread.start()
data = os.urandom(50_000)
for _ in range(3):
    assert peer.send(data, 0x4000000) > 0
    if sys.argv[1] == 'asked':
        while True:
            try: peer.recvmsg(0, 1000, socket.MSG_ERRQUEUE); break
            except BlockingIOError: pass
peer.shutdown(socket.SHUT_WR); thread.join()
";

#[test]
fn was_it_zero_copy() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    let sends = |how: &str| {
        let seen = desk.trace(&[], &["python3", "-c", ZERO_COPY, how]);
        assert!(seen.output.status.success(), "{:?}", seen.output);
        let all = seen.json["zero_copy_sends"].as_array().unwrap().clone();
        assert_eq!(all.len(), 1, "{all:?}");
        let numbers = ["asked", "ignored", "reported", "copied"];
        assert_eq!(all[0]["loopback"], true);
        numbers.map(|name| all[0][name].as_u64().unwrap())
    };
    // Over loopback the kernel copies, and says so.
    assert_eq!(sends("asked"), [3, 0, 3, 3]);
    assert_eq!(sends("no"), [3, 3, 0, 0]);
    let output = std::process::Command::new(crate::desk::ZCLAB)
        .args(["trace", "--", "python3", "-c", ZERO_COPY, "asked"])
        .output()
        .unwrap();
    let text = crate::desk::said(&output).replace("\n  ", " ");
    assert!(
        text.contains("over loopback: 3 asked, 3 reported, 3 copied after all"),
        "{text}"
    );
}

#[test]
fn where_the_disk_was() {
    let desk = Desk::new(MIB);
    let used = |seen: &Seen| {
        let storage = seen.json["storage"].as_array().unwrap().iter();
        let mut of_dd = storage.filter(|used| used["program"] == "dd");
        let used = of_dd.next()?;
        Some([&used["read_bytes"], &used["write_bytes"]].map(|bytes| bytes.as_u64().unwrap()))
    };
    let copy = ["dd", "if=a", "of=b", "bs=64k", "status=none"];
    let warm = desk.trace(&[], &copy);
    let Some([read, written]) = used(&warm) else {
        return skip("io", "/proc/PID/io cannot be read");
    };
    assert!(read < MIB as u64, "the file is in the page cache: {read}");
    // A file system in memory has no device.
    if written == 0 {
        return skip("storage", "the files are on no device");
    }
    assert!(written >= MIB as u64, "{written}");
    let evict = "dd if=a iflag=nocache count=0 status=none conv=fsync of=/dev/null 2>/dev/null; sync a; dd of=a oflag=nocache conv=notrunc,fdatasync count=0 status=none";
    let evicted = std::process::Command::new("sh")
        .args(["-c", evict])
        .current_dir(desk.0.path())
        .status();
    if !evicted.is_ok_and(|status| status.success()) {
        return skip("dd", "it has no nocache");
    }
    let cold = desk.trace(&[], &copy);
    assert!(used(&cold).unwrap()[0] >= MIB as u64, "{:?}", used(&cold));
}

const KTLS: &str = "
import os, socket, struct, threading
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.setsockopt(6, 31, b'tls')
# struct tls12_crypto_info_aes_gcm_128: version, cipher, then keys of zeros
peer.setsockopt(282, 1, struct.pack('=HH', 0x0303, 51) + bytes(8 + 16 + 4 + 8))
def drain():
    while client.recv(65536): pass
thread = threading.Thread(target=drain); thread.start()
source = os.open('a', os.O_RDONLY)
assert os.sendfile(peer.fileno(), source, 0, 1 << 20) == 1 << 20
peer.close(); thread.join()
";

#[test]
fn what_the_kernel_encrypts_is_not_zero_copy() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let seen = desk.trace(&[], &["python3", "-c", KTLS]);
    if !seen.output.status.success() {
        return skip("ktls", String::from_utf8_lossy(&seen.output.stderr));
    }
    let flows = seen.json["flows"].as_array().unwrap().iter();
    let flow = flows
        .clone()
        .find(|flow| flow["from"]["name"].as_str().unwrap().ends_with("/a"));
    let flow = flow.unwrap();
    assert_eq!(
        (&flow["zero_copy"], &flow["verdict"]),
        (&false.into(), &"encrypted".into()),
        "{flow:#}"
    );
    assert_eq!(flow["copy_path"][0]["how"], "cipher");
}

const PAIR: &str = "
import os, socket, sys
def connect(listener):
    return socket.create_connection(listener.getsockname())
def listen():
    listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen()
    return listener
listener = listen()
own = connect(listener), listener.accept()[0]
";

/// A proxy between two connections, of which one is watched at both ends.
const PROXY: &str = "
front = listen()
if os.fork() == 0:
    connect(front).sendfile(open('a', 'rb'))
    os._exit(0)
source = front.accept()[0]
while True:
    data = source.recv(65536)
    if not data: break
    own[0].sendall(data)
    left = len(data)
    while left: left -= len(own[1].recv(left))
os.wait()
";

#[test]
fn what_has_passed_a_socket_is_not_a_file_of_the_proxys() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let seen = desk.trace(&[], &["python3", "-c", &format!("{PAIR}{PROXY}")]);
    let said = advice(&seen, ("file", "/a"), ("tcp", ""));
    assert_eq!(said, ("through a socket", ""));
}

/// What arrives is stored twice.
const BOTH: &str = "
sinks = [open(name, 'wb', buffering=0) for name in ('b', 'c')]
for i in range(16):
    own[0].sendall(os.urandom(65536))
    left = 65536
    while left:
        data = own[1].recv(left)
        left -= len(data)
        for sink in sinks[:int(sys.argv[1])]: sink.write(data)
";

#[test]
fn what_goes_to_several_sinks_cannot_be_spliced() {
    let desk = Desk::new(0);
    if !desk.has(&["python3"]) {
        return;
    }
    let verdict = |sinks| {
        let script = format!("{PAIR}{BOTH}");
        let seen = desk.trace(&[], &["python3", "-c", &script, sinks]);
        let (verdict, advice) = advice(&seen, ("tcp", ""), ("file", "/b"));
        (verdict.to_owned(), advice.to_owned())
    };
    assert_eq!(verdict("2"), ("sent again".into(), String::new()));
    assert!(verdict("1").1.starts_with("splice through a pipe"));
}

#[test]
fn a_pipe_in_packet_mode_has_boundaries() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    const PACKETS: &str = "
import os
r, w = os.pipe2(os.O_DIRECT)
with open('a', 'rb', buffering=0) as source:
    for i in range(16):
        data = source.read(4096)
        os.write(w, data)
        assert len(os.read(r, 1000)) == 1000
";
    let seen = desk.trace(&[], &["python3", "-c", PACKETS]);
    let (verdict, advice) = advice(&seen, ("file", "/a"), ("pipe", ""));
    assert_eq!(
        (verdict, advice),
        ("nothing to save", ""),
        "{seen:?}",
        seen = seen.json["flows"]
    );
}
