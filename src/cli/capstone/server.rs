//! A student's server as a child process, alone or under `zclab trace`, and the files that it serves.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use super::client::{PATIENCE, soon};

/// What is served: names and contents.
pub(super) struct Site {
    dir: PathBuf,
    /// More than a send queue holds: a server has to wait for a client that does not read.
    pub large: Vec<u8>,
}

/// Names, and sizes that are no multiple of anything.
pub(super) const SMALL_FILES: [(&str, usize); 4] =
    [("empty", 0), ("one", 1), ("page", 4096), ("odd", 100_001)];
/// The large one.
pub(super) const LARGE: &str = "large";
/// The one that is cut while it is sent.
pub(super) const CUT: &str = "cut";

/// The largest send queue that the kernel makes of itself, unless told otherwise (tcp(7), tcp_wmem).
const USUAL_QUEUE: usize = 4 << 20;

impl Site {
    /// Makes the files below a directory.
    pub(super) fn make(dir: &Path) -> Result<Site> {
        let wmem = fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").unwrap_or_default();
        let most = wmem
            .split_whitespace()
            .last()
            .and_then(|it| it.parse().ok());
        let queue = most.unwrap_or(USUAL_QUEUE).clamp(1 << 20, 64 << 20);
        let site = Site {
            dir: dir.to_owned(),
            large: content(2 * queue + 4321),
        };
        for (name, size) in SMALL_FILES {
            site.put(name, &content(size))?;
        }
        site.put(LARGE, &site.large)?;
        Ok(site)
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Cuts a file to a length.
    pub(super) fn cut(&self, name: &str, length: u64) -> Result<()> {
        let file = File::options().write(true).open(self.path(name))?;
        Ok(file.set_len(length)?)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.path(name))?)
    }
}

/// Bytes of which no two stretches are alike: a piece that arrives at a wrong place is a wrong piece.
fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        // Knuth's linear congruential generator (TAOCP, 3.3.4).
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&(state >> 16).to_le_bytes()[..6]);
    }
    bytes.truncate(size);
    bytes
}

/// A running server. It and all that it started end with this value.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// The server's own process: the child, or one below the tracer.
    pid: Pid,
}

impl Server {
    /// Starts a server over a site for so many requests (0: until it is killed).
    pub(super) fn start(program: &Path, site: &Site, count: usize) -> Result<Server> {
        Server::spawn(Command::new(program), program, site, count)
    }

    /// The same under the tracer, whose report goes to a file.
    pub(super) fn traced(
        program: &Path,
        site: &Site,
        count: usize,
        report: &Path,
    ) -> Result<Server> {
        let mut tracer = Command::new("/proc/self/exe");
        tracer.args(["trace", "--json", "-o"]).arg(report);
        tracer.arg("--").arg(program);
        Server::spawn(tracer, program, site, count)
    }

    fn spawn(mut command: Command, program: &Path, site: &Site, count: usize) -> Result<Server> {
        command.arg(&site.dir).arg("0").arg(count.to_string());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Server {
            pid: Pid::from_raw(child.id() as i32),
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = server.said()?;
        let below = descendants(server.pid);
        let is_it = |pid: &&Pid| runs(**pid, program);
        server.pid = below.iter().find(is_it).copied().unwrap_or(server.pid);
        Ok(server)
    }

    /// Where it says that it listens: its first line.
    fn said(&mut self) -> Result<SocketAddr> {
        let output = self.child.stdout.take().context("no standard output")?;
        let (tell, told) = mpsc::channel();
        std::thread::Builder::new().spawn(move || {
            let mut lines = BufReader::new(output);
            let mut line = String::new();
            let _ = lines.read_line(&mut line);
            let _ = tell.send(line);
            // What else it says is read, so that it never waits for a reader.
            let _ = std::io::copy(&mut lines, &mut std::io::sink());
        })?;
        let line = told.recv_timeout(PATIENCE).unwrap_or_default();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.and_then(|address| address.parse().ok());
        address.context(
            "the server does not say where it listens: 'listening on http://127.0.0.1:PORT'",
        )
    }

    /// An error where it has ended: by what.
    pub(super) fn still_runs(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        match status.signal().map(Signal::try_from) {
            Some(Ok(signal)) => bail!("the server was ended by {signal}"),
            _ => bail!("the server ended, with {status}"),
        }
    }

    /// Waits until it has ended by itself; whether it did.
    pub(super) fn ends(&mut self) -> bool {
        soon(|| matches!(self.child.try_wait(), Ok(Some(_))))
    }

    /// Asks the server's own process to end, and waits for it and its tracer.
    pub(super) fn stop(&mut self) -> bool {
        let _ = kill(self.pid, Signal::SIGTERM);
        self.ends()
    }

    /// Descriptors that it has open.
    pub(super) fn descriptors(&self) -> Result<usize> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.pid))?;
        Ok(open.count())
    }

    /// Whether it has a handler for a signal (proc_pid_status(5), SigCgt).
    pub(super) fn catches(&self, signal: Signal) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid));
        let status = status.unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.unwrap_or(0) & (1 << (signal as u32 - 1)) != 0
    }

    /// Stops and continues it: a call that has moved a part of its bytes comes back with a short count (signal(7),
    /// "Interruption of system calls and library functions by stop signals").
    pub(super) fn interrupt(&self) {
        let _ = kill(self.pid, Signal::SIGSTOP);
        // A SIGCONT that came before would take it back.
        soon(|| self.state().is_none_or(|state| state == 'T'));
        let _ = kill(self.pid, Signal::SIGCONT);
    }

    /// `S`, `T`, ...; none where there is no such process any more.
    fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let (_, after) = stat.rsplit_once(") ")?;
        after.chars().next().filter(|state| *state != 'Z')
    }

    /// Sends a signal to each of its threads: whichever waits in a call comes back from it.
    pub(super) fn signal_threads(&self, signal: Signal) {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter();
        let names = threads.flatten().flatten().map(|entry| entry.file_name());
        for thread in names.filter_map(|name| name.to_str()?.parse::<i32>().ok()) {
            // SAFETY: tgkill takes three numbers and touches no memory.
            unsafe {
                libc::syscall(libc::SYS_tgkill, self.pid.as_raw(), thread, signal as i32);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for pid in descendants(Pid::from_raw(self.child.id() as i32)) {
            let _ = kill(pid, Signal::SIGKILL);
        }
        let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// A process and all below it.
fn descendants(of: Pid) -> Vec<Pid> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        let children = children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok());
        found.extend(children.map(Pid::from_raw));
        next += 1;
    }
    found
}

fn runs(pid: Pid, program: &Path) -> bool {
    let exe = fs::read_link(format!("/proc/{pid}/exe"));
    exe.is_ok_and(|exe| fs::canonicalize(program).is_ok_and(|program| program == exe))
}
