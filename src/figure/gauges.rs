//! What fills the boxes of a recording's scene.

use super::{
    Edge, Mark, Plan, Slot, Tone, Upper,
    playback::Moment,
    scene::{Gauge, TOKENS},
};
use crate::model::{Hop, How, Size, Start, TransferSpec};

/// One moment of a transfer: what the views of its pieces ask for.
pub(super) struct Stage<'a> {
    pub(super) plan: Plan,
    pub(super) spec: &'a TransferSpec,
    /// How bytes go along each edge in this run, by its number.
    pub(super) hows: [Option<How>; Edge::COUNT],
    /// Bytes that the pipe on the way can hold.
    pub(super) pipe_size: u64,
    pub(super) now: Moment,
    /// The current call is a tee: it hands on what the pipe keeps.
    pub(super) tees: bool,
    /// The current hop's edge, where something can be seen on it.
    pub(super) edge: Option<Edge>,
    /// Tokens that have arrived: all of them once the hop is over.
    pub(super) arrived: u32,
    pub(super) total: u64,
    pub(super) cold: bool,
}

impl Stage<'_> {
    pub(super) fn returned(&self) -> bool {
        self.now.has_arrived()
    }

    /// The current hop, where it takes bytes out of the source's pages.
    pub(super) fn taking(&self) -> Option<&Hop> {
        let takes = self.edge.is_some_and(Edge::takes);
        self.now.hop.as_ref().filter(|_| takes)
    }

    /// The current hop, where it hands bytes to the sink.
    pub(super) fn handing(&self) -> Option<&Hop> {
        let hands = !self.tees && self.edge.is_some_and(Edge::hands);
        self.now.hop.as_ref().filter(|_| hands)
    }
}

/// A gauge, and how much it stands for in words.
type Filling = (Option<Gauge>, Option<String>);

pub(super) fn gauge(stage: &Stage, slot: Slot) -> Filling {
    match (slot, stage.plan.upper) {
        (Slot::Source, _) => stage.source(),
        (Slot::Buffer, Upper::Mapping) => stage.mapping(),
        (Slot::Buffer, Upper::Memory) => stage.memory(),
        (Slot::Buffer, _) => stage.own_buffer(),
        (Slot::Pipe, _) => stage.pipe(),
        (Slot::Sink, _) => stage.sink(),
        _ => (None, None),
    }
}

impl Stage<'_> {
    /// The source: full when warm; when cold, as far as it has been taken. The cells that the call takes are hot.
    fn source(&self) -> Filling {
        let (before, now) = (&self.now.before, self.now_taken());
        let from = before.taken;
        // How much of it has arrived in a socket's queue, nobody tells: only what a call takes is known.
        let queue = self.plan.start == Start::Tcp;
        let there = if queue { 0 } else { self.in_cache() };
        let mut gauge = filled(self.cells(there), Mark::Bytes(Tone::Stale));
        self.mark_fetched(&mut gauge);
        // While the buffer is written out, its original still lies here.
        let writes = self.edge == Some(Edge::Write);
        let kept = before.buffer > 0 && !queue && !self.plan.direct;
        let written = self.now.hop.as_ref().filter(|_| writes && kept);
        if let Some(hop) = self.taking().or(written) {
            let chunk = match writes {
                true => from.saturating_sub(before.buffer)..from,
                false => from..from + now,
            };
            self.mark(&mut gauge, chunk, Mark::Bytes(Tone::Hot(hop.how)));
        }
        let known = match queue {
            true => now,
            // Counted once it has arrived.
            false if self.edge == Some(Edge::Fetch) && !self.returned() => self.now.before.fetched,
            false => there,
        };
        let amount = (!queue || now > 0).then(|| Size(known).to_string());
        (Some(gauge), amount)
    }

    /// Bytes that the current call takes out of the source's pages.
    fn now_taken(&self) -> u64 {
        self.taking().map_or(0, |hop| hop.bytes)
    }

    /// Bytes of the source that are known to be in the page cache: all of them, or as far as the disk has brought them.
    fn in_cache(&self) -> u64 {
        let before = &self.now.before;
        match self.cold {
            true => before.fetched.max(before.taken + self.now_taken()),
            false => self.total,
        }
    }

    /// What the disk brings now: part of a chunk until the last token is there.
    fn mark_fetched(&self, gauge: &mut Gauge) {
        let fetch = self
            .now
            .hop
            .as_ref()
            .filter(|_| self.edge == Some(Edge::Fetch));
        if let Some(hop) = fetch.filter(|_| self.arrived > 0) {
            let hot = Tone::Hot(How::Dma);
            let mark = match self.returned() {
                true => Mark::Bytes(hot),
                false => Mark::PartBytes(hot),
            };
            let from = self.now.before.fetched;
            self.mark(gauge, from..from + hop.bytes, mark);
        }
    }

    fn own_buffer(&self) -> Filling {
        let before = self.now.before.buffer;
        let room = self.spec.chunk.0.max(1) as f64;
        let cells = |bytes: u64| bytes as f64 / room * 16.0;
        let how = self.now.hop.as_ref().map_or(How::CpuCopy, |hop| hop.how);
        let hot = Mark::Bytes(Tone::Hot(how));
        let (gauge, held) = match (self.edge, &self.now.hop) {
            (Some(Edge::Read | Edge::Direct), Some(hop)) => {
                let mut gauge = filled(cells(before), Mark::Bytes(Tone::Stale));
                let share = f64::from(self.arrived) / f64::from(TOKENS);
                let new = (cells(hop.bytes) * share).ceil() as usize;
                gauge.iter_mut().take(new).for_each(|cell| *cell = hot);
                (gauge, if self.returned() { hop.bytes } else { before })
            }
            (Some(Edge::Write), _) => (filled(cells(before), hot), before),
            _ => (filled(cells(before), Mark::Bytes(Tone::Plain)), before),
        };
        (Some(gauge), Some(amount(held)))
    }

    /// Everything is there from the beginning; what the call hands over is hot.
    fn memory(&self) -> Filling {
        let mut gauge = filled(self.cells(self.total), Mark::Bytes(Tone::Plain));
        let from = match self.edge {
            Some(Edge::Fill) => Some(self.now.before.taken),
            Some(Edge::Write) => Some(self.now.before.handed),
            Some(Edge::Share) => Some(0),
            _ => None,
        };
        if let (Some(from), Some(hop)) = (from, &self.now.hop) {
            let hot = Mark::Bytes(Tone::Hot(hop.how));
            self.mark(&mut gauge, from..from + hop.bytes, hot);
        }
        (Some(gauge), Some(amount(self.total)))
    }

    fn mapping(&self) -> Filling {
        let now = match (self.edge, &self.now.hop) {
            (Some(Edge::View), Some(hop)) if self.returned() => hop.bytes,
            _ => 0,
        };
        let mapped = self.now.before.mapped + now;
        if mapped == 0 {
            return (Some([Mark::Empty; 16]), Some("not mapped".to_owned()));
        }
        // Nothing can be seen through it that is not in the page cache.
        let seen = self.cells(mapped.min(self.in_cache()));
        let gauge = filled(seen, Mark::Mapped(Tone::Hot(How::Mapping)));
        (Some(gauge), Some(Size(mapped).to_string()))
    }

    /// The pipe on the way: the references that it holds now.
    fn pipe(&self) -> Filling {
        let cells = |bytes: u64| bytes as f64 / self.pipe_size.max(1) as f64 * 16.0;
        let quiet = Mark::References(Tone::Quiet(How::Reference));
        let hot = Mark::References(Tone::Hot(How::Reference));
        let before = self.now.before.piped;
        let (shown, mark, held) = match (self.edge, &self.now.hop) {
            (Some(Edge::Fill), Some(hop)) => {
                let new = hop.bytes * u64::from(self.arrived) / u64::from(TOKENS);
                let now = if self.returned() { hop.bytes } else { 0 };
                (before + new, hot, before + now)
            }
            (Some(Edge::Drain), Some(hop)) if self.returned() && !self.tees => {
                let held = before.saturating_sub(hop.bytes);
                (held, quiet, held)
            }
            (Some(Edge::Drain), _) => (before, hot, before),
            _ => (before, quiet, before),
        };
        (Some(filled(cells(shown), mark)), Some(amount(held)))
    }

    /// The sink: what was handed over so far; the landing cell is part of a chunk until the last token is there.
    fn sink(&self) -> Filling {
        let last = [Edge::Write, Edge::Across, Edge::Drain];
        let how = last.into_iter().find_map(|edge| self.hows[edge as usize]);
        let by_reference = how == Some(How::Reference);
        let whole = |tone| match by_reference {
            true => Mark::References(tone),
            false => Mark::Bytes(tone),
        };
        let settled = match by_reference {
            true => Tone::Quiet(How::Reference),
            false => Tone::Plain,
        };
        let hop = self.handing();
        let before = self.now.before.handed;
        let now = hop.filter(|_| self.returned()).map_or(0, |hop| hop.bytes);
        let mut gauge = filled(self.cells(before + now), whole(settled));
        if let Some(hop) = hop.filter(|_| self.arrived > 0) {
            let hot = Tone::Hot(hop.how);
            let mark = match (self.returned(), by_reference) {
                (true, _) => whole(hot),
                (false, true) => Mark::PartReferences(hot),
                (false, false) => Mark::PartBytes(hot),
            };
            self.mark(&mut gauge, before..before + hop.bytes, mark);
        }
        (Some(gauge), Some(amount(before + now)))
    }

    /// Bytes of the run as gauge cells.
    fn cells(&self, bytes: u64) -> f64 {
        bytes as f64 / self.total.max(1) as f64 * 16.0
    }

    /// Marks the cells of a range of bytes. It may be less than a cell: the cell that it lies in is marked.
    fn mark(&self, gauge: &mut Gauge, bytes: std::ops::Range<u64>, mark: Mark) {
        let first = self.cells(bytes.start).floor() as usize;
        let last = (self.cells(bytes.end).ceil() as usize).max(first + 1);
        gauge[first.min(15)..last.min(16)].fill(mark);
    }
}

fn amount(bytes: u64) -> String {
    match bytes {
        0 => "empty".to_owned(),
        _ => Size(bytes).to_string(),
    }
}

/// A gauge with so many cells filled; the last one as a part, if only a part of it is there.
fn filled(cells: f64, mark: Mark) -> Gauge {
    let mut gauge = [Mark::Empty; 16];
    // 16 equal chunks must fill 16 cells, whatever the division left.
    let cells = (cells + 1e-9).clamp(0.0, 16.0);
    for (number, cell) in gauge.iter_mut().enumerate() {
        let there = cells - number as f64;
        if there >= 1.0 {
            *cell = mark;
        } else if there > 1e-6 {
            *cell = match mark {
                Mark::Bytes(tone) => Mark::PartBytes(tone),
                Mark::References(tone) => Mark::PartReferences(tone),
                other => other,
            };
        }
    }
    gauge
}
