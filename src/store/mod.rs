//! Files: recordings and progress; atomic, locked.
pub mod recording;
pub mod progress;
