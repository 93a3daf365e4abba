//! `--until-bytes` and `--until-calls`: how much is enough.

use super::handle::Ending;
use crate::syscall::Op;

/// What has been counted, where something limits it.
#[derive(Debug, Default)]
pub(super) struct Limits {
    ending: Ending,
    calls: u64,
    read: u64,
    written: u64,
}

impl Limits {
    pub fn new(ending: Ending) -> Limits {
        Limits {
            ending,
            ..Limits::default()
        }
    }

    /// A call has returned.
    pub fn count_call(&mut self) {
        self.calls += 1;
    }

    /// A call or a request has moved so many bytes.
    pub fn count_bytes(&mut self, op: Op, bytes: u64) {
        let moves = op.moves();
        self.read += if moves.reads { bytes } else { 0 };
        self.written += if moves.writes { bytes } else { 0 };
    }

    pub fn are_reached(&self) -> bool {
        let Ending { bytes, calls, .. } = self.ending;
        bytes.is_some_and(|most| self.read.max(self.written) >= most)
            || calls.is_some_and(|most| self.calls >= most)
    }
}
