//! Markers: calls that the hidden transfer command makes around the transfer, so that a recording (or a
//! reader of strace's output) knows where it begins and ends. Each is a `write(2)` of these words to
//! descriptor -1: it fails with EBADF and touches nothing.

/// Written to descriptor -1 just before the transfer's first call.
pub const BEGIN: &str = "zclab: the transfer begins";
/// Written to descriptor -1 just after its last call.
pub const END: &str = "zclab: the transfer ends";
