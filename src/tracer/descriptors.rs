//! What a tracee's descriptors are: looked up in /proc at first use, kept until a call changes them.

use std::{fs, os::unix::fs::FileTypeExt, os::unix::fs::MetadataExt, path::Path};

use rustc_hash::FxHashMap;

use super::{kernel::Tid, sockets};
use crate::model::{Descriptor, DescriptorKind, NO_DESCRIPTOR};

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
    /// The index of a descriptor that is not in a process's own table, or was found by other means.
    pub fn index(&mut self, descriptor: Descriptor, list: &mut Vec<Descriptor>) -> u32 {
        self.open(descriptor, list).index
    }

    /// The list is another one now.
    pub fn renumber(&mut self, list: &[Descriptor]) {
        self.known = list.iter().cloned().zip(0..).collect();
    }

    fn open(&mut self, descriptor: Descriptor, list: &mut Vec<Descriptor>) -> OpenFile {
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
    let link = match fs::read_link(&path) {
        Ok(link) => link.to_string_lossy().into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(_) => return Some(unknown(fd)),
    };
    if let Some(inode) = inode(&link, "socket:[") {
        let (kind, name) = sockets::describe(pid, fd, inode);
        return Some(Descriptor {
            fd,
            kind,
            name,
            identity: inode,
            direct: false,
        });
    }
    if let Some(identity) = inode(&link, "pipe:[") {
        let name = "pipe".to_owned();
        return Some(Descriptor {
            fd,
            kind: DescriptorKind::Pipe,
            name,
            identity,
            direct: false,
        });
    }
    if let Some(name) = link.strip_prefix("anon_inode:") {
        let name = name.trim_matches(['[', ']']).to_owned();
        return Some(Descriptor {
            fd,
            kind: DescriptorKind::Anonymous,
            name,
            identity: 0,
            direct: false,
        });
    }
    let (kind, identity) = kind_of_path(&path, &link);
    let direct = kind == DescriptorKind::File && is_direct(pid, fd);
    Some(Descriptor {
        fd,
        kind,
        name: link,
        identity,
        direct,
    })
}

fn unknown(fd: i32) -> Descriptor {
    Descriptor {
        fd,
        kind: DescriptorKind::Unknown,
        name: "?".to_owned(),
        identity: 0,
        direct: false,
    }
}

/// Whether it was opened with `O_DIRECT`: `flags` of proc_pid_fdinfo(5), octal.
fn is_direct(pid: Tid, fd: i32) -> bool {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i64::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & i64::from(libc::O_DIRECT) != 0)
}

fn inode(link: &str, prefix: &str) -> Option<u64> {
    link.strip_prefix(prefix)?.strip_suffix(']')?.parse().ok()
}

/// What an opened path is. The link in /proc leads to the very file, though its name may be gone.
fn kind_of_path(path: &str, link: &str) -> (DescriptorKind, u64) {
    let Ok(data) = fs::metadata(Path::new(path)) else {
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
    (kind, data.dev().rotate_left(40) ^ data.ino())
}
