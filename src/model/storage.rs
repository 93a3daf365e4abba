//! What was asked of devices: figures beside the flows.

use serde::{Deserialize, Serialize};

/// What a process caused to be read from storage and to be written to it (proc_pid_io(5)). Bytes that were in the page
/// cache are in neither; what is written counts when its pages become dirty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageBytes {
    /// Fetched.
    pub read: u64,
    /// Caused to be written.
    pub written: u64,
}

/// What the processes of a program did with storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageUse {
    /// The program.
    pub program: String,
    /// How many processes ran it, and were asked.
    pub processes: u64,
    /// Really fetched from storage.
    pub read_bytes: u64,
    /// Caused to be written to storage, now or later.
    pub write_bytes: u64,
}
