//! The receiving process: this program once more, by its hidden command, with the connection as standard input.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    process::{Child, ChildStdout, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    errno::Errno,
    fcntl::{SpliceFFlags, splice},
    sys::socket::{MsgFlags, recv},
};
use serde::{Deserialize, Serialize};

use super::{null, this_program};
use crate::model::named;

named! {
    /// How the receiver takes what it gets.
    pub enum Drain as "a receiver" {
        /// It reads and hashes everything: for verified runs.
        Hash = "hash",
        /// It looks at nothing and only counts: hashing would drown the transfer that is timed.
        Discard = "discard",
    }
}

/// What the receiving process is to do.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// How it takes what it gets.
    pub drain: Drain,
    /// It is passed a descriptor of memory and maps that, instead of reading bytes.
    pub maps: bool,
    /// What comes is encrypted, and its kernel decrypts it (kTLS).
    pub decrypts: bool,
    /// The CPUs that it runs on; those of the sender without it.
    pub cpus: Option<&'a str>,
}

/// What arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Bytes.
    pub bytes: u64,
    /// Their CRC-32, where they were hashed.
    pub checksum: Option<u32>,
}

/// A receiving process that is ready.
#[derive(Debug)]
pub struct Receiver {
    child: Child,
    report: BufReader<ChildStdout>,
}

/// What the receiver says before its first call for data.
pub(crate) const READY: &str = "ready";

/// Starts a receiver on `input` and waits until it is ready, so that its start is in nobody's figures.
///
/// # Errors
/// The process cannot be started, or ends at once.
pub(super) fn start(input: OwnedFd, reader: &Reader) -> Result<Receiver> {
    let mut command = this_program();
    command.args(["__receive", reader.drain.name()]);
    if reader.maps {
        command.arg("--maps");
    }
    if reader.decrypts {
        command.arg("--decrypts");
    }
    if let Some(cpus) = reader.cpus {
        command.args(["--cpus", cpus]);
    }
    let mut child = command
        .stdin(input)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the receiving process")?;
    let report = child.stdout.take().expect("asked for a pipe above");
    let mut receiver = Receiver {
        child,
        report: BufReader::new(report),
    };
    let ready = receiver.line()?;
    ensure!(ready == READY, "the receiving process did not start");
    Ok(receiver)
}

impl Receiver {
    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the data (the sink must be closed by now) and for what the receiver says of it.
    ///
    /// # Errors
    /// The receiver failed or died.
    pub fn finish(mut self) -> Result<Received> {
        let line = self.line()?;
        let status = self.child.wait().context("cannot wait for the receiver")?;
        if !status.success() {
            bail!("the receiving process failed: {status}");
        }
        serde_json::from_str(&line).context("the receiving process reported nothing")
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.report
            .read_line(&mut line)
            .context("cannot hear the receiving process")?;
        Ok(line.trim_end().to_owned())
    }
}

/// Drains `input` to its end.
///
/// # Errors
/// A read that failed.
pub(crate) fn drain(input: impl AsFd, how: Drain) -> io::Result<Received> {
    let input = input.as_fd();
    if how == Drain::Hash {
        return hash_all(File::from(input.try_clone_to_owned()?));
    }
    // Each way says EINVAL (or the like) at its first call where the descriptor does not allow it: then the next.
    let mut bytes = 0;
    let ways: [&mut dyn FnMut() -> nix::Result<usize>; 4] = [
        &mut truncating(&input),
        &mut splicing(&input)?,
        &mut splicing_twice(&input)?,
        &mut reading(&input),
    ];
    let mut way = 0;
    loop {
        match ways[way]() {
            Ok(0) => break,
            Ok(n) => bytes += n as u64,
            Err(Errno::EINTR) => {}
            Err(_) if bytes == 0 && way + 1 < ways.len() => way += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Received {
        bytes,
        checksum: None,
    })
}

/// Reads to the end, and hashes all of it.
pub(super) fn hash_all(mut from: impl Read) -> io::Result<Received> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let checksum = Some(hasher.finalize());
    Ok(Received { bytes, checksum })
}

const AT_ONCE: usize = 1 << 20;

/// TCP: recv with MSG_TRUNC drops the data in the kernel (tcp(7)). Any other socket would copy it first.
fn truncating(input: &impl AsFd) -> impl FnMut() -> nix::Result<usize> {
    let fd = input.as_fd().as_raw_fd();
    let is_tcp = nix::sys::socket::getsockname::<nix::sys::socket::SockaddrStorage>(fd)
        .is_ok_and(|name| name.as_sockaddr_in().is_some());
    let mut buffer = vec![0; AT_ONCE];
    move || match is_tcp {
        true => recv(fd, &mut buffer, MsgFlags::MSG_TRUNC),
        false => Err(Errno::EINVAL),
    }
}

/// A pipe: its pages go to /dev/null as they are.
fn splicing<'a>(input: &'a impl AsFd) -> io::Result<impl FnMut() -> nix::Result<usize> + 'a> {
    let null = null()?;
    Ok(move || pass_on(input, &null))
}

/// A unix socket: by way of a pipe.
fn splicing_twice<'a>(input: &'a impl AsFd) -> io::Result<impl FnMut() -> nix::Result<usize> + 'a> {
    let null = null()?;
    let (out, into) = std::io::pipe()?;
    Ok(move || {
        let n = pass_on(input, &into)?;
        let mut left = n;
        while left > 0 {
            left -= pass_on(&out, &null)?;
        }
        Ok(n)
    })
}

fn reading(input: &impl AsFd) -> impl FnMut() -> nix::Result<usize> {
    let mut buffer = vec![0; 256 << 10];
    move || nix::unistd::read(input, &mut buffer)
}

fn pass_on(from: &impl AsFd, to: &impl AsFd) -> nix::Result<usize> {
    splice(from, None, to, None, AT_ONCE, SpliceFFlags::empty())
}
