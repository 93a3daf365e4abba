//! Bytes that the kernel's own functions copied, handed on by reference, or passed through a cipher: counted by BPF programs
//! at those functions, for chosen processes.
//!
//! `lib/iov_iter.c`, where the copying is done, is built without ftrace: neither kprobes nor fentry reach it. A breakpoint of
//! the CPU does (a perf event with a BPF program at its overflow); there are four. What lies outside of lib/ is watched by
//! fentry and fexit. Root, or `CAP_BPF` and `CAP_PERFMON`, is needed for all of it.
//!
//! All that is attached hangs on descriptors of this process, so nothing is left when it ends, however it ends.

mod attach;
mod btf;
mod functions;
mod kernel;
mod program;
mod refusal;
mod symbols;

use std::os::fd::OwnedFd;

use crate::model::{CountedBytes, CountedCopies};
use functions::{FUNCTIONS, Kind};
use kernel::Tally;
use program::SIDES;

/// Whose bytes they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountedSide {
    /// The process that runs the method, or the program that is traced.
    Own = 0,
    /// The process at the other end.
    Peer = 1,
}

/// Programs that count, attached to the kernel's functions as long as this lives.
#[derive(Debug)]
pub(crate) struct KernelCopies {
    /// For each process its side, by its number in this pid namespace.
    sides: OwnedFd,
    /// For each function and side bytes and calls.
    tallies: OwnedFd,
    /// Which rows of [`FUNCTIONS`] this kernel has.
    present: Vec<bool>,
    _attached: Vec<OwnedFd>,
}

/// What all functions had counted at one moment: a row a function, by side; the last side is everybody else's.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot(Vec<[Tally; SIDES]>);

/// Why the kernel's copies cannot be counted here; none where they can. Attaches everything, and lets go.
pub(crate) fn refusal() -> Option<String> {
    KernelCopies::attach().err()
}

impl KernelCopies {
    /// Attaches the programs. They count nobody until [`KernelCopies::count`].
    ///
    /// # Errors
    /// Which of what is needed is missing, in one sentence.
    pub(crate) fn attach() -> Result<KernelCopies, String> {
        refusal::known_before()?;
        let maps = kernel::Maps::create(FUNCTIONS.len() * SIDES).map_err(refusal::of_maps)?;
        let attached = attach::all(&maps)?;
        Ok(KernelCopies {
            sides: maps.sides,
            tallies: maps.tallies,
            present: attached.present,
            _attached: attached.descriptors,
        })
    }

    /// From now on the bytes of this process, all its threads among them, are counted.
    ///
    /// # Errors
    /// Its number cannot be told to the programs: the kernel's reason.
    pub(crate) fn count(&self, pid: u32, side: CountedSide) -> nix::Result<()> {
        kernel::update(&self.sides, pid, side as u32)
    }

    /// What has been counted so far.
    ///
    /// # Errors
    /// The kernel refuses to show it.
    pub(crate) fn snapshot(&self) -> nix::Result<Snapshot> {
        let tally = |row, side| kernel::lookup(&self.tallies, (row * SIDES + side) as u32);
        let rows = (0..FUNCTIONS.len()).map(|row| match self.present[row] {
            true => Ok([tally(row, 0)?, tally(row, 1)?, tally(row, 2)?]),
            false => Ok([Tally::default(); SIDES]),
        });
        rows.collect::<nix::Result<_>>().map(Snapshot)
    }
}

/// What was moved since a moment for all processes that are counted as [`CountedSide::Own`].
pub(crate) fn since(begin: &Snapshot, now: &Snapshot) -> CountedBytes {
    between(begin, now, now).own
}

/// Two moments, and a third for what others do later, as the figures of one transfer.
///
/// `begin` and `end` bound the transfer. What the peer does, and what the kernel does in whose context it happens to run, may
/// come after it: that is taken up to `last`, when the peer has ended.
pub(crate) fn between(begin: &Snapshot, end: &Snapshot, last: &Snapshot) -> CountedCopies {
    let mut counted = CountedCopies::default();
    for (row, function) in FUNCTIONS.iter().enumerate() {
        let bytes = |until: &Snapshot, side: usize| {
            let [from, to] = [begin, until].map(|moment| moment.0[row][side].bytes);
            to.saturating_sub(from)
        };
        let own = match function.anywhere {
            true => (0..SIDES).map(|side| bytes(last, side)).sum(),
            false => bytes(end, CountedSide::Own as usize),
        };
        note(&mut counted.own, function.name, own);
        if !function.anywhere {
            note(
                &mut counted.peer,
                function.name,
                bytes(last, CountedSide::Peer as usize),
            );
        }
    }
    for side in [&mut counted.own, &mut counted.peer] {
        add_up(side);
    }
    counted
}

fn note(side: &mut CountedBytes, function: &str, bytes: u64) {
    if bytes > 0 {
        side.by_function.insert(function.to_owned(), bytes);
    }
}

/// The sums, from what each function counted.
fn add_up(side: &mut CountedBytes) {
    let of = |side: &CountedBytes, kind| -> u64 {
        let rows = FUNCTIONS.iter().filter(|function| function.kind == kind);
        rows.filter_map(|function| side.by_function.get(function.name))
            .sum()
    };
    // A breakpoint sees what was asked for. A write to the page cache that meets a page of the program which is not in memory
    // asks, gets nothing, and asks again (since 6.15 it always tries first): what it really took is what the caller returned.
    let written = of(side, Kind::Written);
    let mut beyond = of(side, Kind::CopyIntoCache).saturating_sub(written);
    if written > 0 && beyond > 0 {
        for function in FUNCTIONS.iter().filter(|it| it.kind == Kind::CopyIntoCache) {
            if let Some(bytes) = side.by_function.get_mut(function.name) {
                let less = beyond.min(*bytes);
                *bytes -= less;
                beyond -= less;
            }
        }
    }
    side.by_function.retain(|name, _| {
        !FUNCTIONS
            .iter()
            .any(|it| it.kind == Kind::Written && it.name == *name)
    });
    side.cpu_copied_bytes = of(side, Kind::Copy) + of(side, Kind::CopyIntoCache);
    side.cipher_bytes = of(side, Kind::Cipher);
    // A transfer by way of a pipe hands each byte on twice: into the pipe, and out of it into a socket.
    side.reference_bytes =
        of(side, Kind::ReferenceIntoPipe).max(of(side, Kind::ReferenceIntoSocket));
}
