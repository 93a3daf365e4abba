//! What an untraced run costs, what several of them say together, and how much of a file is in the page cache.

mod blocks;
mod counters;
mod peak;
mod residency;
pub mod statistics;

pub use blocks::shared_bytes;
pub use counters::{Counters, Whose};
pub use peak::PeakMemory;
pub use residency::{dirty_pages, drop_from_cache, residency, resident_pages};
