//! Zero-copy sends: whether one was a copy is known when the kernel reports it, and not before.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    pending::Sent,
    tally::MovingCall,
};
use crate::copypath::rule::Report;

/// Said where the kernel did not report, or was not asked.
pub(super) const UNREPORTED: &str = "MSG_ZEROCOPY, SEND_ZC: of some sends the program did not ask what became of them; they count as documented: copied within this machine, else not";

impl Flows {
    /// What a read of a socket's error queue has brought.
    pub(super) fn read_reports(
        &mut self,
        (socket, message): (&OpenFile, u64),
        call: &Rc<MovingCall>,
        tracee: &dyn TraceeMemory,
    ) {
        for (first, last, copied) in memory::zerocopy_reports(message, tracee) {
            for sent in self.unreported.take(socket.identity, first, last) {
                self.loan_ends(sent.by, call, tracee);
                let report = Report::of_zerocopy(Some(copied));
                self.go(Sent { report, ..sent });
            }
        }
    }

    /// Of none of those that wait anything more will be heard.
    pub(super) fn give_up_reports(&mut self) {
        for sent in self.unreported.take_all() {
            self.go(sent);
        }
    }
}
