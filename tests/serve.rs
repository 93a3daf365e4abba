//! The file server: the real program, real sockets, loopback only.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{sys::signal::Signal, unistd::Pid};
use zclab::experiment::request;
use zclab::figure::Playback;
use zclab::model::{Call, Method, ServePlan};
use zclab::tracer::Cancel;

mod require;

use require::skip;

const METHODS: [&str; 4] = ["read-write", "mmap-write", "sendfile", "splice"];

/// A server, killed when the test is done with it.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(dir: &Path, method: &str, options: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
        command.arg("serve").arg(dir).args(["--method", method]);
        Server::of(command.args(options))
    }

    fn of(command: &mut Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("the first line is {line:?}"));
        Server {
            address: address.parse().unwrap(),
            child,
        }
    }

    fn client(&self) -> Client {
        let socket = TcpStream::connect(self.address).unwrap();
        // Never waited for in a test that passes: a server that hangs is a failure, not a hanging test.
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        socket
            .set_write_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Client {
            reader: BufReader::new(socket),
        }
    }

    fn get(&self, path: &str) -> Response {
        self.client().get(path, &[])
    }

    fn end(mut self, signal: Signal) -> Option<i32> {
        nix::sys::signal::kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
        self.child.wait().unwrap().code()
    }

    fn open_files(&self) -> usize {
        let dir = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(dir).unwrap().count()
    }

    /// In KiB.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.unwrap().split_whitespace().nth(1).unwrap();
        number.parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    reader: BufReader<TcpStream>,
}

#[derive(Debug)]
struct Response {
    status: u16,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &value[..])
    }
}

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn request(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in fields {
            head += &format!("{name}: {value}\r\n");
        }
        self.send((head + "\r\n").as_bytes());
    }

    fn get(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request("GET", path, fields);
        self.response(true)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn head(&mut self) -> Response {
        let line = self.line();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut fields = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            fields.push((name.to_owned(), value.to_owned()));
        }
        let body = Vec::new();
        Response {
            status,
            fields,
            body,
        }
    }

    fn response(&mut self, with_body: bool) -> Response {
        let mut response = self.head();
        if with_body && response.status != 304 {
            let length = response.field("Content-Length").expect("a Content-Length");
            response.body = vec![0; length.parse().unwrap()];
            self.reader.read_exact(&mut response.body).unwrap();
        }
        response
    }

    /// What comes until the server closes: cleanly, or by a reset.
    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server did not close: {error}"),
        }
        rest
    }
}

/// Bytes that do not repeat with any power of two.
fn pattern(size: usize) -> Vec<u8> {
    let word = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    (0..size as u64 / 8 + 1).flat_map(word).take(size).collect()
}

fn directory_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if found.is_err() {
        skip(program, "not installed");
    }
    found.is_ok()
}

#[test]
fn every_byte_is_right_by_each_method() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 65_537, 5 << 20];
    for size in sizes {
        fs::write(dir.path().join(size.to_string()), pattern(size)).unwrap();
    }
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let mut client = server.client();
        for size in sizes {
            let response = client.get(&format!("/{size}"), &[]);
            assert_eq!(response.status, 200);
            assert!(response.body == pattern(size), "{method}, {size} bytes");

            client.request("HEAD", &format!("/{size}"), &[]);
            let head = client.response(false);
            assert_eq!(head.status, 200);
            assert_eq!(head.field("Content-Length"), Some(&size.to_string()[..]));
        }
        let whole = pattern(5 << 20);
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=4095-4096", 4095..4097),
            ("bytes=65537-1000000", 65_537..1_000_001),
            ("bytes=5242879-", 5_242_879..5_242_880),
            ("bytes=1-", 1..5 << 20),
            ("bytes=-100001", (5 << 20) - 100_001..5 << 20),
        ] {
            let response = client.get("/5242880", &[("Range", range)]);
            assert_eq!(response.status, 206, "{range}");
            let told = format!("bytes {}-{}/5242880", part.start, part.end - 1);
            assert_eq!(response.field("Content-Range"), Some(&told[..]));
            assert!(response.body == whole[part], "{method}, {range}");
        }
    }
}

#[test]
fn ranges_and_conditions() {
    let dir = directory_with(&[("a.txt", b"0123456789")]);
    // The date of a file that has just changed does not tell it from what comes within the same second.
    touch(&dir.path().join("a.txt"), 1_000_000_000);
    let server = Server::start(dir.path(), "sendfile", &[]);
    let mut client = server.client();
    let whole = client.get("/a.txt", &[]);
    assert_eq!(
        whole.field("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(whole.field("Accept-Ranges"), Some("bytes"));
    assert!(whole.field("Date").unwrap().ends_with(" GMT"));
    let date = whole.field("Last-Modified").unwrap();
    let tag = whole.field("ETag").unwrap();
    let old = "Thu, 01 Jan 1970 00:00:00 GMT";
    let weak = &format!("W/{tag}")[..];
    let failed = "412 Precondition Failed\n";

    let beyond = client.get("/a.txt", &[("Range", "bytes=10-")]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.field("Content-Range"), Some("bytes */10"));
    for (fields, status, body) in [
        (vec![("Range", "bytes=2-3"), ("If-Range", tag)], 206, "23"),
        (vec![("Range", "bytes=2-3"), ("If-Range", date)], 206, "23"),
        (
            vec![("Range", "bytes=2-3"), ("If-Range", old)],
            200,
            "0123456789",
        ),
        (
            vec![("Range", "bytes=2-3"), ("If-Range", "\"x\"")],
            200,
            "0123456789",
        ),
        (vec![("Range", "bytes=1-2,4-5")], 200, "0123456789"),
        (vec![("Range", "chapters=1-2")], 200, "0123456789"),
        (vec![("If-Modified-Since", date)], 304, ""),
        (vec![("If-Modified-Since", old)], 200, "0123456789"),
        (vec![("If-Modified-Since", "yesterday")], 200, "0123456789"),
        (vec![("If-None-Match", tag)], 304, ""),
        (
            vec![("If-None-Match", "\"x\""), ("If-None-Match", tag)],
            304,
            "",
        ),
        (vec![("If-Match", tag)], 200, "0123456789"),
        (vec![("If-Match", "*")], 200, "0123456789"),
        (vec![("If-Match", "\"x\", \"y\"")], 412, failed),
        (vec![("If-Match", weak)], 412, failed),
        (vec![("If-None-Match", weak)], 304, ""),
        (vec![("If-Unmodified-Since", date)], 200, "0123456789"),
        (vec![("If-Unmodified-Since", old)], 412, failed),
        (
            vec![("If-Unmodified-Since", "yesterday")],
            200,
            "0123456789",
        ),
        (
            vec![("If-Match", tag), ("If-Unmodified-Since", old)],
            200,
            "0123456789",
        ),
        (
            vec![("If-Match", "\"x\""), ("If-None-Match", tag)],
            412,
            failed,
        ),
        (
            vec![("If-Match", "\"x\""), ("Range", "bytes=0-1")],
            412,
            failed,
        ),
        (
            vec![("Range", "bytes=2-3"), ("If-Range", weak)],
            200,
            "0123456789",
        ),
        (
            vec![("Range", "bytes=2-3"), ("Range", "bytes=4-5")],
            200,
            "0123456789",
        ),
        (vec![("Range", "bytes=,2-3")], 206, "23"),
        (
            vec![("If-None-Match", "\"x\""), ("If-Modified-Since", date)],
            200,
            "0123456789",
        ),
    ] {
        let response = client.get("/a.txt", &fields);
        assert_eq!(response.status, status, "{fields:?}");
        assert_eq!(response.body, body.as_bytes(), "{fields:?}");
    }
}

/// Sets the time of a file's last change, in seconds since 1970.
fn touch(path: &Path, seconds: i64) {
    let time = nix::sys::time::TimeSpec::new(seconds, 0);
    let follow = nix::sys::stat::UtimensatFlags::FollowSymlink;
    nix::sys::stat::utimensat(nix::fcntl::AT_FDCWD, path, &time, &time, follow).unwrap();
}

/// HTTP names the years 1970 to 9999, and Last-Modified is not later than Date (RFC 9110, section 8.8.2.1).
#[test]
fn files_of_any_time_are_served_and_told_apart() {
    // tmpfs keeps such times.
    let shm = Path::new("/dev/shm");
    let dir = match tempfile::tempdir_in(shm) {
        Ok(dir) => dir,
        Err(error) => return skip("tmpfs", error),
    };
    for name in ["a", "b", "c", "d"] {
        fs::write(dir.path().join(name), "hi").unwrap();
    }
    touch(&dir.path().join("a"), 253_402_300_800);
    touch(&dir.path().join("b"), -1);
    touch(&dir.path().join("c"), -86_400);
    touch(&dir.path().join("d"), i64::from(i32::MAX) * 1000);
    let server = Server::start(dir.path(), "sendfile", &[]);
    for _ in 0..2 {
        let answers = ["/a", "/b", "/c", "/d"].map(|path| server.get(path));
        for answer in &answers {
            assert_eq!((answer.status, &answer.body[..]), (200, &b"hi"[..]));
            let [modified, now] = ["Last-Modified", "Date"].map(|name| answer.field(name).unwrap());
            let time = |date| httpdate::parse_http_date(date).unwrap();
            assert!(time(modified) <= time(now), "{modified} {now}");
        }
        let tags: Vec<_> = answers.iter().map(|answer| answer.field("ETag")).collect();
        let apart: std::collections::HashSet<_> = tags.iter().collect();
        assert_eq!(apart.len(), tags.len(), "{tags:?}");
    }
    let mut client = server.client();
    for (name, date) in [
        ("/b", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("/a", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        let unchanged = client.get(name, &[("If-Modified-Since", date)]);
        assert_eq!(unchanged.status, 304, "{name}");
    }
}

#[test]
fn connections_are_kept_and_requests_pipelined() {
    let dir = directory_with(&[("small", b"small"), ("large", &pattern(300_000))]);
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let mut client = server.client();
        let pair = "GET /small HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n";
        client.send(pair.repeat(40).as_bytes());
        for _ in 0..40 {
            assert_eq!(client.response(true).body, b"small");
            assert!(client.response(true).body == pattern(300_000), "{method}");
        }
        // Byte by byte.
        for byte in b"\r\nGET /small HTTP/1.1\r\nHost: x\r\n\r\n" {
            client.send(&[*byte]);
        }
        assert_eq!(client.response(true).body, b"small");
        // The client says that it will send no more, and gets its last answer.
        client.request("GET", "/large", &[]);
        client.reader.get_ref().shutdown(Shutdown::Write).unwrap();
        assert!(client.response(true).body == pattern(300_000));
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn connections_end_when_one_side_says_so() {
    let dir = directory_with(&[("a", b"a")]);
    let server = Server::start(dir.path(), "sendfile", &[]);
    for (request, closes) in [
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            true,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n",
            true,
        ),
        ("GET /a HTTP/1.0\r\n\r\n", true),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            true,
        ),
        ("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", false),
    ] {
        let mut client = server.client();
        client.send(request.as_bytes());
        let response = client.response(true);
        let said = response.field("Connection").unwrap_or("");
        assert_eq!(said == "close", closes, "{request:?}: {said}");
        match closes {
            true => assert_eq!(client.rest(), b"", "{request:?}"),
            false => assert_eq!(client.get("/a", &[]).body, b"a", "{request:?}"),
        }
    }
}

#[test]
fn bad_requests_get_their_status_and_the_server_goes_on() {
    let dir = directory_with(&[("a", b"a")]);
    fs::create_dir(dir.path().join("empty")).unwrap();
    fs::write(dir.path().join("locked"), "x").unwrap();
    fs::set_permissions(dir.path().join("locked"), PermissionsExt::from_mode(0o0)).unwrap();
    let server = Server::start(dir.path(), "sendfile", &[]);
    let long = format!(
        "GET /a HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let many = format!(
        "GET /a HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(100)
    );
    let endless = format!("GET /{}", "x".repeat(100_000));
    for (request, status) in [
        ("nonsense\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03", 400),
        ("GET /a HTTP/1.1\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            405,
        ),
        ("DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("FOO /a HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("get /a HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("GET /a HTTP/1.9\r\nHost: x\r\n\r\n", 200),
        ("GET /a HTTP/0.9\r\nHost: x\r\n\r\n", 505),
        ("GET /a HTTP/9.9\r\nHost: x\r\n\r\n", 505),
        ("GET /a HTTP/1.12\r\nHost: x\r\n\r\n", 400),
        ("GET /a http/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a FTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        ("GET /a HTTP/1.0\r\nHost: a/b\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost:\r\n\r\n", 200),
        ("GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        ("GET http://x/a HTTP/1.1\r\nHost: y\r\n\r\n", 200),
        ("GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET http://u@x/a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET https://x/a HTTP/1.1\r\nHost: x\r\n\r\n", 421),
        ("GET /a HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400),
        ("GET /a\rb HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\nx",
            200,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
            400,
        ),
        ("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            200,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            501,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: new\r\n\r\n",
            501,
        ),
        (&long, 431),
        (&many, 431),
        (&endless, 431),
        ("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /a/ HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    ] {
        let mut client = server.client();
        client.send(request.as_bytes());
        let response = client.response(true);
        assert_eq!(response.status, status, "{:.60}", request);
        if status == 405 {
            assert_eq!(response.field("Allow"), Some("GET, HEAD"));
        }
    }
    let name = format!("/{}", "x".repeat(300));
    assert_eq!(server.get(&name).status, 404);
    match File::open(dir.path().join("locked")) {
        Ok(_) => skip("ordinary-user", "403, for root may read every file"),
        Err(_) => assert_eq!(server.get("/locked").status, 403),
    }
    assert_eq!(server.get("/a").body, b"a");
}

#[test]
fn nothing_outside_the_directory_is_served() {
    let root = directory_with(&[("secret", b"secret")]);
    let dir = root.path().join("dir");
    fs::create_dir_all(dir.join("sub")).unwrap();
    fs::write(dir.join("sub/a b"), "inside").unwrap();
    fs::write(dir.join("sub/index.html"), "index").unwrap();
    symlink("sub/a b", dir.join("in")).unwrap();
    symlink(dir.join("sub"), dir.join("absolute")).unwrap();
    symlink("../secret", dir.join("out")).unwrap();
    symlink(root.path(), dir.join("parent")).unwrap();
    symlink("/", dir.join("slash")).unwrap();
    let server = Server::start(&dir, "sendfile", &[]);
    for (path, body) in [
        ("/sub/a%20b", "inside"),
        ("/sub/../in", "inside"),
        ("/%73ub/%61%20b?query=/../..", "inside"),
        ("/in", "inside"),
        ("/absolute/a%20b", "inside"),
        ("http://elsewhere/in", "inside"),
        ("/sub", "index"),
        ("/sub/", "index"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.body, body.as_bytes(), "{path}");
    }
    let absolute = root.path().join("secret");
    for path in [
        "/../secret",
        "/sub/../../secret",
        "/%2e%2e/secret",
        "/sub/%2e%2e/.%2E/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/..\\secret",
        "/out",
        "/parent/secret",
        "/slash/etc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/sub%2fa%20b",
        absolute.to_str().unwrap(),
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn only_regular_files_are_served_and_none_is_waited_for() {
    let dir = directory_with(&[("a", b"a")]);
    nix::unistd::mkfifo(&dir.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(dir.path().join("socket")).unwrap();
    symlink("/dev/zero", dir.path().join("zero")).unwrap();
    let server = Server::start(dir.path(), "read-write", &[]);
    for path in ["/fifo", "/socket", "/zero", "/"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert_eq!(server.get("/a").body, b"a");
    assert_eq!(server.end(Signal::SIGTERM), Some(0));
}

#[test]
fn devices_are_not_served() {
    let server = Server::start(Path::new("/dev"), "read-write", &[]);
    for path in ["/zero", "/null", "/tty", "/ptmx"] {
        assert!([403, 404].contains(&server.get(path).status), "{path}");
    }
}

#[test]
fn two_hundred_connections_at_once() {
    let content = pattern(1 << 20);
    let dir = directory_with(&[("file", &content)]);
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let mut clients: Vec<_> = (0..200).map(|_| server.client()).collect();
        for client in &mut clients {
            client.request("GET", "/file", &[]);
        }
        for client in &mut clients {
            assert!(client.response(true).body == content, "{method}");
        }
    }
}

#[test]
fn slow_and_silent_clients_starve_nobody_and_are_timed_out() {
    let dir = directory_with(&[("small", b"small"), ("large", &pattern(32 << 20))]);
    let limits = [
        "--head-timeout",
        "1",
        "--idle-timeout",
        "1",
        "--send-timeout",
        "1",
    ];
    let one = &|method| {
        let server = Server::start(dir.path(), method, &limits);
        let mut silent: Vec<_> = (0..20).map(|_| server.client()).collect();
        let mut idle = server.client();
        idle.get("/small", &[]);
        let mut dripping = server.client();
        dripping.send(b"GET /small HTTP/1.1\r\nX: ");
        let mut stalled = server.client();
        stalled.request("GET", "/large", &[]);
        assert_eq!(stalled.head().status, 200);

        for _ in 0..100 {
            assert_eq!(server.get("/small").body, b"small");
        }
        // Bytes that drip in prolong nothing. The others' second has passed too, and some more.
        for _ in 0..125 {
            let _ = dripping.reader.get_mut().write_all(b"x");
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(server.get("/small").body, b"small");
        assert_eq!(idle.rest(), b"");
        for client in &mut silent {
            assert_eq!(client.rest(), b"");
        }
        assert!(
            stalled.rest().len() < 32 << 20,
            "{method}: it was not given up"
        );
        let late = dripping.rest();
        // The reset that the last drops caused may have thrown the answer away.
        assert!(late.is_empty() || late.starts_with(b"HTTP/1.1 408 "));
    };
    thread::scope(|scope| {
        for method in METHODS {
            scope.spawn(move || one(method));
        }
    });
}

#[test]
fn a_fast_client_starves_nobody() {
    let dir = directory_with(&[("small", b"small"), ("large", &pattern(8 << 20))]);
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let mut fast = server.client();
        let many = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
        let (begun, has_begun) = std::sync::mpsc::channel();
        let reader = thread::spawn(move || {
            // More than is ever read: it is always ready.
            let _ = fast.reader.get_mut().write(many.as_bytes());
            let mut buffer = vec![0; 1 << 20];
            while let Ok(1..) = fast.reader.get_mut().read(&mut buffer) {
                let _ = begun.send(());
            }
        });
        has_begun.recv().expect("the fast client is served");
        for _ in 0..50 {
            assert_eq!(server.get("/small").body, b"small");
        }
        drop(server);
        reader.join().unwrap();
    }
}

#[test]
fn ten_thousand_requests_leave_descriptors_and_memory_where_they_were() {
    let dir = directory_with(&[("file", &pattern(10_000))]);
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let batch = |requests: usize| {
            let mut client = server.client();
            let ask = b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10);
            for _ in 0..requests / 10 {
                client.send(&ask);
                for _ in 0..10 {
                    assert_eq!(client.response(true).body.len(), 10_000);
                }
            }
        };
        // What a server needs for good, it has after the first thousand.
        batch(1000);
        let (files, memory) = (server.open_files(), server.resident());
        for _ in 0..90 {
            batch(100);
        }
        for _ in 0..1000 {
            server.client().request("GET", "/file", &[]);
        }
        batch(10);
        let settled = Instant::now();
        while server.open_files() > files && settled.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(
            server.open_files() <= files,
            "{method}: descriptors are left open"
        );
        let grown = server.resident().saturating_sub(memory);
        assert!(grown <= 1024, "{method}: {grown} KiB more than before");
    }
}

#[test]
fn a_file_that_is_truncated_while_it_is_sent_ends_its_connection_only() {
    const SIZE: u64 = 64 << 20;
    for method in METHODS {
        for cut in [0, 5000, 40 << 20] {
            let dir = directory_with(&[("small", b"small")]);
            let file = File::create(dir.path().join("large")).unwrap();
            file.set_len(SIZE).unwrap();
            let server = Server::start(dir.path(), method, &[]);
            let mut client = server.client();
            client.request("GET", "/large", &[]);
            let head = client.head();
            assert_eq!(head.field("Content-Length"), Some(&SIZE.to_string()[..]));
            // The socket's queues hold a few MiB: the server is in the middle.
            file.set_len(cut).unwrap();
            let came = client.rest().len() as u64;
            assert!(came < SIZE, "{method}: {came} bytes of a file cut to {cut}");
            assert_eq!(server.get("/small").body, b"small", "{method}");
        }
    }
}

#[test]
fn more_clients_than_places() {
    let dir = directory_with(&[("file", &pattern(100_000))]);
    for (open_files, most) in [(40, "100"), (1000, "3")] {
        let mut command = Command::new("sh");
        let limited = format!("ulimit -n {open_files}; exec \"$0\" \"$@\"");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_zclab"), "serve"]);
        command.arg(dir.path());
        command.args(["--method", "splice", "--max-connections", most]);
        let server = Server::of(&mut command);
        // These say nothing, and hold every place.
        let _silent: Vec<_> = (0..6).map(|_| server.client()).collect();
        let mut clients: Vec<_> = (0..20).map(|_| server.client()).collect();
        for client in &mut clients {
            client.request("GET", "/file", &[("Connection", "close")]);
        }
        for mut client in clients {
            assert!(client.response(true).body == pattern(100_000));
        }
    }
}

#[test]
fn signals_end_it_cleanly_also_in_the_middle() {
    let dir = directory_with(&[("large", &pattern(32 << 20))]);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let server = Server::start(dir.path(), "sendfile", &[]);
        let mut client = server.client();
        client.request("GET", "/large", &[]);
        client.head();
        assert_eq!(server.end(signal), Some(0));
    }
}

#[test]
fn the_calls_of_a_traced_server_are_shown() {
    let dir = directory_with(&[("file", &pattern(200_000))]);
    for (method, call) in [("read-write", "pread64("), ("sendfile", "sendfile(")] {
        let program = env!("CARGO_BIN_EXE_zclab");
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg(dir.path())
            .args(["--method", method, "--trace"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(address) = line.trim_end().strip_prefix("listening on http://") else {
            let mut error = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut error)
                .unwrap();
            child.wait().unwrap();
            assert!(error.contains("ptrace is refused"), "{line}{error}");
            return skip("ptrace", error);
        };
        let address = address.parse().unwrap();
        let mut server = Server { child, address };
        assert!(server.get("/file").body == pattern(200_000));
        let pid = Pid::from_raw(server.child.id() as i32);
        nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
        let mut shown = String::new();
        stdout.read_to_string(&mut shown).unwrap();
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        for part in [
            call,
            "openat2(",
            "epoll_wait",
            "calls traced",
            "bytes moved",
        ] {
            assert!(shown.contains(part), "{method}: no {part} in {shown}");
        }
    }
}

/// What is saved of a traced server is a recording: its figures are those of the bodies.
#[test]
fn the_calls_of_a_traced_server_are_saved_as_a_recording() {
    let dir = directory_with(&[("file", &pattern(200_000))]);
    let program = env!("CARGO_BIN_EXE_zclab");
    for (method, copies) in [("read-write", 2.0), ("splice", 0.0)] {
        let saved = dir.path().join(method);
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg(dir.path())
            .args(["--method", method, "--trace", "--save"])
            .arg(&saved);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(address) = line.trim_end().strip_prefix("listening on http://") else {
            child.wait().unwrap();
            return skip("ptrace", "refused");
        };
        let address = address.parse().unwrap();
        let mut server = Server { child, address };
        for _ in 0..2 {
            assert!(server.get("/file").body == pattern(200_000));
        }
        let pid = Pid::from_raw(server.child.id() as i32);
        nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
        stdout.read_to_string(&mut line).unwrap();
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let replay = |options: &[&str]| {
            let mut command = Command::new(program);
            let output = command.arg("replay").arg(&saved).args(options).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let figures: serde_json::Value = serde_json::from_str(&replay(&["--json"])).unwrap();
        assert_eq!(figures["method"], method);
        assert_eq!(figures["bytes_moved"], 400_000);
        assert_eq!(figures["cpu_copies_per_byte"], copies);
        assert_eq!(figures["traced"]["calls_by_name"]["sendto"], 2);
        assert_eq!(figures["served"]["answers"], 2);
        let text = replay(&[]);
        assert!(text.contains("2 answers"), "{text}");
    }
}

#[test]
fn a_request_that_is_called_off_leaves_nothing() {
    zclab::endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir().unwrap();
    let (method, size) = (Method::ReadWrite, ServePlan::MOST);
    let plan = ServePlan { method, size };
    for patience in [0, 30, 120] {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let stop = thread::spawn(move || {
            thread::sleep(Duration::from_millis(patience));
            other.cancel();
        });
        let began = Instant::now();
        // A fast machine may have been done before.
        let _ = request::watch(&plan, dir.path(), &cancel);
        stop.join().unwrap();
        assert!(began.elapsed() < Duration::from_secs(15));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

/// The experiment of the screens: one request by each method, from the accepted connection to the closed one.
#[test]
fn the_way_of_one_request_is_recorded_from_accept_to_close() {
    zclab::endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir().unwrap();
    for (method, copies, mover) in [
        (Method::ReadWrite, 2.0, "pread64"),
        (Method::MmapWrite, 1.0, "write"),
        (Method::Sendfile, 0.0, "sendfile"),
        (Method::Splice, 0.0, "splice"),
    ] {
        let size = ServePlan::SIZE;
        let plan = ServePlan { method, size };
        let way = request::watch(&plan, dir.path(), &Cancel::new()).unwrap();
        let left = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(left, 0, "the served file is left behind");
        let Some(trace) = &way.recording.trace else {
            return skip("ptrace", format!("{:?}", way.recording.unavailable));
        };
        let outcome = &way.recording.outcome;
        assert_eq!(outcome.verified, Some(true));
        assert_eq!(outcome.bytes_moved, size.bytes());
        assert_eq!(way.summary.cpu_copies_per_byte, Some(copies), "{method}");
        let names: Vec<_> = trace.calls.iter().map(|call| trace.name(call)).collect();
        assert!(names[0].starts_with("accept"), "{names:?}");
        assert_eq!(names.last(), Some(&"close"), "{names:?}");
        let at = |name: &str| {
            let done = |call: &Call| trace.name(call) == name && call.returned() > Some(0);
            let found = trace.calls.iter().position(done);
            found.unwrap_or_else(|| panic!("{method}: no {name} in {names:?}"))
        };
        let [request, file, head, body] = [at("recvfrom"), at("openat2"), at("sendto"), at(mover)];
        assert!(request < file && file < head && head < body, "{names:?}");
        assert!(way.body_calls >= 1 && way.body_calls < names.len() as u64);
        let served = outcome.served.unwrap();
        assert_eq!(served.answers, 1);
        assert!(served.request_bytes > 0 && served.head_bytes > 0);
        // Names are those of the served directory, not of where it lay for a moment.
        let path = dir.path().to_str().unwrap();
        assert!(trace.descriptors.iter().all(|it| !it.name.contains(path)));
        // Each call of the body is found in the server's own sending step.
        let text = zclab::embedded::serve_source(&method.source_file()).unwrap();
        let playback = Playback::new(way.recording.clone(), text);
        let moves = |number: &usize| !playback.hops_at(*number).1.is_empty();
        for number in (0..playback.len()).filter(moves) {
            let line = playback.line_of(&trace.calls[number]);
            assert!(line.is_some(), "{method}: no line for {}", names[number]);
        }
    }
}

#[test]
fn what_cannot_be_served_is_said_in_one_line() {
    let dir = directory_with(&[("a", b"a")]);
    let server = Server::start(dir.path(), "sendfile", &[]);
    let taken = server.address.port().to_string();
    let (here, file) = (dir.path().to_str().unwrap(), dir.path().join("a"));
    for (arguments, code) in [
        (vec!["/nonexistent", "--method", "sendfile"], 1),
        (vec![file.to_str().unwrap(), "--method", "sendfile"], 1),
        (vec![here, "--method", "sendfile", "--port", &taken], 1),
        (vec![here, "--method", "carrier-pigeon"], 2),
        (vec![here, "--method", "sendfile", "--port", "65536"], 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
        let output = command.arg("serve").args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        if code == 1 {
            assert!(error.starts_with("zclab: cannot "), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}

#[test]
fn curl_and_wget_are_content() {
    let content = pattern(5 << 20);
    let dir = directory_with(&[("file.bin", &content)]);
    let to = tempfile::tempdir().unwrap();
    for method in METHODS {
        let server = Server::start(dir.path(), method, &[]);
        let url = format!("http://{}/file.bin", server.address);
        let got = to.path().join("file.bin");
        for (program, arguments) in [
            ("curl", vec!["-sS", "--max-time", "20", "-C", "-", "-O"]),
            (
                "wget",
                vec!["-q", "--timeout=20", "--tries=1", "--continue"],
            ),
        ] {
            if !installed(program) {
                continue;
            }
            // The first part is there: they ask for the rest.
            fs::write(&got, &content[..1_000_003]).unwrap();
            let mut command = Command::new(program);
            command.args(arguments).arg(&url).current_dir(to.path());
            command.env("no_proxy", "*");
            assert!(command.status().unwrap().success(), "{program}, {method}");
            assert!(fs::read(&got).unwrap() == content, "{program}, {method}");
        }
    }
}
