//! What this machine is, what it allows, and why not.

pub(crate) mod addresses;
pub(crate) mod clock;
mod cpus;
mod directory;
mod file_system;
mod instruments;
mod machine;
mod marker;
mod probe;

pub use cpus::{allowed_cpus, run_on};
pub use directory::{Directory, scratch_directory};
pub use file_system::file_system;
pub(crate) use file_system::read_ahead_kb;
pub use instruments::ring_refusal;
pub(crate) use instruments::{Instrument, instruments, ktls_refusal};
pub(crate) use machine::emulator;
pub use machine::machine;
pub use marker::mark;
pub use probe::{allow_zerocopy, io_uring_setup, memlock_limit, why_enobufs};
