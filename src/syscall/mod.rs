//! The table of calls: what their arguments and results mean, and a call as text; pure.
//!
//! Argument names and meanings are those of the man pages, section 2; flags and numbers those of the kernel's
//! `include/uapi/asm-generic`, which x86-64 shares but where `flags` says otherwise.

mod errno;
mod flags;
mod format;
mod narrow;
mod request;
mod spec;

pub use errno::errno_name;
pub use format::{Style, format_call};
pub use narrow::narrow_name;
pub use request::format_request;
pub use spec::{Arg, Effect, Returns, Spec, spec};
