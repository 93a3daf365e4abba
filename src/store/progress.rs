//! The log of a learner's answers: JSON Lines, only ever appended to.
//!
//! A line is written by one `write(2)` to a descriptor that was opened with `O_APPEND`, so that two programs
//! can write to one log. A line that was torn (by a full disk, by a crash) is lost alone: the next one
//! starts on a line of its own. Damaged lines are counted and left where they are. A line that was written
//! survives the end of the program at once, and a crash of the machine after `Log::sync`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, anyhow};
use etcetera::{BaseStrategy, base_strategy};
use nix::fcntl::{Flock, FlockArg};

use crate::model::visible_name;
use crate::model::{
    Record,
    limits::{LOG_BYTES, LOG_LINE_BYTES},
};

/// `$XDG_STATE_HOME/zclab/answers.jsonl`; `~/.local/state` where the variable is not set.
///
/// # Errors
/// There is no home directory.
pub(crate) fn path() -> anyhow::Result<PathBuf> {
    let dirs = base_strategy::Xdg::new().context("cannot find the home directory")?;
    let state = dirs.state_dir().context("there is no state directory")?;
    Ok(state.join("zclab").join("answers.jsonl"))
}

/// A learner's log. What goes wrong with it is a warning, given out once; the course goes on without it.
#[derive(Clone, Debug)]
pub struct Log {
    /// None where there is no home directory.
    path: Option<PathBuf>,
    warned: bool,
}

/// What reading a log came to.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Records that were read.
    pub records: u64,
    /// Lines that are no record, whole or torn. They stay in the file.
    pub damaged: u64,
    /// Why the log, or the rest of it, could not be read.
    pub warning: Option<String>,
}

impl Log {
    /// The log of the user who runs the program. Nothing is opened or created yet.
    pub fn of_user() -> Log {
        Log {
            path: path().ok(),
            warned: false,
        }
    }

    /// The log in that file.
    pub fn at(path: impl Into<PathBuf>) -> Log {
        Log {
            path: Some(path.into()),
            warned: false,
        }
    }

    /// Gives every record to `each`, in the order of the file. A log that is not there has none.
    pub fn load(&mut self, each: &mut dyn FnMut(Record)) -> Loaded {
        let mut loaded = Loaded::default();
        if let Some(path) = &self.path {
            match read(path, each, &mut loaded) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let error = anyhow!(error).context(format!(
                        "progress cannot be read from {}",
                        visible_name(path)
                    ));
                    loaded.warning = self.warn(&error);
                }
                _ => {}
            }
        }
        loaded
    }

    /// Appends a record. A warning if it cannot be kept, the first time.
    #[must_use = "the learner must be told, once"]
    pub fn keep(&mut self, record: &Record) -> Option<String> {
        let kept = match &self.path {
            Some(path) => append(path, record)
                .with_context(|| format!("progress cannot be kept in {}", visible_name(path))),
            None => Err(anyhow!(
                "progress cannot be kept: there is no home directory"
            )),
        };
        kept.err().and_then(|error| self.warn(&error))
    }

    /// Waits until what was kept would survive a crash of the machine. It can take as long as a disk takes.
    ///
    /// # Errors
    /// The disk did not take it. A log that is not there, or is no file of a disk, has nothing to wait for.
    pub(crate) fn sync(&self) -> anyhow::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        sync(path).with_context(|| {
            format!(
                "progress may not survive a crash: cannot sync {}",
                visible_name(path)
            )
        })
    }

    fn warn(&mut self, error: &anyhow::Error) -> Option<String> {
        (!std::mem::replace(&mut self.warned, true)).then(|| format!("{error:#}"))
    }
}

/// The data and length of the log, then the entry that its directory has for it.
fn sync(path: &Path) -> io::Result<()> {
    let nothing_to_wait_for = |error: &io::Error| {
        let no_disk = [Some(libc::EINVAL), Some(libc::EROFS), Some(libc::ENOTDIR)];
        error.kind() == io::ErrorKind::NotFound || no_disk.contains(&error.raw_os_error())
    };
    let synced = super::open::read(path).and_then(|file| {
        file.sync_data()?;
        path.parent()
            .map_or(Ok(()), |dir| File::open(dir)?.sync_data())
    });
    match synced {
        Err(error) if !nothing_to_wait_for(&error) => Err(error),
        _ => Ok(()),
    }
}

fn read(path: &Path, each: &mut dyn FnMut(Record), loaded: &mut Loaded) -> io::Result<()> {
    let file = BufReader::with_capacity(1 << 16, super::open::read(path)?);
    read_from(file, each, loaded)
}

/// At most [`LOG_BYTES`], in lines of at most [`LOG_LINE_BYTES`]: a longer one is damaged.
pub(crate) fn read_from(
    log: impl BufRead,
    each: &mut dyn FnMut(Record),
    loaded: &mut Loaded,
) -> io::Result<()> {
    let mut log = log.take(LOG_BYTES + 1);
    let mut line = Vec::new();
    loop {
        line.clear();
        let is_longer = super::open::line(&mut log, &mut line, LOG_LINE_BYTES)?;
        if line.is_empty() {
            break;
        }
        let text = line.trim_ascii();
        if is_longer {
            log.skip_until(b'\n')?;
            loaded.damaged += 1;
        } else if !text.is_empty() {
            match serde_json::from_slice(text) {
                Ok(record) => {
                    loaded.records += 1;
                    each(record);
                }
                Err(_) => loaded.damaged += 1,
            }
        }
    }
    match log.limit() {
        0 => Err(super::open::larger_than(LOG_BYTES)),
        _ => Ok(()),
    }
}

/// Appends one record to a log, which is created with its directory where it is missing.
///
/// # Errors
/// The file cannot be opened or written. A line that was written in part is torn, and the next append knows it.
pub fn append(path: &Path, record: &Record) -> anyhow::Result<()> {
    if let Some(dir) = path.parent() {
        // What the XDG specification asks for: nobody else reads it.
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .read(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NONBLOCK) // a FIFO in its place is an error, not a wait
        .open(path)?;
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    match lock(file) {
        Ok(locked) => write_line(&locked, line)?,
        Err(file) => write_line(&file, line)?,
    }
    Ok(())
}

/// Holds off other programs while the end of the log is looked at. Some file systems have no locks, and a
/// program that was stopped may hold one: then the line is written all the same. All that can come of it is
/// an empty line too many.
fn lock(mut file: File) -> Result<Flock<File>, File> {
    for _ in 0..50 {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(locked),
            Err((unlocked, nix::Error::EWOULDBLOCK | nix::Error::EINTR)) => {
                file = unlocked;
                thread::sleep(Duration::from_millis(2));
            }
            Err((unlocked, _)) => return Err(unlocked),
        }
    }
    Err(file)
}

/// One `write(2)`: the line, on a line of its own even behind a torn one.
fn write_line(mut file: &File, mut line: Vec<u8>) -> io::Result<()> {
    let length = fs::File::metadata(file)?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    if last != [b'\n'] {
        line.insert(0, b'\n');
    }
    let written = loop {
        match file.write(&line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => break done?,
        }
    };
    if written < line.len() {
        return Err(io::Error::new(
            io::ErrorKind::WriteZero,
            "the line was written in part only",
        ));
    }
    Ok(())
}
