//! Opens files in one directory, and nothing outside it.
//!
//! The kernel holds the border itself: openat2 with RESOLVE_BENEATH (Linux 5.6) refuses with EXDEV what would leave the
//! directory, also through symbolic links and whatever is renamed meanwhile. It refuses every absolute link too, and
//! kernels or containers without openat2 refuse the call; then the path is resolved first, compared, and walked
//! name by name with O_NOFOLLOW, so that a link put there meanwhile leads nowhere.

use std::{
    fs::{File, Metadata},
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::OpenOptionsExt,
    },
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2, readlink},
    sys::stat::Mode,
};

use super::errno;

#[derive(Debug)]
pub(crate) struct Confined {
    directory: OwnedFd,
}

/// A regular file, open, and what it was when it was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// In bytes.
    pub(crate) size: u64,
    /// When its content was last changed, to the nanosecond.
    pub(crate) modified: SystemTime,
}

/// O_NONBLOCK: opening a FIFO must not wait for a writer. O_NOCTTY: nor may a terminal become ours.
const READ: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY)
    .union(OFlag::O_CLOEXEC);

impl Confined {
    /// Confines to `directory`.
    ///
    /// # Errors
    /// It is no directory, or may not be entered.
    pub(crate) fn new(directory: &Path) -> io::Result<Confined> {
        let opened = File::options()
            .read(true)
            .custom_flags(libc::O_DIRECTORY | libc::O_CLOEXEC)
            .open(directory)?;
        Ok(Confined {
            directory: opened.into(),
        })
    }

    /// Opens a regular file for reading; of a directory, its `index.html`.
    ///
    /// # Errors
    /// ENOENT also for what leaves the directory and for what is not a regular file.
    pub(crate) fn open(&self, path: &Path) -> nix::Result<Opened> {
        let (mut file, mut about) = self.open_any(path)?;
        let mut path = path.to_owned();
        if about.is_dir() {
            path.push("index.html");
            (file, about) = self.open_any(&path)?;
        }
        if !about.is_file() {
            return Err(Errno::ENOENT);
        }
        Ok(Opened {
            file,
            path,
            size: about.len(),
            modified: about.modified().map_err(errno)?,
        })
    }

    /// Whatever is there, and what it is.
    fn open_any(&self, path: &Path) -> nix::Result<(File, Metadata)> {
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        let how = OpenHow::new()
            .flags(READ)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let opened = match openat2(&self.directory, path, how) {
            // What lies outside does not exist, whether or not it could be entered.
            Err(Errno::EXDEV) => self.open_resolved(path).map_err(|error| match error {
                Errno::EACCES | Errno::EPERM => Errno::ENOENT,
                other => other,
            })?,
            // The call itself is refused (EPERM in some containers). EAGAIN: something was renamed meanwhile.
            Err(Errno::ENOSYS | Errno::EPERM | Errno::EAGAIN) => self.open_resolved(path)?,
            other => other?,
        };
        let file = File::from(opened);
        let about = file.metadata().map_err(errno)?;
        Ok((file, about))
    }

    /// Without openat2: where does the path lead, links followed? Then there, without following any.
    fn open_resolved(&self, path: &Path) -> nix::Result<OwnedFd> {
        let look = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let found = openat(&self.directory, path, look, Mode::empty())?;
        let leads_to = path_of(&found)?;
        let own = path_of(&self.directory)?;
        let below = leads_to.strip_prefix(own).map_err(|_| Errno::ENOENT)?;
        self.walk(below)
    }

    fn walk(&self, path: &Path) -> nix::Result<OwnedFd> {
        let mut at = self.directory.try_clone().map_err(errno)?;
        let mut names = path.components().peekable();
        if names.peek().is_none() {
            return openat(&at, ".", READ, Mode::empty());
        }
        while let Some(name) = names.next() {
            let Component::Normal(name) = name else {
                return Err(Errno::ENOENT);
            };
            let flags = match names.peek() {
                Some(_) => OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
                None => READ,
            };
            at = openat(at.as_fd(), name, flags | OFlag::O_NOFOLLOW, Mode::empty())?;
        }
        Ok(at)
    }
}

/// Where a descriptor's file lies, says the kernel.
fn path_of(descriptor: &OwnedFd) -> nix::Result<PathBuf> {
    let link = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    readlink(link.as_str()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read, os::unix::fs::symlink};

    use super::*;

    /// The way without openat2 gives the same answers: the tests of the whole server see only the other.
    #[test]
    fn both_ways_hold_the_border() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("secret");
        let dir = root.path().join("dir");
        fs::create_dir_all(dir.join("sub")).unwrap();
        fs::write(&outside, "secret").unwrap();
        fs::write(dir.join("sub/a"), "inside").unwrap();
        symlink("sub/a", dir.join("in")).unwrap();
        symlink(dir.join("sub/a"), dir.join("absolute")).unwrap();
        symlink("sub", dir.join("folder")).unwrap();
        symlink(&outside, dir.join("out")).unwrap();
        symlink("../secret", dir.join("up")).unwrap();
        symlink("loop", dir.join("loop")).unwrap();
        // A neighbour whose name begins like the directory's.
        fs::create_dir(root.path().join("dir2")).unwrap();
        fs::write(root.path().join("dir2/b"), "neighbour").unwrap();
        symlink("../dir2/b", dir.join("neighbour")).unwrap();

        let confined = Confined::new(&dir).unwrap();
        type Way<'a> = &'a dyn Fn(&Path) -> nix::Result<File>;
        let direct: Way = &|path| confined.open_any(path).map(|(file, _)| file);
        let resolved: Way = &|path| confined.open_resolved(path).map(File::from);
        for (name, way) in [("direct", direct), ("resolved", resolved)] {
            for inside in ["sub/a", "in", "absolute", "folder/a"] {
                let mut text = String::new();
                let mut file = way(Path::new(inside)).unwrap();
                file.read_to_string(&mut text).unwrap();
                assert_eq!(text, "inside", "{name} {inside}");
            }
            for (outside, expected) in [
                ("out", Errno::ENOENT),
                ("up", Errno::ENOENT),
                ("neighbour", Errno::ENOENT),
                ("../secret", Errno::ENOENT),
                ("/etc/passwd", Errno::ENOENT),
                ("loop", Errno::ELOOP),
                ("sub/none", Errno::ENOENT),
                ("sub/a/", Errno::ENOTDIR),
            ] {
                let refused = way(Path::new(outside)).err();
                assert_eq!(refused, Some(expected), "{name} {outside}");
            }
        }
        // The last step follows no link, whatever was put there after the path was resolved.
        assert_eq!(confined.walk(Path::new("in")).err(), Some(Errno::ELOOP));
        assert!(confined.walk(Path::new("folder/a")).is_err());
    }
}
