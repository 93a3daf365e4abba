//! The peer of a transfer that receives: this program once more, by its hidden command, with the file that it sends as
//! standard input and the connection as standard output.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    process::{Child, Stdio},
};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{SpliceFFlags, splice},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::{ends, this_program};

/// A process that sends.
#[derive(Debug)]
pub struct Feeder {
    child: Child,
}

/// Starts a process that sends the file over a TCP connection and closes it, and gives the other end of the
/// connection. Returns when something has arrived, so that the start of the process is in nobody's figures.
///
/// # Errors
/// The connection or the process cannot be had.
pub fn feed(file: File, cpus: Option<&str>) -> Result<(OwnedFd, Feeder)> {
    let (far, near) = ends::tcp_of_pages()?;
    let mut command = this_program();
    command.arg("__feed");
    if let Some(cpus) = cpus {
        command.args(["--cpus", cpus]);
    }
    let child = command
        .stdin(file)
        .stdout(Stdio::from(OwnedFd::from(far)))
        .spawn()
        .context("cannot start the sending process")?;
    // The end of the connection is something to read, too, once this process has no other end any more.
    drop(command);
    let mut arrival = [PollFd::new(near.as_fd(), PollFlags::POLLIN)];
    while let Err(nix::errno::Errno::EINTR) = poll(&mut arrival, PollTimeout::NONE) {}
    Ok((near.into(), Feeder { child }))
}

impl Feeder {
    /// Waits for its end.
    ///
    /// # Errors
    /// It failed or died.
    pub fn finish(mut self) -> Result<()> {
        let status = self.child.wait().context("cannot wait for the peer")?;
        if !status.success() {
            bail!("the peer that sends failed: {status}");
        }
        Ok(())
    }
}

/// The process, from within: sends all of `file` on `connection`, in pages that are the kernel's own, one behind the
/// other, as a network card would fill them. Pages of a file, or of a program, are never mapped by who receives them
/// (kernel, net/ipv4/tcp.c: can_map_frag()); a write into a pipe makes the others, and a splice passes them on.
///
/// # Errors
/// A read, a write or a splice that failed.
pub(crate) fn pass_on(file: impl AsFd, connection: impl AsFd) -> io::Result<()> {
    let mut file = File::from(file.as_fd().try_clone_to_owned()?);
    let connection = connection.as_fd();
    let (out, mut into) = io::pipe()?;
    // What an empty pipe takes without a reader.
    let mut buffer = vec![0; 16 * 4096];
    loop {
        let n = match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        into.write_all(&buffer[..n])?;
        let mut left = n;
        while left > 0 {
            match splice(&out, None, connection, None, left, SpliceFFlags::empty()) {
                Err(Errno::EINTR) => {}
                moved => left -= moved?,
            }
        }
    }
}
