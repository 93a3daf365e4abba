//! Files: recordings and progress; atomic, locked.

mod numbers;
pub mod open;
pub mod progress;
pub mod recording;
mod request;
pub mod watched;
