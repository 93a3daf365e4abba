//! The table of calls: what their arguments and results mean, and a call as text; pure.

use crate::model::{Call, Trace};

/// How much of a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For lists: `write(4<tcp>) = 65 536`.
    Short,
    /// For learners: `write(4<tcp 127.0.0.1:41234>, buf, 65536) = 65536`.
    Full,
    /// As [`Style::Full`], with the addresses of buffers.
    Addresses,
}

/// A call as text, in the manner of strace.
pub fn format_call(trace: &Trace, call: &Call, style: Style) -> String {
    let _ = style;
    format!("{}() = {}", trace.name(call), call.result)
}
