//! Calls to hops and figures; pure.
//!
//! [`rule::step`] decides what the kernel does to the bytes of a call. [`CopyTracker`] goes through a recording call by
//! call and asks it; [`summarise`] adds up a whole recording; [`flows::Flows`] follows the bytes of any program. Of a
//! call that is not known nothing is said that might be false.

mod counted;
pub mod flows;
mod mappings;
mod per_call;
pub mod rule;
mod summary;

pub use counted::{CountedSide, counted_sides};
pub use per_call::{CopyTracker, moving_requests};
pub use summary::{fetched, summarise};
