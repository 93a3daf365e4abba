//! What reads brought into memory, as long as some address or queue still holds it.

use std::rc::Rc;

use super::{
    ends::EndId, fingerprint::Fingerprint, path::PathId, space::ExtentId, tally::Provenance,
};

/// Bytes of one way that one read brought to consecutive addresses.
pub(super) struct ReadExtent {
    pub path: PathId,
    pub provenance: Rc<Provenance>,
    pub base: u64,
    pub length: u64,
    /// How many of them were written on.
    pub delivered: u64,
    pub fingerprint: Fingerprint,
    /// The memory of the program that read them.
    pub memory: EndId,
    references: u32,
}

/// Bytes that were read, and never written on.
pub(super) struct Kept {
    pub path: PathId,
    pub provenance: Rc<Provenance>,
    pub bytes: u64,
    pub memory: EndId,
}

#[derive(Default)]
pub(super) struct ReadExtents {
    slots: Vec<Option<ReadExtent>>,
    free: Vec<ExtentId>,
    /// Of extents that nothing holds any more.
    pub kept: Vec<Kept>,
}

impl ReadExtents {
    /// A new one, held once by the caller.
    pub fn insert(
        &mut self,
        (path, provenance): (PathId, Rc<Provenance>),
        (base, length): (u64, u64),
        fingerprint: Fingerprint,
        memory: EndId,
    ) -> ExtentId {
        let extent = ReadExtent {
            path,
            provenance,
            base,
            length,
            delivered: 0,
            fingerprint,
            memory,
            references: 1,
        };
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

    /// So many of its bytes were written on.
    pub fn deliver(&mut self, id: ExtentId, bytes: u64) {
        if let Some(Some(extent)) = self.slots.get_mut(id as usize) {
            extent.delivered = extent.length.min(extent.delivered + bytes);
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
            let bytes = gone.length - gone.delivered;
            if bytes > 0 {
                self.kept.push(Kept {
                    path: gone.path,
                    provenance: gone.provenance,
                    bytes,
                    memory: gone.memory,
                });
            }
        }
    }
}
