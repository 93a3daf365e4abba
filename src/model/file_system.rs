//! File systems: what each is called, and what that says of the bytes of its files.

use serde::{Deserialize, Serialize};

/// A file system, by the magic number that statfs(2) tells. 0: not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileSystem(pub u32);

/// What is done for the bytes of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// They are on a device, and each file has blocks of its own.
    Disk,
    /// They are on a device, and files may share blocks (`remap_file_range`).
    SharedDisk,
    /// They are in memory alone.
    Memory,
    /// A server or a daemon keeps them, and does with copies what it likes.
    Elsewhere,
    /// The kernel makes them as they are read: there are no pages to refer to.
    Generated,
    /// It is not known here.
    Unknown,
}

impl FileSystem {
    /// Its name: `ext4`, `tmpfs`; `0x...` where it has no name here; empty where it is not known.
    pub fn name(self) -> String {
        match (self.0, self.row()) {
            (_, Some((_, name, _))) => (*name).to_owned(),
            (0, None) => String::new(),
            (magic, None) => format!("{magic:#x}"),
        }
    }

    /// What is done for the bytes of its files.
    pub fn storage(self) -> Storage {
        self.row().map_or(Storage::Unknown, |row| row.2)
    }

    fn row(self) -> Option<&'static (u32, &'static str, Storage)> {
        TABLE.iter().find(|(magic, ..)| *magic == self.0)
    }
}

/// linux/magic.h, and for those that do not stand there, statfs(2) and the file systems' own headers. Those that share
/// blocks have a `remap_file_range` in their `file_operations`.
const TABLE: [(u32, &str, Storage); 44] = [
    (0xef53, "ext4", Storage::Disk),
    (0xf2f5_2010, "f2fs", Storage::Disk),
    (0x4d44, "vfat", Storage::Disk),
    (0x2011_bab0, "exfat", Storage::Disk),
    (0x7366_746e, "ntfs3", Storage::Disk),
    (0x9660, "iso9660", Storage::Disk),
    (0x7371_7368, "squashfs", Storage::Disk),
    (0xe0f5_e1e2, "erofs", Storage::Disk),
    (0x5846_5342, "xfs", Storage::SharedDisk),
    (0x9123_683e, "btrfs", Storage::SharedDisk),
    (0xca45_1a4e, "bcachefs", Storage::SharedDisk),
    (0x7461_636f, "ocfs2", Storage::SharedDisk),
    // Whatever is below it.
    (0x794c_7630, "overlay", Storage::SharedDisk),
    (0x0102_1994, "tmpfs", Storage::Memory),
    (0x8584_58f6, "ramfs", Storage::Memory),
    (0x9584_58f6, "hugetlbfs", Storage::Memory),
    (0x6969, "nfs", Storage::Elsewhere),
    (0xfe53_4d42, "smb2", Storage::Elsewhere),
    (0xff53_4d42, "cifs", Storage::Elsewhere),
    (0x517b, "smb", Storage::Elsewhere),
    (0x0102_1997, "9p", Storage::Elsewhere),
    (0x6573_5546, "fuse", Storage::Elsewhere),
    (0x00c3_6400, "ceph", Storage::Elsewhere),
    (0x5346_414f, "afs", Storage::Elsewhere),
    (0x0bd0_0bd0, "lustre", Storage::Elsewhere),
    (0x786f_4256, "vboxsf", Storage::Elsewhere),
    (0x0116_1970, "gfs2", Storage::Elsewhere),
    // It clones blocks, and shows no extents.
    (0x2fc1_2fc1, "zfs", Storage::Elsewhere),
    (0x9fa0, "proc", Storage::Generated),
    (0x6265_6572, "sysfs", Storage::Generated),
    (0x6462_6720, "debugfs", Storage::Generated),
    (0x7472_6163, "tracefs", Storage::Generated),
    (0x7363_6673, "securityfs", Storage::Generated),
    (0x6265_6570, "configfs", Storage::Generated),
    (0x0027_e0eb, "cgroup", Storage::Generated),
    (0x6367_7270, "cgroup2", Storage::Generated),
    (0xcafe_4a11, "bpf", Storage::Generated),
    (0x6165_676c, "pstore", Storage::Generated),
    (0xde5e_81e4, "efivarfs", Storage::Generated),
    (0xf97c_ff8c, "selinuxfs", Storage::Generated),
    (0x4249_4e4d, "binfmt_misc", Storage::Generated),
    (0x1980_0202, "mqueue", Storage::Generated),
    (0x6e73_6673, "nsfs", Storage::Generated),
    (0x4341_5d53, "smackfs", Storage::Generated),
];
