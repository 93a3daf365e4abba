//! What lends the kernel bytes, what changes them, and what shows that they were changed too early: see [`super::hazards`].

use std::rc::Rc;

use super::{
    engine::Flows,
    fingerprint::{Fingerprint, WHOLE, is_varied},
    hazards::{Lender, Lent, Loan, MARK, Part},
    memory::{Range, TraceeMemory},
    tally::{MovingCall, Provenance},
};
use crate::model::HazardKind;

impl Flows {
    /// The kernel refers to these bytes of a program's memory from now on.
    pub(super) fn lend_memory(
        &mut self,
        (call, lender): (&Rc<MovingCall>, Lender),
        ranges: &[Range],
        tracee: &dyn TraceeMemory,
    ) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let part = |range: &Range| Part {
            range: *range,
            fingerprint: Fingerprint::of(range.start, range.length, tracee),
        };
        let loan = Loan {
            call: Rc::clone(call),
            name: self.programs[running.program as usize].clone(),
            lent: Lent::Memory {
                space: running.space,
                parts: ranges.iter().map(part).collect(),
                overwritten_by: None,
            },
            arrived: 0,
        };
        self.hazards.lend(lender, loan);
    }

    /// A pipe refers to pages of a file from now on.
    pub(super) fn lend_file(
        &mut self,
        call: &Rc<MovingCall>,
        identity: u64,
        name: String,
        bytes: u64,
    ) {
        let lent = Lent::File {
            identity,
            bytes,
            marks: Vec::new(),
        };
        let loan = Loan {
            call: Rc::clone(call),
            name,
            lent,
            arrived: 0,
        };
        self.hazards.lend(call.number, loan);
    }

    /// A file of which pages are in a pipe is about to be written to: `offset` says where, or it is at the descriptor's
    /// position. Bytes that are other ones than stand there are recognised where they arrive.
    pub(super) fn writes_lent_file(
        &mut self,
        (identity, fd, offset): (u64, i32, Option<u64>),
        call: &Rc<MovingCall>,
        ranges: &[Range],
        tracee: &dyn TraceeMemory,
    ) {
        let Some(first) = ranges.first() else {
            return;
        };
        let (mut new, mut old) = ([0; MARK], [0; MARK]);
        let is_read = tracee.read(first.start, &mut new) == MARK && first.length >= MARK as u64;
        if is_read
            && is_varied(&new)
            && tracee.read_file(fd, offset, &mut old) == MARK
            && new != old
        {
            self.hazards.mark(identity, call, new);
        }
    }

    /// Bytes have arrived in memory, at an address: those of a loan, if these calls moved them.
    pub(super) fn loan_arrives(
        &mut self,
        provenance: &Provenance,
        (start, length): (u64, u64),
        call: &Rc<MovingCall>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(lender) = self.hazards.lender_of(provenance) else {
            return;
        };
        let mut bytes = vec![0; length.min(WHOLE) as usize];
        let read = tracee.read(start, &mut bytes);
        bytes.truncate(read);
        let Some(mut loan) = self.hazards.loans.remove(&lender) else {
            return;
        };
        let from = loan.arrived;
        loan.arrived += length;
        match loan.changed(from, &bytes, tracee) {
            Some((kind, changed_by)) => {
                let length = loan.length();
                self.hazards.found(&loan, (kind, length), changed_by, call);
            }
            None if loan.arrived < loan.length() => {
                self.hazards.loans.insert(lender, loan);
            }
            None => {}
        }
    }

    /// The kernel gives the memory of a zero-copy send back.
    pub(super) fn loan_ends(
        &mut self,
        lender: Lender,
        call: &Rc<MovingCall>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(loan) = self.hazards.loans.remove(&lender) else {
            return;
        };
        let Lent::Memory {
            parts,
            overwritten_by,
            ..
        } = &loan.lent
        else {
            return;
        };
        if parts.iter().any(|part| part.has_changed(tracee)) {
            let found = (HazardKind::Memory, loan.length());
            self.hazards
                .found(&loan, found, overwritten_by.clone(), call);
        }
    }
}
