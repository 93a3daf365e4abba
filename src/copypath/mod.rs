//! Calls to hops and figures; pure.
//!
//! [`Fold`] goes through a trace call by call and says which way each call's bytes went; [`summarise`] adds up a
//! whole recording. A call that is not known here gets no hop: nothing is said about it that might be false.

pub mod flows;
mod fold;
mod requests;
mod summary;

pub use fold::{Fold, SENDFILE_SOURCE, SHARED_SOURCE};
pub use requests::{DIRECT_SOURCE, moving_requests};
pub use summary::{fetched, summarise};
