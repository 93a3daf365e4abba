//! What reads brought into memory, as long as some address or queue still holds it.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{
    ends::EndId, fingerprint::Fingerprint, path::PathId, space::ExtentId, tally::Provenance,
};

/// Bytes of one way that one read brought to consecutive addresses.
pub(super) struct ReadExtent {
    pub path: PathId,
    /// The calls that moved them; none of a mapped file.
    pub provenance: Option<Rc<Provenance>>,
    /// Where they were last seen to begin.
    pub base: u64,
    pub length: u64,
    /// How many of them were written on.
    pub delivered: u64,
    /// What they were last written to: what tells it from other such places.
    pub delivered_to: Option<u64>,
    pub fingerprint: Fingerprint,
    /// The memory of the program that read them.
    pub memory: EndId,
    pub kind: ExtentKind,
    /// How many places hold it.
    pub references: u32,
}

/// How they came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExtentKind {
    Read,
    /// They still stand in this socket (MSG_PEEK): a program that looks at them alone keeps nothing.
    Peeked(u64),
    /// A file is mapped there.
    Mapped,
}

#[derive(Default)]
pub(super) struct ReadExtents {
    slots: Vec<Option<ReadExtent>>,
    free: Vec<ExtentId>,
    /// Those that nothing holds any more, of which not all was written on.
    pub kept: Vec<ReadExtent>,
    /// By the socket: bytes that were peeked at and written on.
    pub peeked: FxHashMap<u64, u64>,
}

impl ReadExtents {
    /// A new one, held once by the caller.
    pub fn insert(&mut self, extent: ReadExtent) -> ExtentId {
        match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = Some(extent);
                id
            }
            None => {
                self.slots.push(Some(extent));
                (self.slots.len() - 1) as ExtentId
            }
        }
    }

    pub fn get(&self, id: ExtentId) -> Option<&ReadExtent> {
        self.slots.get(id as usize)?.as_ref()
    }

    /// So many bytes of one were written on, to this sink: most of them once more?
    pub fn deliver(&mut self, id: ExtentId, bytes: u64, sink: u64) -> bool {
        let Some(Some(extent)) = self.slots.get_mut(id as usize) else {
            return false;
        };
        let before = extent.delivered;
        extent.delivered = extent.length.min(before + bytes);
        extent.delivered_to = Some(sink);
        let new = extent.delivered - before;
        if let ExtentKind::Peeked(socket) = extent.kind {
            *self.peeked.entry(socket).or_default() += new;
        }
        new < bytes / 2
    }

    /// It begins elsewhere now.
    pub fn moved(&mut self, id: ExtentId, base: u64) {
        if let Some(Some(extent)) = self.slots.get_mut(id as usize) {
            extent.base = base;
        }
    }

    /// One more place holds it (+1), or one less (-1).
    pub fn change(&mut self, id: ExtentId, by: i32) {
        let Some(slot) = self.slots.get_mut(id as usize) else {
            return;
        };
        let Some(extent) = slot else {
            return;
        };
        extent.references = extent.references.saturating_add_signed(by);
        if extent.references > 0 {
            return;
        }
        if let Some(gone) = slot.take() {
            self.free.push(id);
            if gone.delivered < gone.length && gone.kind == ExtentKind::Read {
                self.kept.push(gone);
            }
        }
    }
}
