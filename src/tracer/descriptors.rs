//! What a tracee's descriptors are: looked up in /proc at first use, kept until a call changes them.

use std::{
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use rustc_hash::FxHashMap;

use super::{kernel::Tid, proc, sockets};
use crate::model::{Descriptor, DescriptorKind, NO_DESCRIPTOR, text_of};

/// The descriptors of one process. A number that is not open is not remembered: it may come to mean something by a call
/// that does not return it (recvmsg(2) with SCM_RIGHTS, a request of a ring).
#[derive(Default)]
pub(super) struct FdTable(FxHashMap<i32, OpenFile>);

/// What a number means, since it was looked up.
#[derive(Clone, Copy)]
pub(super) struct OpenFile {
    /// Index into the trace's table; [`NO_DESCRIPTOR`] where the process has none of that number.
    pub index: u32,
    /// Another one for each look-up: the same file opened twice is one descriptor in the table, and two here.
    pub generation: u32,
}

/// No descriptor at all.
pub(super) const NOT_OPEN: OpenFile = OpenFile {
    index: NO_DESCRIPTOR,
    generation: NO_DESCRIPTOR,
};

/// The trace's table of descriptors, each once.
#[derive(Default)]
pub(super) struct Table {
    known: FxHashMap<Descriptor, u32>,
    generation: u32,
}

impl FdTable {
    /// What a number means; looked up in /proc where that is not known.
    pub fn open(
        &mut self,
        pid: Tid,
        fd: i32,
        table: &mut Table,
        list: &mut Vec<Descriptor>,
    ) -> OpenFile {
        if fd < 0 {
            return NOT_OPEN;
        }
        if let Some(known) = self.0.get(&fd) {
            return *known;
        }
        let Some(descriptor) = look_up(pid, fd) else {
            return NOT_OPEN;
        };
        let open = table.open(descriptor, list);
        self.0.insert(fd, open);
        open
    }

    /// The number is about to mean something else.
    pub fn forget(&mut self, fd: i32) {
        self.0.remove(&fd);
    }

    /// The indices of what is known.
    pub fn indices(&mut self) -> impl Iterator<Item = &mut u32> {
        self.0.values_mut().map(|open| &mut open.index)
    }

    /// Every number may mean something else.
    pub fn forget_all(&mut self) {
        self.0.clear();
    }
}

impl Table {
    /// The list is another one now.
    pub fn renumber(&mut self, list: &[Descriptor]) {
        self.known = list.iter().cloned().zip(0..).collect();
    }

    /// A descriptor that was looked up now.
    pub fn open(&mut self, descriptor: Descriptor, list: &mut Vec<Descriptor>) -> OpenFile {
        let index = *self
            .known
            .entry(descriptor)
            .or_insert_with_key(|descriptor| {
                list.push(descriptor.clone());
                (list.len() - 1) as u32
            });
        self.generation += 1;
        OpenFile {
            index,
            generation: self.generation,
        }
    }
}

/// What a descriptor is now; none where it is not open.
pub(super) fn look_up(pid: Tid, fd: i32) -> Option<Descriptor> {
    let path = format!("/proc/{pid}/fd/{fd}");
    let (kind, name, identity) = match fs::read_link(&path) {
        Ok(link) => identify(pid, fd, &path, text_of(link.as_os_str().as_bytes())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(_) => (DescriptorKind::Unknown, "?".to_owned(), 0),
    };
    Some(Descriptor {
        fd,
        kind,
        name,
        identity,
        direct: kind == DescriptorKind::File && is_direct(pid, fd, &path),
    })
}

/// Its kind, its name and its identity, by its link in /proc.
fn identify(pid: Tid, fd: i32, path: &str, link: String) -> (DescriptorKind, String, u64) {
    if let Some(inode) = proc::inode(&link, "socket:[") {
        let (kind, name) = sockets::describe(pid, fd, inode);
        return (kind, name, inode);
    }
    if let Some(inode) = proc::inode(&link, "pipe:[") {
        return (DescriptorKind::Pipe, "pipe".to_owned(), inode);
    }
    if let Some(name) = link.strip_prefix("anon_inode:") {
        let name = name.trim_matches(['[', ']']).to_owned();
        return (DescriptorKind::Anonymous, name, 0);
    }
    let (kind, identity) = kind_of_path(path, &link);
    (kind, link, identity)
}

/// Whether it was opened with `O_DIRECT`, and the file system honours that: tmpfs accepts the flag (since Linux 6.6) and
/// copies from and to its pages.
fn is_direct(pid: Tid, fd: i32, path: &str) -> bool {
    let is_asked = proc::open_flags(pid, fd) & libc::O_DIRECT as u32 != 0;
    is_asked && !statfs(path).is_ok_and(|found| found.filesystem_type() == TMPFS_MAGIC)
}

/// What an opened path is. The link in /proc leads to the very file, though its name may be gone.
fn kind_of_path(path: &str, link: &str) -> (DescriptorKind, u64) {
    let Ok(data) = fs::metadata(path) else {
        return (DescriptorKind::Unknown, 0);
    };
    let file_type = data.file_type();
    let terminal = matches!(libc::major(data.rdev()), 4 | 5 | 136..=143);
    let kind = match () {
        () if link.starts_with("/memfd:") => DescriptorKind::Anonymous,
        () if file_type.is_dir() => DescriptorKind::Directory,
        () if file_type.is_fifo() => DescriptorKind::Pipe,
        () if file_type.is_char_device() && terminal => DescriptorKind::Tty,
        () if file_type.is_char_device() || file_type.is_block_device() => DescriptorKind::Device,
        () => DescriptorKind::File,
    };
    (kind, Descriptor::identity_of(data.dev(), data.ino()))
}
