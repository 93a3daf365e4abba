//! Where bytes come from and go to: source files, sinks, and the process that receives.

pub(crate) mod ends;
mod feeder;
mod mapped;
mod pattern;
mod receiver;
mod scratch;
mod sink;
mod source;

pub(crate) use feeder::pass_on;
pub use feeder::{Feeder, feed};
pub(crate) use mapped::{see_mapped, take_mapped, take_memory};
pub(crate) use pattern::generated;
pub(crate) use receiver::drain;
pub use receiver::{Drain, Reader, Received, Receiver};
pub(crate) use scratch::{memory_file, need_space, null, scratch_file};
pub use sink::{Connection, connect};
pub(crate) use sink::{ask_for_room, both_ends};
pub use source::Source;
pub(crate) use source::file_size;

use std::{ffi::OsString, process::Command, sync::OnceLock};

static PROGRAM: OnceLock<OsString> = OnceLock::new();

/// This program once more. Every child is a fresh exec: a process with threads is never forked without one.
pub(crate) fn this_program() -> Command {
    Command::new(PROGRAM.get_or_init(|| "/proc/self/exe".into()))
}

/// Names the zclab binary, for a program that uses this library and is not zclab itself (a test). Only the
/// first call counts, and only before anything was run.
pub fn set_program(path: impl Into<OsString>) {
    let _ = PROGRAM.set(path.into());
}
