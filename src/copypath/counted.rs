//! What the kernel's own functions counted, beside what the rule says of the same transfer.

use crate::model::{CountedCopies, How, Place, Side, Summary};

/// Copies per byte beyond which the two do not agree. Less than that is the noise of the run: a few bytes of the receiver's
/// report, or of the program's own pipes.
const TOLERANCE: f64 = 0.05;

/// The copies per byte of one side, by the rule and by the kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountedSide {
    /// Whose.
    pub side: Side,
    /// By the rule, from the calls of the traced run.
    pub rule: f64,
    /// By the kernel's own functions, in a run of its own.
    pub counted: f64,
}

impl CountedSide {
    /// Whether the two say the same.
    pub fn agrees(&self) -> bool {
        (self.rule - self.counted).abs() <= TOLERANCE
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let CountedSide { rule, counted, .. } = self;
        match self.agrees() {
            true => format!("The kernel counted {counted:.1} copies per byte, as the rule says."),
            false => {
                format!("The rule says {rule:.1} copies per byte, the kernel counted {counted:.1}.")
            }
        }
    }
}

/// The sides of a transfer that can be compared, the one that makes it first: the receiver, too, where a sender makes it; the peer of a
/// receiving method has sent before it begins. Empty without a traced run, and where nothing was moved.
pub fn counted_sides(summary: &Summary, counted: &CountedCopies, own: Side) -> Vec<CountedSide> {
    if summary.cpu_copied_bytes.is_none() || summary.bytes_moved == 0 {
        return Vec::new();
    }
    let moved = summary.bytes_moved as f64;
    let by = |side, how, from: Option<Place>| -> f64 {
        let hops = summary.copy_path.iter();
        let hops = hops.filter(|hop| hop.side == side && !hop.ghost && hop.how == how);
        let hops = hops.filter(|hop| from.is_none_or(|place| hop.from == place));
        hops.map(|hop| hop.bytes).sum::<u64>() as f64
    };
    // How much of what arrives fills whole pages, and is mapped, differs from run to run: the rule is applied to what the
    // counted run mapped, not to what the traced run did.
    let mapped_less = counted.mapped_bytes.map_or(0.0, |mapped| {
        by(own, How::Mapping, Some(Place::SocketQueue)) - mapped as f64
    });
    let of = |side, bytes: u64| CountedSide {
        side,
        rule: (by(side, How::CpuCopy, None) + if side == own { mapped_less } else { 0.0 }) / moved,
        counted: bytes as f64 / moved,
    };
    let mut sides = vec![of(own, counted.own.cpu_copied_bytes)];
    if own == Side::Sender {
        sides.push(of(Side::Receiver, counted.peer.cpu_copied_bytes));
    }
    sides
}
