//! What an untraced run costs, what several of them say together, and how much of a file is in the page cache.

mod blocks;
mod counters;
pub(crate) mod kernel_copies;
mod peak;
mod residency;
pub mod statistics;

pub(crate) use blocks::{shared_bytes, shared_bytes_now};
pub(crate) use counters::{Counters, Whose};
pub(crate) use peak::PeakMemory;
pub(crate) use residency::{dirty_pages, drop_from_cache, residency, resident_pages};
