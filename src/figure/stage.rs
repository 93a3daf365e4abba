//! One moment of a transfer, as its scene and its gauges ask for it.

use super::{
    plan::{Edge, Plan},
    playback::Moment,
};
use crate::model::{Hop, How, TransferSpec};

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
    /// Bytes of the run.
    pub(super) total: u64,
    /// The disk had to be read.
    pub(super) cold: bool,
}

impl Stage<'_> {
    /// Whether the current hop is over.
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

    /// How bytes go along an edge in this run.
    pub(super) fn how_of(&self, edge: Edge) -> Option<How> {
        self.hows[edge as usize]
    }
}
