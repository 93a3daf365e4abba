//! Waiting for a directory of lessons to change. Between two changes the thread that waits sleeps in the kernel.

use std::{
    ffi::OsStr,
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor},
};

use crate::model::visible_name;

/// An editor that writes a file makes several events: they are one change once it is still for this long.
const STILL: u16 = 50;
/// What never is still is looked at all the same.
const LONGEST: Duration = Duration::from_millis(500);

/// A directory of lessons, and its `cards`, that is watched. inotify(7) sees what this machine writes: over a network
/// file system it does not see what others write.
#[derive(Debug)]
pub(crate) struct Watch {
    dir: PathBuf,
    inotify: Inotify,
    watched: WatchDescriptor,
}

impl Watch {
    /// Begins to watch: nothing that happens from now on is missed.
    ///
    /// # Errors
    /// The directory is not there, or there is no inotify instance left for this user.
    pub(crate) fn new(dir: &Path) -> anyhow::Result<Watch> {
        let cannot = || format!("cannot watch {}", visible_name(dir));
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC).with_context(cannot)?;
        let watched = inotify.add_watch(dir, changes()).with_context(cannot)?;
        let watch = Watch {
            dir: dir.to_owned(),
            inotify,
            watched,
        };
        watch.watch_cards();
        Ok(watch)
    }

    /// Cards may be missing, and may come later.
    fn watch_cards(&self) {
        let _ = self.inotify.add_watch(&self.dir.join("cards"), changes());
    }

    /// Sleeps until a lesson or card was written, replaced, renamed or removed, and the directory is still again.
    ///
    /// # Errors
    /// The directory is gone, or the kernel has no more to say about it.
    pub(crate) fn wait(&self) -> io::Result<()> {
        while !self.take()? {}
        let began = Instant::now();
        while began.elapsed() < LONGEST && self.is_more_within(STILL)? {
            self.take()?;
        }
        Ok(())
    }

    fn is_more_within(&self, milliseconds: u16) -> io::Result<bool> {
        let mut fds = [PollFd::new(self.inotify.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(milliseconds)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes what has happened, or waits for it. True: it concerns the lessons.
    fn take(&self) -> io::Result<bool> {
        let events = loop {
            match self.inotify.read_events() {
                Err(Errno::EINTR) => {}
                done => break done?,
            }
        };
        let gone = AddWatchFlags::IN_IGNORED | AddWatchFlags::IN_MOVE_SELF;
        let is_gone =
            |event: &InotifyEvent| event.wd == self.watched && event.mask.intersects(gone);
        if events.iter().any(is_gone) {
            let said = format!("{} was moved or removed", visible_name(&self.dir));
            return Err(io::Error::new(io::ErrorKind::NotFound, said));
        }
        self.watch_cards();
        Ok(events.iter().any(concerns))
    }
}

/// A file is whole when its writer closes it, or when it takes the place of another by its name.
fn changes() -> AddWatchFlags {
    AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_MOVED_FROM
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_MOVE_SELF
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_ONLYDIR
}

/// Whether an event may change a lesson. The files that an editor keeps for itself are none, and a file that was just
/// created is empty; a directory may be the cards. Events that the kernel had to drop may have been any.
fn concerns(event: &InotifyEvent) -> bool {
    let mask = event.mask;
    if mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
        return true;
    }
    let name = event.name.as_deref().unwrap_or(OsStr::new(""));
    match mask.contains(AddWatchFlags::IN_ISDIR) {
        true => name == "cards",
        false => {
            let is_text = Path::new(name)
                .extension()
                .is_some_and(|found| found == "md");
            is_text && !mask.contains(AddWatchFlags::IN_CREATE)
        }
    }
}
