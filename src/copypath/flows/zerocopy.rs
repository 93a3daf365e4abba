//! Zero-copy sends: whether one was a copy is known when the kernel reports it, and not before.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    pending::{Pending, Sent},
    tally::MovingCall,
};
use crate::copypath::rule::{Medium, Report};
use crate::model::{DescriptorKind, ZeroCopySends};
use crate::syscall::{MSG_ZEROCOPY, Op};

/// Said where the kernel did not report, or was not asked.
pub(super) const UNREPORTED: &str = "MSG_ZEROCOPY, SEND_ZC: of some sends the program did not ask what became of them; they count as documented: copied within this machine, else not";

impl Flows {
    /// A send that asked the kernel not to copy has gone, with what is known of it.
    pub(super) fn count_zero_copy(&mut self, sent: &Sent) {
        let (reported, copied) = match sent.report {
            Report::Outstanding => (0, 0),
            Report::NotCopied => (1, 0),
            Report::Copied => (1, 1),
            _ => return,
        };
        let sends = self.zero_copy_of(&sent.sink);
        sends.asked += 1;
        sends.bytes += sent.pieces.iter().map(|piece| piece.length).sum::<u64>();
        sends.reported += reported;
        sends.copied += copied;
    }

    /// A send that asked for it in vain: the socket has no `SO_ZEROCOPY`.
    pub(super) fn count_ignored(&mut self, pending: &Pending, op: Op, args: &[u64; 6], bytes: u64) {
        let Some(sent) = pending.sent.as_ref().filter(|_| bytes > 0) else {
            return;
        };
        let is_internet = matches!(sent.sink.kind, DescriptorKind::Tcp | DescriptorKind::Udp);
        let is_ignored = sent.report == Report::None && is_internet;
        if is_ignored && op.message_flags(args) & MSG_ZEROCOPY != 0 {
            let sends = self.zero_copy_of(&sent.sink);
            sends.asked += 1;
            sends.bytes += bytes;
            sends.ignored += 1;
        }
    }

    fn zero_copy_of(&mut self, sink: &OpenFile) -> &mut ZeroCopySends {
        let (ends, end) = (&self.ends, sink.sink);
        self.zero_copy.entry(end).or_insert_with(|| ZeroCopySends {
            to: ends.get(end).clone(),
            asked: 0,
            bytes: 0,
            ignored: 0,
            reported: 0,
            copied: 0,
            loopback: sink.medium == Medium::LoopedSocket,
        })
    }

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
