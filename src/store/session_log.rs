//! The file of a class session: JSON Lines, one event a line, only ever appended to.
//!
//! A line is one `write(2)` to a descriptor with `O_APPEND`. When that call has returned, the line is in the kernel's
//! hands: it survives the end of the program by whatever signal, which is what an acknowledged vote is promised. A crash
//! of the machine is another matter: `fdatasync` takes as long as a disk takes, milliseconds at best, and a room of
//! hundreds would wait for it one vote after the other. So a thread of its own syncs, as soon as something was
//! written: at most what came during the last sync can be lost, and only when the machine itself goes down.
//!
//! A line that was torn by a full disk or a crash is lost alone: the next one starts on a line of its own.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::mpsc::{self, SyncSender},
    thread::{Builder, JoinHandle},
};

use anyhow::{Context, bail};
use etcetera::{BaseStrategy, base_strategy};
use nix::fcntl::{Flock, FlockArg};

use crate::class::{Event, limits};

/// `$XDG_STATE_HOME/zclab/class`.
///
/// # Errors
/// There is no home directory.
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    let dirs = base_strategy::Xdg::new().context("cannot find the home directory")?;
    let state = dirs.state_dir().context("there is no state directory")?;
    Ok(state.join("zclab").join("class"))
}

/// Makes the directory of a file, for nobody else to read.
pub(crate) fn make_directory_of(path: &Path) -> io::Result<()> {
    let Some(dir) = path.parent() else {
        return Ok(());
    };
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// A session's file, open and locked: no other program writes to it meanwhile.
#[derive(Debug)]
pub(crate) struct SessionLog {
    path: PathBuf,
    file: Flock<File>,
    /// The last line has no end.
    torn: bool,
    /// Asks the thread that syncs.
    sync: Option<SyncSender<()>>,
    syncing: Option<JoinHandle<()>>,
}

/// What a session's file came to.
#[derive(Debug, Default)]
pub(crate) struct ReadSession {
    pub(crate) events: Vec<Event>,
    /// Lines that are no event, whole or torn, or of a later version. They stay in the file.
    pub(crate) damaged: u64,
}

impl SessionLog {
    /// A new file, which must not be there yet.
    ///
    /// # Errors
    /// It cannot be created.
    pub(crate) fn create(path: &Path) -> anyhow::Result<SessionLog> {
        let create = || {
            make_directory_of(path)?;
            SessionLog::options().create_new(true).open(path)
        };
        let file = create().with_context(|| format!("cannot create {}", path.display()))?;
        SessionLog::of(path, file)
    }

    /// The file of a session that goes on, and what it says.
    ///
    /// # Errors
    /// It cannot be read, is no session, or is in use.
    pub(crate) fn resume(path: &Path) -> anyhow::Result<(SessionLog, ReadSession)> {
        let file = SessionLog::options()
            .open(path)
            .with_context(|| format!("cannot resume {}", path.display()))?;
        let log = SessionLog::of(path, file)?;
        let read = read(path)?;
        Ok((log, read))
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        // O_NONBLOCK: a FIFO in its place is an error, not a wait.
        options
            .append(true)
            .read(true)
            .mode(0o600)
            .custom_flags(libc::O_NONBLOCK);
        options
    }

    fn of(path: &Path, file: File) -> anyhow::Result<SessionLog> {
        let about = file.metadata()?;
        if !about.is_file() {
            bail!("cannot use {}: it is no file", path.display());
        }
        let mut last = [b'\n'];
        if let Some(end) = about.len().checked_sub(1) {
            file.read_exact_at(&mut last, end)?;
        }
        let file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| {
            anyhow::Error::new(error).context(format!(
                "cannot use {}: another zclab has it open",
                path.display()
            ))
        })?;
        let mut log = SessionLog {
            path: path.to_owned(),
            file,
            torn: last != [b'\n'],
            sync: None,
            syncing: None,
        };
        log.start_syncing()?;
        Ok(log)
    }

    fn start_syncing(&mut self) -> anyhow::Result<()> {
        let file = self.file.try_clone()?;
        // The entry that the directory has for it, too.
        if let Some(dir) = self.path.parent().and_then(|dir| File::open(dir).ok()) {
            let _ = dir.sync_all();
        }
        let (ask, asked) = mpsc::sync_channel(1);
        let work = move || {
            while asked.recv().is_ok() {
                // A file system that cannot sync has nothing to wait for; a disk that fails fails the next write too.
                let _ = file.sync_data();
            }
        };
        self.syncing = Builder::new()
            .name("zclab-sync".to_owned())
            .spawn(work)
            .ok();
        self.sync = Some(ask);
        Ok(())
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends events, all in one write. When it returns, they survive the end of the program.
    ///
    /// # Errors
    /// They are not written, or in part only: none of them counts.
    pub(crate) fn append(&mut self, events: &[Event]) -> io::Result<()> {
        let mut bytes = Vec::new();
        if self.torn {
            bytes.push(b'\n');
        }
        for event in events {
            serde_json::to_writer(&mut bytes, event)?;
            bytes.push(b'\n');
        }
        let mut file: &File = &self.file;
        let written = loop {
            match file.write(&bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        if written < bytes.len() {
            return self.take_back(written, bytes.len());
        }
        self.torn = false;
        // Full: the thread syncs now, and once more afterwards, which takes this line with it.
        let _ = self.sync.as_ref().map(|sync| sync.try_send(()));
        Ok(())
    }

    /// What was written in part is cut off again: else whole lines of it would count later, which were refused.
    fn take_back(&mut self, written: usize, wanted: usize) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if self.file.set_len(length - written as u64).is_err() {
            self.torn = true;
        }
        let why = format!("{written} of {wanted} bytes were written");
        Err(io::Error::new(io::ErrorKind::WriteZero, why))
    }
}

impl Drop for SessionLog {
    fn drop(&mut self) {
        self.sync = None;
        if let Some(thread) = self.syncing.take() {
            let _ = thread.join();
        }
        let _ = self.file.sync_data();
    }
}

/// Reads a session's file. Lines that are no event are counted and passed over.
///
/// # Errors
/// It cannot be read, is larger than a session may be, or does not begin as a session does.
pub(crate) fn read(path: &Path) -> anyhow::Result<ReadSession> {
    let name = path.display();
    let file = super::open::read(path).with_context(|| format!("cannot read {name}"))?;
    let about = file.metadata()?;
    if about.is_dir() {
        bail!("cannot read {name}: it is a directory");
    }
    if about.len() > limits::FILE_BYTES {
        bail!("cannot read {name}: it is larger than 256 MiB, so it is no session");
    }
    let mut file = BufReader::new(file.take(limits::FILE_BYTES));
    let read = read_from(&mut file).with_context(|| format!("cannot read {name}"))?;
    match read.events.first() {
        Some(Event::Session { version: 1, .. }) => Ok(read),
        Some(Event::Session { version, .. }) => bail!(
            "cannot read {name}: it is a session in format {version}, and this zclab reads format 1"
        ),
        _ => bail!("cannot read {name}: it is no session of zclab class"),
    }
}

fn read_from(file: &mut impl BufRead) -> io::Result<ReadSession> {
    let mut read = ReadSession::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = limits::LINE_BYTES as u64;
        let count = file.by_ref().take(most).read_until(b'\n', &mut line)?;
        if count == 0 {
            return Ok(read);
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice(text) {
            Ok(event) => read.events.push(event),
            Err(_) => read.damaged += 1,
        }
    }
}
