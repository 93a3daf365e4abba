//! Which functions of the kernel are watched, and what of each call tells the bytes. Found by counting known transfers on
//! 6.1, 6.12 and 7.2: these count each byte once.

/// What a function does to the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Copy,
    /// Copies from the program into pages of the cache; what it was asked for, not what it did.
    CopyIntoCache,
    /// What calls of [`Kind::CopyIntoCache`] came to.
    Written,
    ReferenceIntoPipe,
    ReferenceIntoSocket,
    Cipher,
}

/// How the bytes of a call are learned. Arguments are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// A breakpoint of the CPU at the function: an argument.
    Breakpoint(u8),
    /// A 32-bit member of the structure that an argument points to, at the entry.
    Member(u8, &'static str, &'static str),
    /// What it returns, where that is positive.
    Returned,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) watch: Watch,
    /// It runs in whatever process the kernel happens to be in: its bytes cannot be told apart by process, and are counted as
    /// the sender's. Only zero-copy sends come to it.
    pub(super) anywhere: bool,
}

const fn at(name: &'static str, kind: Kind, watch: Watch) -> Function {
    Function {
        name,
        kind,
        watch,
        anywhere: false,
    }
}

/// In the order in which the breakpoints are given out.
pub(super) const FUNCTIONS: &[Function] = &[
    // lib/iov_iter.c
    at("_copy_to_iter", Kind::Copy, Watch::Breakpoint(1)),
    at("_copy_from_iter", Kind::Copy, Watch::Breakpoint(1)),
    // Until 6.12, and since 6.13.
    at(
        "copy_page_from_iter_atomic",
        Kind::CopyIntoCache,
        Watch::Breakpoint(2),
    ),
    at(
        "copy_folio_from_iter_atomic",
        Kind::CopyIntoCache,
        Watch::Breakpoint(2),
    ),
    // mm/filemap.c, fs/iomap/buffered-io.c
    at("generic_perform_write", Kind::Written, Watch::Returned),
    at("iomap_file_buffered_write", Kind::Written, Watch::Returned),
    // net/core/skbuff.c: the copy of a zero-copy send that nobody can take by reference, on loopback for example.
    Function {
        anywhere: true,
        ..at(
            "skb_copy_ubufs",
            Kind::Copy,
            Watch::Member(0, "sk_buff", "data_len"),
        )
    },
    // mm/filemap.c, mm/shmem.c, fs/splice.c. generic_file_splice_read until 6.4.
    at(
        "filemap_splice_read",
        Kind::ReferenceIntoPipe,
        Watch::Returned,
    ),
    at(
        "shmem_file_splice_read",
        Kind::ReferenceIntoPipe,
        Watch::Returned,
    ),
    at(
        "generic_file_splice_read",
        Kind::ReferenceIntoPipe,
        Watch::Returned,
    ),
    at("iter_to_pipe", Kind::ReferenceIntoPipe, Watch::Returned),
    // net/core/skbuff.c since 6.5; before it a page at a time.
    at(
        "skb_splice_from_iter",
        Kind::ReferenceIntoSocket,
        Watch::Returned,
    ),
    at("tcp_sendpage", Kind::ReferenceIntoSocket, Watch::Returned),
    at(
        "unix_stream_sendpage",
        Kind::ReferenceIntoSocket,
        Watch::Returned,
    ),
    at(
        "skb_zerocopy_iter_stream",
        Kind::ReferenceIntoSocket,
        Watch::Returned,
    ),
    // crypto/aead.c, for TLS in the kernel.
    at(
        "crypto_aead_encrypt",
        Kind::Cipher,
        Watch::Member(0, "aead_request", "cryptlen"),
    ),
    at(
        "crypto_aead_decrypt",
        Kind::Cipher,
        Watch::Member(0, "aead_request", "cryptlen"),
    ),
];
