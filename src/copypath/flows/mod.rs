//! Flows: bytes joined from where a program read them to where it wrote them; pure.
//!
//! A read leaves the addresses of its buffer with what is known of the bytes; a write looks its addresses up. That
//! the bytes are still the same is confirmed by their content (of large reads, by samples). Pipes and socket pairs
//! between watched processes are queues that carry the flow on.
//!
//! [`Flows`] takes the tracer's events. What stands in `read`, `write`, `splice`, `ring`, `zerocopy` and `processes` are
//! its methods, by what happens; whether bytes were copied is asked of [`super::rule`] alone.

mod advice;
mod agreement;
mod connections;
mod context;
mod ends;
mod engine;
mod extents;
mod fallbacks;
mod fingerprint;
mod groups;
mod hazards;
mod index;
mod join;
mod lending;
mod maps;
mod memory;
mod messages;
mod nearby;
mod path;
mod peers;
mod pending;
mod pipes;
mod processes;
mod queues;
mod read;
mod refused;
mod renames;
mod ring;
mod search;
mod sockets;
mod space;
mod splice;
mod storage;
mod stores;
mod tally;
mod write;
mod zerocopy;

pub use advice::Advice;
pub use context::is_of_start;
pub use engine::{Flows, Report};
pub use groups::{Group, groups, verdicts};
pub use hazards::hazard_sentence;
pub use memory::{Area, TraceeMemory};
