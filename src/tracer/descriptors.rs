//! What a tracee's descriptors are: looked up in /proc at first use, kept until a call changes them.

use std::{
    fs,
    ops::Range,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
    path::Path,
};

use nix::sys::statfs::statfs;
use rustc_hash::FxHashMap;

use super::{kernel::Tid, proc, sockets};
use crate::model::{
    Descriptor, DescriptorKind, FileSystem, FileTraits, NO_DESCRIPTOR, Storage, text_of,
};

/// One table of descriptors. A number that is not open is not remembered: it may come to mean something by a call that
/// does not return it (recvmsg(2) with SCM_RIGHTS, a request of a ring).
#[derive(Default)]
pub(super) struct FdTable {
    known: FxHashMap<i32, OpenFile>,
    /// Numbers that calls which have not returned are about to change. Another thread may find them before or after.
    changing: Vec<Range<i32>>,
}

/// Names one of [`FdTables`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TableId(u32);

/// The tables of all that is traced. Tasks share one where they were made with `CLONE_FILES` (clone(2)): threads, as a
/// rule, but also processes.
#[derive(Default)]
pub(super) struct FdTables {
    by_id: FxHashMap<TableId, (FdTable, u32)>,
    made: u32,
}

/// What a number means, since it was looked up.
#[derive(Clone, Copy)]
pub(super) struct OpenFile {
    /// Index into the trace's table; [`NO_DESCRIPTOR`] where the process has none of that number.
    pub index: u32,
    /// Another one for each look-up: the same file opened twice is one descriptor in the table, and two here.
    pub generation: u32,
}

/// The number of what is open without one.
const NO_NUMBER: i32 = -1;

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
    /// Programs whose descriptors /proc does not show, by name.
    pub refused: Vec<String>,
}

/// How the name of a descriptor begins that may not be looked at.
const REFUSED: &str = "descriptor ";

fn is_refused(descriptor: &Descriptor) -> bool {
    let is_unknown = descriptor.kind == DescriptorKind::Unknown && !proc::is_foreign();
    is_unknown && descriptor.name.starts_with(REFUSED)
}

impl FdTable {
    /// What a number means to a thread; looked up in /proc where that is not known.
    pub fn open(
        &mut self,
        tid: Tid,
        fd: i32,
        table: &mut Table,
        list: &mut Vec<Descriptor>,
    ) -> OpenFile {
        if fd < 0 {
            return NOT_OPEN;
        }
        let is_changing = self.changing.iter().any(|changing| changing.contains(&fd));
        if let Some(known) = self.known.get(&fd).filter(|_| !is_changing) {
            return *known;
        }
        let Some(descriptor) = look_up(tid, fd) else {
            return NOT_OPEN;
        };
        if is_refused(&descriptor) {
            table.refuse(tid);
        }
        let open = table.open(descriptor, list);
        if !is_changing {
            self.known.insert(fd, open);
        }
        open
    }

    /// The number is about to mean something else.
    pub fn forget(&mut self, fd: i32) {
        self.known.remove(&fd);
    }

    /// What `from` means: `to` means the same now, where /proc does not say it.
    pub fn duplicate(&mut self, from: i32, to: i32, list: &[Descriptor]) {
        let known = self.known.get(&to);
        let descriptor = known.and_then(|open| list.get(open.index as usize));
        if descriptor.is_some_and(is_refused)
            && let Some(known) = self.known.get(&from)
        {
            self.known.insert(to, *known);
        }
    }

    /// A call is about to change these numbers.
    pub fn begin_change(&mut self, numbers: Range<i32>) {
        self.changing.push(numbers);
    }

    /// It has returned, or its thread is gone.
    pub fn end_change(&mut self, numbers: &Range<i32>) {
        if let Some(place) = self.changing.iter().position(|known| known == numbers) {
            self.changing.swap_remove(place);
        }
        match numbers.len() {
            1 => drop(self.known.remove(&numbers.start)),
            _ => self.known.retain(|fd, _| !numbers.contains(fd)),
        }
    }

    /// The indices of what is known.
    pub fn indices(&mut self) -> impl Iterator<Item = &mut u32> {
        self.known.values_mut().map(|open| &mut open.index)
    }

    /// Every number may mean something else.
    pub fn forget_all(&mut self) {
        self.known.clear();
    }
}

impl FdTables {
    /// A new one, with one user.
    pub fn create(&mut self) -> TableId {
        self.made += 1;
        let id = TableId(self.made);
        self.by_id.insert(id, (FdTable::default(), 1));
        id
    }

    /// One more task uses it.
    pub fn share(&mut self, id: TableId) -> TableId {
        match self.by_id.get_mut(&id) {
            Some((_, users)) => {
                *users += 1;
                id
            }
            None => self.create(),
        }
    }

    /// One task less uses it.
    pub fn leave(&mut self, id: TableId) {
        if let Some((_, users)) = self.by_id.get_mut(&id) {
            *users -= 1;
            if *users == 0 {
                self.by_id.remove(&id);
            }
        }
    }

    /// A task that used this one has a copy of its own: the same one, where nobody else uses it.
    pub fn unshare(&mut self, id: TableId) -> TableId {
        match self.by_id.get(&id) {
            Some((_, 1)) => id,
            _ => {
                self.leave(id);
                self.create()
            }
        }
    }

    pub fn get(&mut self, id: TableId) -> &mut FdTable {
        let (table, _) = self.by_id.entry(id).or_default();
        table
    }

    /// The indices of all that is known.
    pub fn indices(&mut self) -> impl Iterator<Item = &mut u32> {
        let tables = self.by_id.values_mut();
        tables.flat_map(|(table, _)| table.indices())
    }
}

impl Table {
    /// The list is another one now.
    pub fn renumber(&mut self, list: &[Descriptor]) {
        self.known = list.iter().cloned().zip(0..).collect();
    }

    fn refuse(&mut self, tid: Tid) {
        let name = proc::comm(tid);
        if !self.refused.contains(&name) {
            self.refused.push(name);
        }
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

/// What a thread's descriptor is now; none where it is not open.
pub(super) fn look_up(tid: Tid, fd: i32) -> Option<Descriptor> {
    let path = format!("/proc/{tid}/fd/{fd}");
    let mut found = unknown(fd);
    if proc::is_foreign() {
        found.name = format!("descriptor {fd}");
        return Some(found);
    }
    match fs::read_link(&path) {
        Ok(link) => identify(&mut found, tid, &path, text_of(link.as_os_str().as_bytes())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(_) => found.name = format!("{REFUSED}{fd} of {}", proc::comm(tid)),
    }
    Some(found)
}

/// What is open without a descriptor, by what /proc shows of it.
pub(super) fn of_link(tid: Tid, link: String) -> Descriptor {
    let mut found = unknown(NO_NUMBER);
    let path = format!("/proc/{tid}/root{link}");
    identify(&mut found, tid, &path, link);
    found
}

/// What is open without a descriptor, by the path and the flags that it was opened with; none where there is no file.
pub(super) fn opened(path: &Path, flags: u32) -> Option<Descriptor> {
    let path = fs::canonicalize(path).ok()?;
    let name = text_of(path.as_os_str().as_bytes());
    let mut found = unknown(NO_NUMBER);
    of_path(&mut found, &name, name.clone());
    if found.kind == DescriptorKind::File {
        of_file(&mut found, flags, &name);
    }
    Some(found)
}

fn unknown(fd: i32) -> Descriptor {
    Descriptor {
        fd,
        kind: DescriptorKind::Unknown,
        name: "?".to_owned(),
        identity: 0,
        direct: false,
        traits: FileTraits::default(),
    }
}

/// Its kind, its name, its identity and its traits, by its link in /proc.
fn identify(found: &mut Descriptor, tid: Tid, path: &str, link: String) {
    if let Some(inode) = proc::inode(&link, "socket:[") {
        found.identity = inode;
        (found.kind, found.name, found.traits) = sockets::describe(tid, found.fd, inode);
    } else if let Some(inode) = proc::inode(&link, "pipe:[") {
        (found.kind, found.identity) = (DescriptorKind::Pipe, inode);
        found.name = "pipe".to_owned();
        let is_direct = proc::open_flags(tid, found.fd) & libc::O_DIRECT as u32 != 0;
        (found.traits.known, found.traits.packets) = (is_direct, is_direct);
    } else if let Some(name) = link.strip_prefix("anon_inode:") {
        found.kind = DescriptorKind::Anonymous;
        found.name = name.trim_matches(['[', ']']).to_owned();
    } else {
        of_path(found, path, link);
        if found.kind == DescriptorKind::File {
            of_file(found, proc::open_flags(tid, found.fd), path);
        }
    }
}

/// What is learnt of a regular file alone, which was opened with these flags.
fn of_file(found: &mut Descriptor, flags: u32, path: &str) {
    let magic = statfs(path).map_or(0, |on| on.filesystem_type().0 as u32);
    let traits = &mut found.traits;
    traits.file_system = FileSystem(magic);
    traits.append = flags & libc::O_APPEND as u32 != 0;
    // A file system without a device accepts the flag, as tmpfs does since Linux 6.6, and copies all the same.
    let storage = traits.file_system.storage();
    let has_device = !matches!(
        storage,
        Storage::Memory | Storage::Elsewhere | Storage::Generated
    );
    let is_direct = flags & libc::O_DIRECT as u32 != 0;
    found.direct = is_direct && has_device;
    traits.direct_ignored = is_direct && storage == Storage::Memory;
}

/// What an opened path is. The link in /proc leads to the very file, though its name may be gone.
fn of_path(found: &mut Descriptor, path: &str, link: String) {
    let Ok(data) = fs::metadata(path) else {
        found.name = link;
        return;
    };
    let file_type = data.file_type();
    let terminal = matches!(libc::major(data.rdev()), 4 | 5 | 136..=143);
    found.kind = match () {
        () if link.starts_with("/memfd:") => DescriptorKind::Anonymous,
        () if file_type.is_dir() => DescriptorKind::Directory,
        () if file_type.is_fifo() => DescriptorKind::Pipe,
        () if file_type.is_char_device() && terminal => DescriptorKind::Tty,
        () if file_type.is_char_device() || file_type.is_block_device() => DescriptorKind::Device,
        () => DescriptorKind::File,
    };
    found.name = link;
    found.identity = Descriptor::identity_of(data.dev(), data.ino());
    found.traits = FileTraits {
        known: true,
        device: data.dev(),
        ..FileTraits::default()
    };
}
