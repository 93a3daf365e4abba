//! Files: recordings and progress; atomic, locked.
pub mod progress;
pub mod recording;
