//! An HTTP client that can be slow, small and rude: what the checker lets loose on a student's server.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, setsockopt, socket, sockopt,
};

/// How long a server may let a client wait for the next byte, before the checker gives it up.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The same for a client that is served while another one stalls.
pub(super) const IMPATIENCE: Duration = Duration::from_secs(3);
/// The receive buffer of a client that is slow on purpose: the server's queue fills after little.
const SMALL: usize = 16 * 1024;
/// The longest head that is read.
const MOST_HEAD: usize = 16 * 1024;

/// A connection with a request on it.
pub(super) struct Client {
    stream: TcpStream,
    /// What came behind the head with it.
    early: Vec<u8>,
}

/// The head of an answer.
pub(super) struct Head {
    /// 200, 206, 404, ...
    pub status: u16,
    /// As the server wrote them, a line each.
    lines: Vec<String>,
}

impl Head {
    /// The value of a field, whatever the case of its name.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    /// Connects and asks for a file. `range` is the value of a `Range` field; `small` makes the receive buffer small.
    pub(super) fn ask(
        to: SocketAddr,
        name: &str,
        range: Option<&str>,
        small: bool,
    ) -> Result<Client> {
        let mut stream = match small {
            true => connect_small(to)?,
            false => TcpStream::connect_timeout(&to, PATIENCE).context("cannot connect")?,
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let range = range.map_or(String::new(), |range| format!("Range: {range}\r\n"));
        let request = format!("GET /{name} HTTP/1.1\r\nHost: localhost\r\n{range}\r\n");
        stream
            .write_all(request.as_bytes())
            .context("the server does not take the request")?;
        Ok(Client {
            stream,
            early: Vec::new(),
        })
    }

    /// How long it waits for a byte, other than usual.
    pub(super) fn waits(self, longest: Duration) -> Result<Client> {
        self.stream.set_read_timeout(Some(longest))?;
        Ok(self)
    }

    /// The port of its own end: by it a trace tells whom the server sent to.
    pub(super) fn port(&self) -> Result<u16> {
        Ok(self.stream.local_addr()?.port())
    }

    /// Reads the head, and no more of the body than came with it.
    pub(super) fn head(&mut self) -> Result<Head> {
        let mut got = Vec::new();
        let mut piece = [0; 1024];
        let end = loop {
            if let Some(at) = got.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            let count = self.stream.read(&mut piece).map_err(patience)?;
            if count == 0 || got.len() > MOST_HEAD {
                bail!("the answer has no head that ends");
            }
            got.extend_from_slice(&piece[..count]);
        };
        self.early = got.split_off(end + 4);
        let text = String::from_utf8_lossy(&got[..end]).into_owned();
        let mut lines = text.split("\r\n").map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        Ok(Head {
            status: status.with_context(|| format!("'{first}' is no status line"))?,
            lines: lines.collect(),
        })
    }

    /// Reads up to so many bytes of the body; fewer where the server ends it.
    pub(super) fn some(&mut self, most: usize) -> Result<Vec<u8>> {
        let mut body = std::mem::take(&mut self.early);
        if body.len() > most {
            self.early = body.split_off(most);
        }
        let room = (most - body.len()) as u64;
        (&self.stream)
            .take(room)
            .read_to_end(&mut body)
            .map_err(patience)?;
        Ok(body)
    }

    /// Reads the body to its end, which a reset is as well: the bytes, and whether it was one.
    pub(super) fn rest(&mut self) -> Result<(Vec<u8>, bool)> {
        let mut body = std::mem::take(&mut self.early);
        match self.stream.read_to_end(&mut body) {
            Ok(_) => Ok((body, false)),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok((body, true)),
            Err(error) => Err(patience(error)),
        }
    }

    /// Goes away in the middle, with a reset.
    pub(super) fn vanish(self) -> Result<()> {
        let at_once = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&self.stream, sockopt::Linger, &at_once)?;
        Ok(())
    }
}

/// Connects a socket whose receive buffer was made small before: afterwards the window would be open already.
fn connect_small(to: SocketAddr) -> Result<TcpStream> {
    let own = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    setsockopt(&own, sockopt::RcvBuf, &SMALL)?;
    let [a, b, c, d] = Ipv4Addr::LOCALHOST.octets();
    connect(
        std::os::fd::AsRawFd::as_raw_fd(&own),
        &SockaddrIn::new(a, b, c, d, to.port()),
    )
    .context("cannot connect")?;
    Ok(TcpStream::from(own))
}

/// A read that failed, in the student's words.
fn patience(error: std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => anyhow::anyhow!(
            "for {} s and more no byte came, and the connection stayed open",
            IMPATIENCE.as_secs()
        ),
        ErrorKind::ConnectionReset => anyhow::anyhow!("the connection was reset"),
        _ => error.into(),
    }
}

/// Tries again and again until it holds; whether it did within the checker's patience.
pub(super) fn soon(mut holds: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
