//! The count of a transfer's bytes by the kernel's own functions, from within the sending process: read just before the
//! transfer, just after it, and again when the peer has ended.

use anyhow::{Context, Result, bail};

use crate::measure::kernel_copies::{self, CountedSide, KernelCopies, Snapshot};
use crate::model::{CountedBytes, CountedCopies, Unavailable};

/// A count under way.
pub(crate) struct CopyCount {
    copies: KernelCopies,
    begin: Option<Snapshot>,
    end: Option<Snapshot>,
}

impl CopyCount {
    /// Attaches it, where it is wanted and can be had.
    pub(super) fn attach(
        wanted: bool,
        peers: &[u32],
        unavailable: &mut Vec<Unavailable>,
    ) -> Option<CopyCount> {
        if !wanted {
            return None;
        }
        let attached = KernelCopies::attach().and_then(|copies| {
            let processes = peers.iter().map(|peer| (*peer, CountedSide::Peer));
            for (process, side) in processes.chain([(std::process::id(), CountedSide::Own)]) {
                let told = copies.count(process, side);
                told.map_err(|error| format!("a process cannot be named to it ({error})"))?;
            }
            Ok(copies)
        });
        let refused = |reason| unavailable.push(Unavailable::new("kernel-copies", reason));
        let copies = attached.map_err(refused).ok()?;
        Some(CopyCount {
            copies,
            begin: None,
            end: None,
        })
    }

    /// Begins a count of processes that are yet to come.
    ///
    /// # Errors
    /// Why it cannot be had, in one sentence.
    pub(crate) fn of_program() -> Result<CopyCount, String> {
        let copies = KernelCopies::attach()?;
        let begin = copies.snapshot();
        let begin = begin.map_err(|error| format!("what is counted cannot be read ({error})"))?;
        Ok(CopyCount {
            copies,
            begin: Some(begin),
            end: None,
        })
    }

    /// A process of the program.
    pub(super) fn follow(&self, pid: i32) {
        // Where the table of processes is full, or a kernel has no room for it, its bytes stay with everybody else's.
        if let Err(error) = self.copies.count(pid as u32, CountedSide::Own) {
            tracing::warn!(pid, %error, "a process is not counted");
        }
    }

    /// What the program's processes moved so far.
    pub(super) fn so_far(&self) -> Option<CountedBytes> {
        let now = self.copies.snapshot().ok()?;
        Some(kernel_copies::since(self.begin.as_ref()?, &now))
    }

    /// The transfer begins.
    ///
    /// # Errors
    /// The kernel refuses to show what it counted.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.begin = Some(self.now()?);
        Ok(())
    }

    /// The transfer has been made.
    ///
    /// # Errors
    /// As [`CopyCount::begin`].
    pub(super) fn end(&mut self) -> Result<()> {
        self.end = Some(self.now()?);
        Ok(())
    }

    /// The peer has ended.
    ///
    /// # Errors
    /// As [`CopyCount::begin`].
    pub(super) fn finish(self) -> Result<CountedCopies> {
        let last = self.now()?;
        let (Some(begin), Some(end)) = (&self.begin, &self.end) else {
            bail!("nothing was transferred while the kernel's functions counted");
        };
        Ok(kernel_copies::between(begin, end, &last))
    }

    fn now(&self) -> Result<Snapshot> {
        let snapshot = self.copies.snapshot();
        snapshot.context("cannot read what the kernel's functions counted")
    }
}
