//! A class without a screen, and phones that are not phones: the real program, real sockets, loopback only.
#![allow(dead_code)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than any machine needs; only a failure waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A room, killed when the test is done with it.
pub struct Room {
    pub child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    pub address: SocketAddr,
    pub code: String,
    /// The session's file.
    pub file: PathBuf,
    /// Lines that were printed before the first command.
    pub first: Vec<String>,
    pub home: std::sync::Arc<TempDir>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }
}

/// A seat, as its owner knows it.
#[derive(Clone, Debug)]
pub struct Seat {
    pub name: String,
    pub token: String,
}

impl Room {
    pub fn start(options: &[&str]) -> Room {
        Room::start_in(std::sync::Arc::new(tempfile::tempdir().unwrap()), options)
    }

    /// A room whose state lies below this directory.
    pub fn start_in(home: std::sync::Arc<TempDir>, options: &[&str]) -> Room {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
        command
            .args(["class", "--plain", "--listen", "127.0.0.1"])
            .args(options);
        command
            .env("XDG_STATE_HOME", home.path())
            .env("HOME", home.path());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let mut room = Room {
            input: child.stdin.take(),
            child,
            lines,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            code: String::new(),
            file: PathBuf::new(),
            first: Vec::new(),
            home,
        };
        let join = room.line();
        let url = join
            .strip_prefix("join http://")
            .unwrap_or_else(|| panic!("the first line is {join:?}"));
        let (address, code) = url.split_once('/').unwrap();
        room.address = address.parse().unwrap();
        room.code = code.to_owned();
        room.first.push(join.clone());
        while room.file.as_os_str().is_empty() {
            let line = room.line();
            if let Some(path) = line.strip_prefix("session ") {
                room.file = PathBuf::from(path);
            }
            room.first.push(line);
        }
        room
    }

    /// The next line that the program prints.
    pub fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("the program prints a line")
    }

    /// Gives a command; the line that answers it.
    pub fn say(&mut self, command: &str) -> String {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{command}").unwrap();
        self.line()
    }

    /// Opens a question; the number of the round.
    pub fn open(&mut self, id: &str) -> u64 {
        let said = self.say(&format!("open {id}"));
        assert!(said.starts_with("voting "), "{said}");
        self.state(None)["round"].as_u64().unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// One request on a connection of its own.
    pub fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Response {
        request(
            self.address,
            method,
            &format!("/{}{path}", self.code),
            fields,
            body,
        )
    }

    pub fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], "")
    }

    pub fn state(&self, seat: Option<&Seat>) -> Value {
        let bearer = seat.map(|seat| format!("Bearer {}", seat.token));
        let fields: Vec<_> = bearer
            .iter()
            .map(|bearer| ("Authorization", bearer.as_str()))
            .collect();
        let response = self.send("GET", "/state", &fields, "");
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    pub fn join(&self) -> Seat {
        let response = self.send("POST", "/join", &[], "");
        assert_eq!(response.status, 200, "{response:?}");
        let json = response.json();
        Seat {
            name: json["seat"].as_str().unwrap().to_owned(),
            token: json["token"].as_str().unwrap().to_owned(),
        }
    }

    pub fn vote(&self, seat: &Seat, round: u64, answer: &Value) -> Response {
        let body = serde_json::json!({ "round": round, "answer": answer }).to_string();
        self.put_in_time(seat, &body)
    }

    /// A vote with this body.
    pub fn put(&self, seat: &Seat, body: &str) -> Response {
        let bearer = format!("Bearer {}", seat.token);
        self.send("PUT", "/vote", &[("Authorization", &bearer)], body)
    }

    /// The same, and again where the seat has sent too many votes this second.
    pub fn put_in_time(&self, seat: &Seat, body: &str) -> Response {
        loop {
            let response = self.put(seat, body);
            if response.status != 429 {
                return response;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn stream(&self, seat: Option<&Seat>) -> Stream {
        let mut socket = self.connect();
        let bearer = seat.map_or(String::new(), |seat| {
            format!("Authorization: Bearer {}\r\n", seat.token)
        });
        let head = format!(
            "GET /{}/events HTTP/1.1\r\nHost: {}\r\n{bearer}\r\n",
            self.code, self.address
        );
        socket.write_all(head.as_bytes()).unwrap();
        Stream {
            reader: BufReader::new(socket),
            raw: String::new(),
        }
    }

    /// The events of the session's file.
    pub fn events(&self) -> Vec<Value> {
        events_of(&self.file)
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the input; the exit code.
    pub fn quit(&mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole lines of a session's file that are JSON.
pub fn events_of(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// An event stream.
pub struct Stream {
    reader: BufReader<TcpStream>,
    /// All that has come.
    pub raw: String,
}

impl Stream {
    /// The next state; none when the stream has ended.
    pub fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) => self.raw.push_str(&line),
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The first state of which this holds.
    pub fn until(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        loop {
            let state = self.next().expect("the stream goes on");
            if holds(&state) {
                return state;
            }
        }
    }
}

/// What a program prints, line by line, read by a thread so that the program never waits.
pub fn lines_of(output: ChildStdout) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .all(|line| sender.send(line).is_ok())
    });
    lines
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// One request on a connection of its own.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut socket = connect(address);
    send_on(&mut socket, address, method, path, fields, body);
    let mut reader = BufReader::new(socket);
    read_response(&mut reader).expect("an answer")
}

pub fn send_on(
    socket: &mut TcpStream,
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: &str,
) {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let has = |name: &str| {
        fields
            .iter()
            .any(|(field, _)| field.eq_ignore_ascii_case(name))
    };
    if !has("host") {
        head += &format!("Host: {address}\r\n");
    }
    if !has("content-length") && !has("transfer-encoding") {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    for (name, value) in fields {
        head += &format!("{name}: {value}\r\n");
    }
    // A server that refuses may have closed before it has all.
    let _ = socket.write_all(format!("{head}\r\n{body}").as_bytes());
}

/// The next answer of a connection; none where it has ended.
pub fn read_response(reader: &mut BufReader<TcpStream>) -> Option<Response> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head += &line;
    }
    let mut response = Response {
        status: head.split(' ').nth(1)?.parse().ok()?,
        head,
        body: String::new(),
    };
    let length = response
        .field("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    response.body = String::from_utf8(body).unwrap();
    Some(response)
}

/// Questions of the shipped course, as `zclab export questions` tells them: id, kind, how many options, the answer.
pub struct Question {
    pub id: String,
    pub kind: String,
    /// As a vote has it.
    pub right: Value,
}

/// The first question of a kind with an answer that needs no run.
pub fn question(kind: &str) -> Question {
    let output = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args(["export", "questions", "--format", "json"])
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = document["questions"]
        .as_array()
        .or(document.as_array())
        .unwrap();
    let found = all
        .iter()
        .find(|question| question["kind"] == kind && question["answer"].is_string());
    let found = found.unwrap_or_else(|| panic!("no {kind} in the course"));
    Question {
        id: found["id"].as_str().unwrap().to_owned(),
        kind: kind.to_owned(),
        right: vote_of(kind, found["answer"].as_str().unwrap()),
    }
}

/// An answer in plain lines as a vote: letters and numbers become indices.
fn vote_of(kind: &str, plain: &str) -> Value {
    let index = |word: &str| match word.parse::<usize>() {
        Ok(number) => number - 1,
        Err(_) => usize::from(word.as_bytes()[0] - b'a'),
    };
    match kind {
        "number" => serde_json::from_str(plain).unwrap(),
        // `1c 2a`: by the left sides' numbers.
        "match" => plain
            .split(' ')
            .map(|pair| index(&pair[pair.len() - 1..]))
            .collect(),
        _ => plain.split(' ').map(index).collect(),
    }
}
