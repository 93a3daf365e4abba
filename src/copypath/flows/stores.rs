//! What programs store in mapped files by themselves. No call shows that: how many bytes it is, the kernel says of the
//! pages that are not written to the disk yet, and what it is, their content does. Looked at when a mapping ends (munmap,
//! exec, exit), and before msync(2) has the pages written.

use super::{
    ends::EndId,
    engine::Flows,
    join::{From, Piece},
    memory::{Range, TraceeMemory},
    path::Change,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::syscall::Op;

/// Said where a mapping ended unseen.
pub(super) const UNSEEN: &str = "MAP_SHARED: what a program stored in a mapped file is seen when it unmaps it or exits; where it was killed or let go before, that is in no flow";
const PAGE: u64 = 4096;

impl Flows {
    /// Mappings of a process end, or their pages are about to be written to the disk.
    pub(super) fn settle_stores(&mut self, range: std::ops::Range<u64>, tracee: &dyn TraceeMemory) {
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
            let dirty = tracee.dirty(range.start, range.end);
            // Bytes that calls have written to the file, and those counted before, are in these pages, too.
            let counted = self.tally.bytes_to(file) - self.cleaned.get(&file).unwrap_or(&0);
            let stored = dirty.saturating_sub(counted);
            if stored > 0 {
                self.stored((range, file), stored, (space, program), tracee);
            }
        }
    }

    fn stored(
        &mut self,
        (range, file): (std::ops::Range<u64>, EndId),
        stored: u64,
        (space, program): (u32, u32),
        tracee: &dyn TraceeMemory,
    ) {
        let pages = tracee.touched(range.start, range.end);
        let ranges = runs(&pages, range.end);
        let touched: u64 = ranges.iter().map(|range| range.length).sum();
        // Where not all of them were stored to, nobody knows which.
        let is_whole = stored >= touched - touched / 16;
        let pieces = match is_whole {
            true => self.pieces(space, &ranges, Some(file), tracee),
            false => vec![Piece {
                length: stored.min(touched),
                from: From::Unknown,
            }],
        };
        for piece in &pieces {
            let (path, before, from) = self.origin(piece, program);
            let path = self.paths.then(path, Change::Joined);
            let step = rule::step(Op::Map, from, Medium::File, Report::None);
            let path = step.map_or(path, |step| self.paths.then(path, Change::Hop(step)));
            if let Some(known) = piece.from.known() {
                self.extents.deliver(known.id, piece.length);
            }
            self.add(path, file, piece.length, before.as_ref());
        }
        self.let_go(&pieces);
    }

    /// msync(2) has returned: of files on a disk, no page is dirty now.
    pub(super) fn synced(&mut self, range: std::ops::Range<u64>, tracee: &dyn TraceeMemory) {
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
fn runs(pages: &[u64], end: u64) -> Vec<Range> {
    let mut runs: Vec<Range> = Vec::new();
    for page in pages {
        let length = PAGE.min(end - page);
        match runs.last_mut() {
            Some(run) if run.start + run.length == *page => run.length += length,
            _ => runs.push(Range {
                start: *page,
                length,
            }),
        }
    }
    runs
}
