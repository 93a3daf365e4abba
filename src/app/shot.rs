//! A recording at one moment: what is seen of it, and what has been counted.

use crate::figure::{Playback, Position, Scene};
use crate::model::Summary;
use crate::syscall::{Style, format_call};

/// Figures of the traced run, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Calls that have returned.
    pub syscalls: u64,
    /// Mode switches: counted at entry and at return.
    pub mode_switches: u64,
    /// Bytes that the CPU copied, on the sender's side.
    pub copied_bytes: u64,
    /// The same per byte that the whole run moved: it grows as the run is played. None where nothing was moved.
    pub copies_per_byte: Option<f64>,
}

/// Exactly the whole run's figure once all is copied.
fn copies_so_far(summary: &Summary, copied: u64) -> Option<f64> {
    let whole = summary.cpu_copies_per_byte?;
    Some(match summary.cpu_copied_bytes {
        Some(all) if all > copied => whole * copied as f64 / all as f64,
        _ => whole,
    })
}

/// Figures so far, and of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Up to the player's position.
    pub so_far: Figures,
    /// Of the whole traced run.
    pub whole: Figures,
}

/// A recording with calls, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Shot<'a> {
    pub(super) playback: &'a Playback,
    pub(super) position: Position,
    /// Whether single tokens travel.
    pub(super) tokens: bool,
    /// Whether the first call has entered the kernel.
    pub(super) begun: bool,
}

impl<'a> Shot<'a> {
    pub(crate) fn playback(&self) -> &'a Playback {
        self.playback
    }

    pub(crate) fn scene(&self) -> Scene {
        self.playback.scene(self.position, self.tokens)
    }

    /// Figures so far and of the whole run.
    pub(crate) fn counters(&self) -> Counters {
        let summary = &self.playback.summary;
        let sums = self.playback.sums(self.position);
        let entered = u64::from(sums.calls == self.position.call as u64 && self.begun);
        Counters {
            so_far: Figures {
                syscalls: sums.calls,
                mode_switches: 2 * sums.calls + entered,
                copied_bytes: sums.copied,
                copies_per_byte: copies_so_far(summary, sums.copied),
            },
            whole: Figures {
                syscalls: summary.syscalls.unwrap_or(0),
                mode_switches: summary.mode_switches.unwrap_or(0),
                copied_bytes: summary.cpu_copied_bytes.unwrap_or(0),
                copies_per_byte: summary.cpu_copies_per_byte,
            },
        }
    }

    /// The current call.
    pub(crate) fn call_text(&self, style: Style) -> Option<String> {
        let call = self.playback.call(self.position.call)?;
        Some(format_call(self.playback.trace(), call, style))
    }
}
