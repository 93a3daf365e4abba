//! Files: recordings, progress, class sessions; atomic, locked.

pub(crate) mod display;
pub(crate) mod lessons;
mod numbers;
pub(crate) mod open;
pub mod progress;
pub mod recording;
mod replace;
mod request;
pub(crate) mod runs;
pub(crate) mod session_log;
pub mod shipped;
pub(crate) mod timeline;
pub mod trace_report;
pub(crate) mod watch;

pub(crate) use replace::{can_save, save_bytes, save_text};
