//! Bytes that were changed while the kernel still referred to them.

use serde::{Deserialize, Serialize};

named! {
    /// What the kernel referred to.
    #[derive(Default)]
    pub enum HazardKind {
        /// A program's memory: by vmsplice or a zero-copy send.
        #[default]
        Memory = "memory",
        /// Pages of a file in a pipe: by splice or sendfile.
        File = "file",
    }
}

/// A call of a hazard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardCall {
    /// Its name.
    pub call: String,
    /// The process that made it.
    pub pid: i32,
    /// Its entry, in nanoseconds since the tracing began.
    pub at_ns: u64,
}

/// Bytes that were changed while the kernel still referred to them: what was sent is not what was meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    /// What it referred to.
    pub kind: HazardKind,
    /// The program whose memory it is, or the file.
    pub name: String,
    /// How many bytes were lent, some of which were changed.
    pub bytes: u64,
    /// The call that lent them.
    pub lent_by: HazardCall,
    /// The call that changed them; none where the program stored to its memory by itself.
    pub changed_by: Option<HazardCall>,
    /// The call at which it was seen: the other bytes arrived, or the kernel gave the memory back.
    pub seen_by: HazardCall,
}
