//! How the bytes of a flow go into the memory of programs and out of it, as a line from left to right: a climb for each
//! time that they go in, a descent for each time that they go out.

use crate::model::{End, EndKind, Flow, Place};

/// More are drawn as so many.
const MOST: u16 = 8;

/// Climbs and descents in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    starts_in_memory: bool,
    /// Climbs and descents together.
    legs: u16,
}

/// Whether an end is in the memory of a program.
pub(super) fn is_memory(end: &End) -> bool {
    end.kind == EndKind::Memory
}

impl Course {
    pub(super) fn of(flow: &Flow) -> Course {
        let hops = flow.copy_path.iter().filter(|hop| !hop.ghost);
        let crossing = hops.filter(|hop| {
            let in_memory = |place| place == Place::UserBuffer;
            in_memory(hop.from) != in_memory(hop.to)
        });
        let bytes: u64 = crossing.map(|hop| hop.bytes).sum();
        let legs = (bytes as f64 / flow.bytes.max(1) as f64).round() as u16;
        let (starts_in_memory, ends_in_memory) = (is_memory(&flow.from), is_memory(&flow.to));
        // An odd number has its ends on two levels. A figure of many ways is rounded.
        let odd = starts_in_memory != ends_in_memory;
        let legs = legs.max(u16::from(odd)).min(MOST);
        Course {
            starts_in_memory,
            legs: legs + u16::from((legs % 2 == 1) != odd),
        }
    }

    /// Whether the bytes go through a program's memory.
    pub(super) fn rises(self) -> bool {
        self.legs > 0 || self.starts_in_memory
    }

    /// How high it is at a column of so many: 0 in the kernel, 1 in the memory of a program.
    pub(super) fn climbed(self, x: u16, span: u16) -> f64 {
        let ramp = self.ramp(span);
        let mut level = f64::from(u8::from(self.starts_in_memory));
        for leg in 0..self.legs {
            let is_climb = (leg % 2 == 0) != self.starts_in_memory;
            let done = (f64::from(x) - self.begins(leg, span)) / ramp;
            let done = done.clamp(0.0, 1.0);
            level += if is_climb { done } else { -done };
        }
        level
    }

    /// The columns from the level stretch before a leg to the one behind it; of no leg, or one that there is not, all.
    pub(super) fn leg(self, leg: Option<usize>, span: u16) -> (u16, u16) {
        let Some(leg) = leg.map(|leg| leg as u16).filter(|leg| *leg < self.legs) else {
            return (0, span);
        };
        let air = f64::from(span) / 16.0;
        let begins = self.begins(leg, span);
        let (from, to) = (begins - air, begins + self.ramp(span) + air);
        (from.max(0.0) as u16, (to as u16).min(span))
    }

    /// The columns of one climb or descent.
    fn ramp(self, span: u16) -> f64 {
        f64::from(span) / f64::from(2 * self.legs.max(2))
    }

    /// Where a climb or descent begins: at both ends there is a sixteenth, between them the rest in equal parts.
    fn begins(self, leg: u16, span: u16) -> f64 {
        let (whole, ramp) = (f64::from(span), self.ramp(span));
        let edge = whole / 16.0;
        match self.legs {
            // Level on the side of the program's memory.
            1 if self.starts_in_memory => whole - edge - ramp,
            1 => edge,
            legs => {
                let level = (whole - 2.0 * edge - f64::from(legs) * ramp) / f64::from(legs - 1);
                edge + f64::from(leg) * (ramp + level)
            }
        }
    }
}
