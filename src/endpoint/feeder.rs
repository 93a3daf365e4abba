//! The peer of a transfer that receives: this program once more, by its hidden command, with the file that it sends as
//! standard input and the connection as standard output.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    process::{Child, Stdio},
};

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

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
    let (near, far) = ends::tcp()?;
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
    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

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

/// The process, from within: writes all of `file` to `connection`, a quarter of a MiB a call.
///
/// # Errors
/// A read or a write that failed.
pub(crate) fn pass_on(file: impl AsFd, connection: impl AsFd) -> io::Result<()> {
    let mut file = File::from(file.as_fd().try_clone_to_owned()?);
    let mut connection = File::from(connection.as_fd().try_clone_to_owned()?);
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => connection.write_all(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
