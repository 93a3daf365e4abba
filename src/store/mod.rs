//! Files: recordings and progress; atomic, locked.

pub mod lessons;
mod numbers;
pub mod open;
pub mod progress;
pub mod recording;
mod request;
pub mod shipped;
pub mod trace_report;
pub mod watch;
