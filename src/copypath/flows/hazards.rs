//! Bytes that are changed while the kernel still refers to them: memory that a program lent it (vmsplice, zero-copy
//! sends), and pages of a file that stand in a pipe. What is sent then is not what was meant.
//!
//! Nothing is claimed by the order of calls alone, which a reader at the other end knows better than the tracer. Of what
//! was lent to a pipe, the bytes that arrived are compared with those that were lent, and the memory must have changed as
//! well; of a file, bytes must arrive that were written to it later; of a zero-copy send, the memory must have changed
//! when the kernel gives it back.

use std::{collections::BTreeMap, ops::Range as Addresses, rc::Rc};

use super::{
    fingerprint::{Fingerprint, WHOLE},
    memory::{Range, TraceeMemory},
    tally::{MovingCall, NO_CALL, Provenance},
};
use crate::model::{Hazard, HazardCall, HazardKind, Size, duration};

/// More that is lent at once is not looked after: the oldest is forgotten.
const MOST_LOANS: usize = 1024;
/// More hazards are not told one by one.
const MOST_FOUND: usize = 1000;
/// What of a write tells it from what stood in the file before.
pub(super) const MARK: usize = 64;

/// By what a loan is known: the number of the call that lent, or that of the request in a ring.
pub(super) type Lender = u64;

/// Bytes that the kernel refers to.
pub(super) struct Loan {
    pub call: Rc<MovingCall>,
    /// What is called so in the report: the program, or the file.
    pub name: String,
    pub lent: Lent,
    /// How many of its bytes have arrived where they were read.
    pub arrived: u64,
}

pub(super) enum Lent {
    Memory {
        space: u32,
        parts: Vec<Part>,
        overwritten_by: Option<Rc<MovingCall>>,
    },
    /// Pages of the page cache, and what was written to the file since.
    File {
        identity: u64,
        bytes: u64,
        marks: Vec<(Rc<MovingCall>, [u8; MARK])>,
    },
}

/// Consecutive addresses, and what stood there when they were lent.
pub(super) struct Part {
    pub range: Range,
    pub fingerprint: Fingerprint,
}

/// What is lent, and what has come of it.
#[derive(Default)]
pub(super) struct Hazards {
    pub loans: BTreeMap<Lender, Loan>,
    found: Vec<(Hazard, Calls)>,
}

/// The calls of a hazard, whose names are known at the end.
struct Calls {
    lent_by: Rc<MovingCall>,
    changed_by: Option<Rc<MovingCall>>,
    seen_by: Rc<MovingCall>,
}

impl Hazards {
    pub fn lend(&mut self, lender: Lender, loan: Loan) {
        if self.loans.len() >= MOST_LOANS {
            self.loans.pop_first();
        }
        self.loans.insert(lender, loan);
    }

    pub fn is_empty(&self) -> bool {
        self.loans.is_empty()
    }

    /// So many bytes of what was to be lent were; of zero there is no loan.
    pub fn settle(&mut self, lender: Lender, bytes: u64) {
        let Some(loan) = self.loans.get_mut(&lender) else {
            return;
        };
        if let Lent::Memory { parts, .. } = &mut loan.lent {
            let mut left = bytes;
            parts.retain(|part| {
                let is_lent = part.range.length <= left;
                left = left.saturating_sub(part.range.length);
                is_lent
            });
        }
        if loan.length() == 0 || loan.arrived >= loan.length() || bytes == 0 {
            self.loans.remove(&lender);
        }
    }

    /// A call brings bytes to these addresses.
    pub fn overwritten(&mut self, of: u32, addresses: &Addresses<u64>, call: &Rc<MovingCall>) {
        for loan in self.loans.values_mut() {
            let Lent::Memory {
                space,
                parts,
                overwritten_by,
            } = &mut loan.lent
            else {
                continue;
            };
            let touches = |part: &Part| {
                let end = part.range.start + part.range.length;
                part.range.start < addresses.end && addresses.start < end
            };
            if *space == of && overwritten_by.is_none() && parts.iter().any(touches) {
                *overwritten_by = Some(Rc::clone(call));
            }
        }
    }

    /// Whether pages of this file stand in a pipe.
    pub fn lends_file(&self, of: u64) -> bool {
        let mut loans = self.loans.values();
        loans.any(|loan| matches!(loan.lent, Lent::File { identity, .. } if identity == of))
    }

    pub fn mark(&mut self, of: u64, call: &Rc<MovingCall>, mark: [u8; MARK]) {
        for loan in self.loans.values_mut() {
            if let Lent::File {
                identity, marks, ..
            } = &mut loan.lent
                && *identity == of
                && marks.len() < 16
            {
                marks.push((Rc::clone(call), mark));
            }
        }
    }

    /// What was lent, of bytes that these calls moved.
    pub fn lender_of(&self, provenance: &Provenance) -> Option<Lender> {
        let mut next = Some(provenance);
        while let Some(at) = next {
            let lender = at.call.number;
            if self.loans.contains_key(&lender) {
                return Some(lender);
            }
            next = at.before.as_deref();
        }
        None
    }

    pub fn found(
        &mut self,
        loan: &Loan,
        (kind, bytes): (HazardKind, u64),
        changed_by: Option<Rc<MovingCall>>,
        seen_by: &Rc<MovingCall>,
    ) {
        if self.found.len() >= MOST_FOUND {
            return;
        }
        let hazard = Hazard {
            kind,
            name: loan.name.clone(),
            bytes,
            ..Hazard::default()
        };
        let calls = Calls {
            lent_by: Rc::clone(&loan.call),
            changed_by,
            seen_by: Rc::clone(seen_by),
        };
        self.found.push((hazard, calls));
    }

    /// All that were found, in the order in which they were seen; names are those of calls.
    pub fn report(&self, names: &[String]) -> Vec<Hazard> {
        let told = |call: &Rc<MovingCall>| HazardCall {
            call: match call.number {
                NO_CALL => "io_uring".to_owned(), // completions that no call shows
                _ => names
                    .get(usize::from(call.name))
                    .cloned()
                    .unwrap_or_default(),
            },
            pid: call.pid,
            at_ns: call.start_ns,
        };
        let found = self.found.iter();
        let hazards = found.map(|(hazard, calls)| Hazard {
            lent_by: told(&calls.lent_by),
            changed_by: calls.changed_by.as_ref().map(told),
            seen_by: told(&calls.seen_by),
            ..hazard.clone()
        });
        hazards.collect()
    }
}

/// What happened, in one sentence, with the calls and their times.
pub fn hazard_sentence(hazard: &Hazard) -> String {
    let at = |call: &HazardCall| {
        let time = duration(call.at_ns);
        format!("{} (process {}, at {time})", call.call, call.pid)
    };
    let size = Size(hazard.bytes);
    let lent = match hazard.kind {
        HazardKind::Memory => format!("lent {size} of the memory of {}", hazard.name),
        HazardKind::File => format!("put {size} of {} in a pipe by reference", hazard.name),
    };
    let changed_by = match &hazard.changed_by {
        Some(call) => at(call),
        None => "a store of the program itself".to_owned(),
    };
    format!(
        "{} {lent}; {changed_by} changed them while the kernel still referred to them; seen by {}",
        at(&hazard.lent_by),
        at(&hazard.seen_by)
    )
}

impl Loan {
    pub fn length(&self) -> u64 {
        match &self.lent {
            Lent::Memory { parts, .. } => parts.iter().map(|part| part.range.length).sum(),
            Lent::File { bytes, .. } => *bytes,
        }
    }

    /// Whether bytes that arrived, from this place of it on, are other ones than were lent; and what changed them.
    pub fn changed(
        &self,
        from: u64,
        bytes: &[u8],
        tracee: &dyn TraceeMemory,
    ) -> Option<(HazardKind, Option<Rc<MovingCall>>)> {
        match &self.lent {
            Lent::File { marks, .. } => {
                let is_in = |mark: &[u8; MARK]| bytes.windows(MARK).any(|here| here == mark);
                let (call, _) = marks.iter().find(|(_, mark)| is_in(mark))?;
                Some((HazardKind::File, Some(Rc::clone(call))))
            }
            Lent::Memory {
                parts,
                overwritten_by,
                ..
            } => {
                let lender = tracee.of_process(self.call.pid)?;
                let differing = differing(parts, from, bytes)?;
                let is_it = differing.has_changed(&*lender);
                is_it.then(|| (HazardKind::Memory, overwritten_by.clone()))
            }
        }
    }
}

impl Part {
    pub fn has_changed(&self, tracee: &dyn TraceeMemory) -> bool {
        let Range { start, length } = self.range;
        let mut now = vec![0; length.min(WHOLE) as usize];
        let read = tracee.read(start, &mut now);
        now.truncate(read);
        self.fingerprint.difference(0, &now, length).is_some()
    }
}

/// The part that bytes differ from which arrived from this place of all parts on.
fn differing<'a>(parts: &'a [Part], from: u64, bytes: &[u8]) -> Option<&'a Part> {
    let mut begins = 0;
    let to = from + bytes.len() as u64;
    parts.iter().find(|part| {
        let (first, length) = (begins, part.range.length);
        begins += length;
        let (start, end) = (from.max(first), to.min(first + length));
        start < end && {
            let here = &bytes[(start - from) as usize..(end - from) as usize];
            let differs = part.fingerprint.difference(start - first, here, length);
            differs.is_some()
        }
    })
}
