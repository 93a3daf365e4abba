//! What reads brought into memory, as long as some address or queue still holds it.

use std::rc::Rc;

use super::{ends::EndId, path::PathId, sample::Likeness, space::ArrivalId, tally::Token};

/// Bytes of one way that one read brought to consecutive addresses.
pub(super) struct Arrival {
    pub path: PathId,
    pub token: Rc<Token>,
    pub base: u64,
    pub length: u64,
    /// How many of them were written on.
    pub delivered: u64,
    pub likeness: Likeness,
    /// The memory of the program that read them.
    pub memory: EndId,
    references: u32,
}

/// Bytes that were read, and never written on.
pub(super) struct Kept {
    pub path: PathId,
    pub token: Rc<Token>,
    pub bytes: u64,
    pub memory: EndId,
}

#[derive(Default)]
pub(super) struct Arrivals {
    slots: Vec<Option<Arrival>>,
    free: Vec<ArrivalId>,
    /// Of arrivals that nothing holds any more.
    pub kept: Vec<Kept>,
}

impl Arrivals {
    /// A new one, held once by the caller.
    pub fn insert(
        &mut self,
        (path, token): (PathId, Rc<Token>),
        (base, length): (u64, u64),
        likeness: Likeness,
        memory: EndId,
    ) -> ArrivalId {
        let arrival = Arrival {
            path,
            token,
            base,
            length,
            delivered: 0,
            likeness,
            memory,
            references: 1,
        };
        match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = Some(arrival);
                id
            }
            None => {
                self.slots.push(Some(arrival));
                (self.slots.len() - 1) as ArrivalId
            }
        }
    }

    pub fn get(&self, id: ArrivalId) -> Option<&Arrival> {
        self.slots.get(id as usize)?.as_ref()
    }

    /// So many of its bytes were written on.
    pub fn deliver(&mut self, id: ArrivalId, bytes: u64) {
        if let Some(Some(arrival)) = self.slots.get_mut(id as usize) {
            arrival.delivered = arrival.length.min(arrival.delivered + bytes);
        }
    }

    /// One more place holds it (+1), or one less (-1).
    pub fn change(&mut self, id: ArrivalId, by: i32) {
        let Some(slot) = self.slots.get_mut(id as usize) else {
            return;
        };
        let Some(arrival) = slot else {
            return;
        };
        arrival.references = arrival.references.saturating_add_signed(by);
        if arrival.references > 0 {
            return;
        }
        if let Some(gone) = slot.take() {
            self.free.push(id);
            let bytes = gone.length - gone.delivered;
            if bytes > 0 {
                self.kept.push(Kept {
                    path: gone.path,
                    token: gone.token,
                    bytes,
                    memory: gone.memory,
                });
            }
        }
    }
}
