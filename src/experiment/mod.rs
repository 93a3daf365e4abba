//! A transfer, run twice, as a recording.

use std::path::PathBuf;

/// Where the bytes come from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// This file, instead of a generated one.
    pub file: Option<PathBuf>,
    /// The directory of generated sources and file sinks, instead of the cache directory.
    pub dir: Option<PathBuf>,
}

/// How far an experiment is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The source is being generated, or read for its checksum.
    Preparing {
        /// Bytes so far.
        done: u64,
        /// Of these.
        total: u64,
    },
    /// The untraced run.
    Measuring {
        /// Bytes so far.
        done: u64,
        /// Of these.
        total: u64,
    },
    /// The traced run.
    Tracing {
        /// Bytes so far.
        done: u64,
        /// Of these.
        total: u64,
    },
}
