//! The instruments: what each needs, tried for real, and in one sentence why it is not to be had.

use std::path::Path;

use serde::Serialize;

use super::{probe, scratch_directory};
use crate::measure;
use crate::model::Method;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Instrument {
    /// `ptrace`, `io-uring`, ...
    pub(crate) name: &'static str,
    pub(crate) available: bool,
    pub(crate) reason: Option<String>,
    /// What is good to know where it can be used: a limit, a directory.
    pub(crate) detail: Option<String>,
}

/// Tries every instrument. Takes some milliseconds and leaves nothing behind.
pub(crate) fn instruments() -> Vec<Instrument> {
    let with_directory = |probe: fn(&Path) -> probe::Probed| match scratch_directory(None) {
        Ok(directory) => probe(&directory.path),
        Err(error) => Err(format!("{error:#}")),
    };
    [
        ("ptrace", probe::ptrace()),
        ("seccomp", probe::seccomp()),
        ("io-uring", probe::io_uring()),
        ("uring-send-zc", probe::uring_send_zc()),
        ("send-zerocopy", probe::send_zerocopy()),
        ("ktls", probe::ktls()),
        ("cachestat", probe::cachestat()),
        ("memlock", probe::memlock()),
        ("perf", probe::perf()),
        ("o-direct", with_directory(probe::o_direct)),
        ("kernel-copies", kernel_copies()),
    ]
    .map(|(name, found)| Instrument {
        name,
        available: found.is_ok(),
        detail: found.clone().ok().filter(|detail| !detail.is_empty()),
        reason: found.err(),
    })
    .into()
}

/// Whether the bytes that the kernel's own functions copy can be counted.
fn kernel_copies() -> probe::Probed {
    match measure::kernel_copies::refusal() {
        None => Ok("breakpoints in the kernel, BPF".to_owned()),
        Some(reason) => Err(reason),
    }
}

/// Why this process gets no io_uring that does what a method needs; none where it does, or where the method needs none.
pub fn ring_refusal(method: Method) -> Option<String> {
    let needs = |needed: bool, probe: fn() -> probe::Probed| needed.then(probe)?.err();
    let sends = method.uses_ring() && method.has_reports();
    needs(method.uses_ring(), probe::io_uring).or_else(|| needs(sends, probe::uring_send_zc))
}

/// Why the kernel encrypts nothing for this process; none where it does.
pub(crate) fn ktls_refusal() -> Option<String> {
    probe::ktls().err()
}
