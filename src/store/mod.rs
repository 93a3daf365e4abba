//! Files: recordings and progress; atomic, locked.

pub(crate) mod lessons;
mod numbers;
pub(crate) mod open;
pub mod progress;
pub mod recording;
mod request;
pub mod shipped;
pub mod trace_report;
pub(crate) mod watch;
