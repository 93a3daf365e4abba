//! What is known about kernels that behave differently: stands here once, for the rules of copies, the errors on purpose and
//! the class.

use std::ops::Range;

/// Kernels by major and minor number.
pub(crate) type Versions = Range<(u32, u32)>;

/// Since this version sendfile(2) hands a file's pages to a pipe by reference, as splice(2) does: sendfile(2), DESCRIPTION.
pub(crate) const SENDFILE_TO_PIPE: (u32, u32) = (5, 12);

/// An error on purpose that kernels of some versions answer differently.
pub(crate) struct ErrorChange {
    /// Its name, of [`super::ERRORS`].
    pub(crate) name: &'static str,
    /// The kernels.
    pub(crate) versions: Versions,
    /// What they answer instead. Two answers: it was changed within a stable series.
    pub(crate) answers: &'static [&'static str],
    /// What these kernels do, in a sentence.
    pub(crate) why: &'static str,
}

/// What kernels of some versions answer instead of what [`super::ERRORS`] has.
pub(crate) const ERROR_CHANGES: [ErrorChange; 3] = [
    ErrorChange {
        name: "copy-file-range-across-file-systems",
        versions: (5, 3)..(5, 19),
        answers: &["works", "EXDEV"],
        why: "Linux 5.3 to 5.18 copied between file systems, except stable kernels that were changed back: \
              copy_file_range(2), BUGS.",
    },
    ErrorChange {
        name: "sendfile-from-dev-zero",
        versions: (5, 10)..(6, 7),
        answers: &["EINVAL"],
        why: "Since Linux 5.10 a file needs code of its own to be spliced, and /dev/zero has had it since 6.7.",
    },
    ErrorChange {
        name: "so-zerocopy-unix",
        versions: (4, 14)..(6, 1),
        answers: &["EOPNOTSUPP", "ENOTSUPP"],
        why: "The kernel's own ENOTSUPP, 524, which no manual page has, became EOPNOTSUPP by Linux 6.1.",
    },
];
