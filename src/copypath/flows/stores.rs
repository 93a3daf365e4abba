//! What programs store in mapped files by themselves. No call shows that: how many bytes it is, the kernel says of the
//! pages that are not written to the disk yet, and what it is, their content does. Looked at when a mapping ends (munmap,
//! exec, exit), and before msync(2) has the pages written.

use std::ops::Range;

use super::{
    ends::EndId,
    engine::Flows,
    join::{From, Piece},
    memory::{self, TraceeMemory},
    path::Change,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::SyscallEvent;
use crate::syscall::{MS_SYNC, Op};

/// Said where a mapping ended unseen.
pub(super) const UNSEEN: &str = "MAP_SHARED: what a program stored in a mapped file is seen when it unmaps it or exits; where it was killed or let go before, that is in no flow";
const PAGE: u64 = 4096;

/// The addresses that munmap(2) or msync(2) names.
fn span(event: &SyscallEvent) -> Range<u64> {
    let [start, length, ..] = event.call.args;
    start..start.saturating_add(length)
}

/// Whether an msync(2) has pages written to the disk.
fn is_sync(event: &SyscallEvent) -> bool {
    event.call.args[2] & MS_SYNC != 0
}

impl Flows {
    /// A call is about to end mappings, or to have their pages written.
    pub(super) fn begin_settling(
        &mut self,
        op: Op,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        match op {
            Op::Sync if !is_sync(event) => {}
            Op::Unmap | Op::Sync => self.settle_stores(span(event), tracee),
            _ => self.settle_stores(0..u64::MAX, tracee),
        }
    }

    /// Mappings of a process end, or their pages are about to be written to the disk.
    fn settle_stores(&mut self, range: Range<u64>, tracee: &dyn TraceeMemory) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let (space, program) = (running.space, running.program);
        if range == (0..u64::MAX)
            && let Some(space) = self.spaces.get_mut(&space)
        {
            if space.users > 1 {
                return;
            }
            space.is_settled = true;
        }
        let stores = self.spaces.get(&space).map(|space| space.stores(&range));
        for (range, file) in stores.unwrap_or_default() {
            // What stands behind the file's end is not the file's.
            let end = tracee.mapped_end(range.start).unwrap_or(range.end);
            let range = range.start..range.end.min(end.max(range.start));
            // Whole pages are dirty, where a mapping may end within one.
            let dirty = tracee
                .dirty(range.start, range.end)
                .min(range.end - range.start);
            // Bytes that calls have written to the file, and those counted before, are in these pages, too.
            let counted = self.tally.bytes_to(file) - self.cleaned.get(&file).unwrap_or(&0);
            let stored = dirty.saturating_sub(counted);
            // Whole pages are dirty, where a file may end within one.
            if stored >= PAGE.min(range.end - range.start).max(1) {
                self.stored((range, file), stored, (space, program), tracee);
            }
        }
    }

    fn stored(
        &mut self,
        (range, file): (Range<u64>, EndId),
        stored: u64,
        (space, program): (u32, u32),
        tracee: &dyn TraceeMemory,
    ) {
        let length = range.end - range.start;
        let ranges = match stored >= length - length / 16 {
            true => vec![memory::Range {
                start: range.start,
                length,
            }],
            false => runs(&tracee.touched(range.start, range.end), range.end),
        };
        let touched = memory::total(&ranges);
        let unknown = |length| Piece {
            length,
            from: From::Unknown,
        };
        // Where not all of them were stored to, nobody knows which.
        let is_whole = stored >= touched - touched / 16;
        let mut pieces = match is_whole {
            true => self.pieces((space, file.into()), &ranges, Some(file), tracee),
            false => vec![unknown(stored)],
        };
        // Of a mapping that is too large not all pages are looked at.
        if is_whole && stored >= touched + PAGE {
            pieces.push(unknown(stored - touched));
        }
        for piece in &pieces {
            let (path, before, from) = self.origin(piece, program);
            let path = self.paths.then(path, Change::Joined);
            let step = rule::step(Op::Map, from, Medium::File, Report::None);
            let path = step.map_or(path, |step| self.paths.then(path, Change::Hop(step)));
            if let Some(known) = piece.from.known() {
                self.extents.deliver(known.id, piece.length, file.into());
            }
            self.add(path, file, piece.length, before.as_ref());
        }
        self.let_go(&pieces);
    }

    /// msync(2) has returned: of files on a disk, no page is dirty now.
    pub(super) fn synced(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        if !is_sync(event) {
            return;
        }
        let range = span(event);
        let Some(space) = self.space(tracee.pid()) else {
            return;
        };
        for (range, file) in space.stores(&range) {
            if tracee.dirty(range.start, range.end) == 0 {
                self.cleaned.insert(file, self.tally.bytes_to(file));
            }
        }
    }
}

/// Consecutive pages as ranges, cut at an address.
fn runs(pages: &[u64], end: u64) -> Vec<memory::Range> {
    let mut runs: Vec<memory::Range> = Vec::new();
    for page in pages {
        let length = PAGE.min(end - page);
        match runs.last_mut() {
            Some(run) if run.start + run.length == *page => run.length += length,
            _ => runs.push(memory::Range {
                start: *page,
                length,
            }),
        }
    }
    runs
}
