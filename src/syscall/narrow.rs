//! Names of 32-bit calls that move bytes: what a 64-bit kernel lets 32-bit programs make under numbers of their own.

/// The kernel's names of architectures (linux/audit.h).
const I386: u32 = 0x4000_0003;
const ARM: u32 = 0x4000_0028;

/// Name, number of i386, number of 32-bit ARM. (arch/x86/entry/syscalls/syscall_32.tbl, arch/arm/tools/syscall.tbl.)
const TABLE: [(&str, u64, u64); 20] = [
    ("read", 3, 3),
    ("write", 4, 4),
    ("readv", 145, 145),
    ("writev", 146, 146),
    ("pread64", 180, 180),
    ("pwrite64", 181, 181),
    ("sendfile", 187, 187),
    ("sendfile64", 239, 239),
    ("splice", 313, 340),
    ("tee", 315, 342),
    ("vmsplice", 316, 343),
    ("preadv", 333, 361),
    ("pwritev", 334, 362),
    ("sendto", 369, 290),
    ("recvfrom", 371, 292),
    ("sendmsg", 370, 296),
    ("recvmsg", 372, 297),
    ("copy_file_range", 377, 391),
    ("preadv2", 378, 392),
    ("pwritev2", 379, 393),
];

/// What a 32-bit call is called that moves bytes; none for any other.
pub fn narrow_name(architecture: u32, number: u64) -> Option<&'static str> {
    let is_it = |row: &&(&str, u64, u64)| match architecture {
        I386 => row.1 == number,
        ARM => row.2 == number,
        _ => false,
    };
    match (architecture, number) {
        (I386, 102) => Some("socketcall"),
        _ => TABLE.iter().find(is_it).map(|row| row.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_another_call_on_another_machine() {
        assert_eq!(narrow_name(I386, 4), Some("write"));
        assert_eq!(narrow_name(I386, 340), None);
        assert_eq!(narrow_name(ARM, 340), Some("splice"));
        assert_eq!(narrow_name(0xc000_003e, 1), None);
    }
}
