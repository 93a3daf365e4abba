//! The room over HTTP: one request a connection, and the event stream.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

use crate::class::SeenState;
use crate::store::{open, session_log};

/// How long a connection may take, and how long an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
/// A stream that has been silent for longer than two of the room's comments is dead.
const SILENCE: Duration = Duration::from_secs(40);
/// No answer and no event of a room is longer.
const LONGEST: u64 = 256 << 10;

/// Where the room is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Host and port, as in the URL.
    host: String,
    pub(crate) code: String,
}

impl Address {
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(url: &str) -> Result<Address, &'static str> {
        const SHAPE: &str = "write http://ADDRESS:PORT/CODE, as on the projector";
        if url.starts_with("https://") {
            return Err("a terminal speaks http alone: ask for the address without https");
        }
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (host, code) = rest.split_once('/').ok_or(SHAPE)?;
        let code = code.trim_end_matches('/');
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_host = !host.is_empty() && !host.contains(['@', ' ', '?', '#']) && host.is_ascii();
        match is_code && is_host {
            true => Ok(Address {
                host: host.to_owned(),
                code: code.to_ascii_uppercase(),
            }),
            false => Err(SHAPE),
        }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let has_port = self.host[self.host.rfind(']').unwrap_or(0)..].contains(':');
        let host = match has_port {
            true => self.host.clone(),
            false => format!("{}:80", self.host),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the address leads nowhere");
        for address in host.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(socket) => {
                    socket.set_nodelay(true)?;
                    socket.set_read_timeout(Some(ANSWER))?;
                    socket.set_write_timeout(Some(ANSWER))?;
                    return Ok(socket);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Response {
    /// Why something was refused.
    pub(super) fn error(&self) -> String {
        let why = self.body["error"].as_str();
        why.map_or_else(
            || format!("the room answers {}", self.status),
            str::to_owned,
        )
    }
}

/// A room, and the seat there.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) address: Address,
    /// One for all clones: a new seat is that of the event stream as well.
    token: Arc<Mutex<Option<String>>>,
}

impl Connection {
    /// With the token of an earlier time, if one was kept.
    pub(crate) fn new(address: Address) -> Connection {
        let kept = token_file(&address).and_then(|path| open::text(&path).ok());
        let token = kept.and_then(|bytes| String::from_utf8(bytes).ok());
        let is_token = |token: &String| {
            (16..=64).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let token = token.map(|token| token.trim().to_owned()).filter(is_token);
        Connection {
            token: Arc::new(Mutex::new(token)),
            address,
        }
    }

    /// Takes a seat, or its own again. Its name.
    ///
    /// # Errors
    /// Nobody answers, or a refusal: then with its status.
    pub(crate) fn join(&self, personal: Option<&str>) -> Result<String, JoinError> {
        let body = match personal {
            Some(code) => serde_json::json!({ "personal": code }).to_string(),
            None => "{}".to_owned(),
        };
        let response = self.request("POST", "join", &body)?;
        if response.status != 200 {
            return Err(JoinError::Refused(response.status, response.error()));
        }
        let text = |name: &str| response.body[name].as_str().unwrap_or_default().to_owned();
        let token = text("token");
        if token.bytes().any(|byte| !byte.is_ascii_alphanumeric()) {
            return Err(JoinError::Refused(
                200,
                "this is no room of zclab".to_owned(),
            ));
        }
        self.keep(&token);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(text("seat"))
    }

    fn token(&self) -> Option<String> {
        let token = self.token.lock();
        token.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another time the same seat is taken. Where that cannot be kept, it is for this time alone.
    fn keep(&self, token: &str) {
        let Some(path) = token_file(&self.address) else {
            return;
        };
        let _ = session_log::make_directory_of(&path);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        let _ = file.and_then(|mut file| file.write_all(token.as_bytes()));
    }

    /// # Errors
    /// Nobody answers, or what answers is no room.
    pub(super) fn request(&self, method: &str, path: &str, body: &str) -> io::Result<Response> {
        let mut socket = self.address.connect()?;
        let fields = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
        socket.write_all((self.head(method, path, &fields) + body).as_bytes())?;
        let mut reader = BufReader::new(socket.take(LONGEST));
        let status = read_head(&mut reader)?;
        let mut text = Vec::new();
        reader.read_to_end(&mut text)?;
        Ok(Response {
            status,
            body: serde_json::from_slice(&text).unwrap_or_default(),
        })
    }

    fn head(&self, method: &str, path: &str, fields: &str) -> String {
        let Address { host, code } = &self.address;
        let bearer = self
            .token()
            .map(|token| format!("Authorization: Bearer {token}\r\n"));
        let bearer = bearer.unwrap_or_default();
        format!("{method} /{code}/{path} HTTP/1.1\r\nHost: {host}\r\n{bearer}{fields}\r\n")
    }

    /// Follows the event stream until it ends; `each` says whether to go on.
    ///
    /// # Errors
    /// It could not be opened, or was cut.
    pub(super) fn follow(&self, mut each: impl FnMut(SeenState) -> bool) -> io::Result<Followed> {
        let mut socket = self.address.connect()?;
        socket.set_read_timeout(Some(SILENCE))?;
        let token = self.token();
        let head = self.head("GET", "events", "Accept: text/event-stream\r\n");
        socket.write_all(head.as_bytes())?;
        let mut reader = BufReader::new(socket);
        match read_head(&mut reader.by_ref().take(LONGEST))? {
            200 => {}
            404 => return Ok(Followed::NoRoom),
            status => return Err(io::Error::other(format!("the room answers {status}"))),
        }
        loop {
            let mut line = Vec::new();
            if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                return Ok(Followed::Ended);
            }
            // What it says is of the seat before.
            if self.token() != token {
                return Ok(Followed::Reseated);
            }
            let state = line.strip_prefix(b"data: ");
            let state = state.and_then(|json| serde_json::from_slice(json).ok());
            if state.is_some_and(|state| !each(state)) {
                return Ok(Followed::Ended);
            }
        }
    }
}

/// How an event stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    Ended,
    /// There is no room of that code any more.
    NoRoom,
    /// The seat is another one than the stream was opened for.
    Reseated,
}

/// Why there is no seat.
#[derive(Debug)]
pub(crate) enum JoinError {
    Unreached(io::Error),
    Refused(u16, String),
}

impl From<io::Error> for JoinError {
    fn from(error: io::Error) -> JoinError {
        JoinError::Unreached(error)
    }
}

fn token_file(address: &Address) -> Option<PathBuf> {
    let dir = session_log::directory().ok()?;
    Some(dir.join(format!("seat-{}", address.code)))
}

/// Reads a response's head; its status.
fn read_head(reader: &mut impl BufRead) -> io::Result<u16> {
    let no_room = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "what answers is no room of zclab",
        )
    };
    let mut status = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(no_room());
        }
        if status.is_none() {
            let code = line
                .strip_prefix("HTTP/1.")
                .and_then(|rest| rest.split(' ').nth(1));
            status = Some(
                code.and_then(|code| code.trim().parse().ok())
                    .ok_or_else(no_room)?,
            );
        }
        if line.trim_end().is_empty() {
            return status.ok_or_else(no_room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_projector() {
        let room = Address::parse("http://10.0.0.1:80/abc234/").unwrap();
        assert_eq!(
            (room.host.as_str(), room.code.as_str()),
            ("10.0.0.1:80", "ABC234")
        );
        assert!(Address::parse("10.0.0.1:80/ABC234").is_ok());
        for bad in [
            "",
            "http://",
            "http://10.0.0.1",
            "http://10.0.0.1/",
            "http://a b/C",
            "https://a/C",
            "http://a/C\r\n",
            "http://a/C/state",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
