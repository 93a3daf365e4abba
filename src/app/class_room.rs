//! The room of a class, as the projector knows it.

use std::time::Duration;

use crate::class::{Phase, Snapshot};

/// Seconds without a first seat, after which the screen says what to do.
const PATIENCE: u64 = 60;

/// The room.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassRoom {
    pub(crate) now: Snapshot,
    /// By which it may be reached, the likeliest first.
    pub(crate) urls: Vec<String>,
    /// The one that is shown.
    pub(crate) url: usize,
    /// Which kernels differ, and why, is shown instead of the votes.
    pub(crate) shows_kernels: bool,
    /// What a second QR code joins: the Wi-Fi.
    pub(crate) wifi: Option<String>,
    /// What to do where nobody can connect.
    pub(crate) help: Vec<String>,
    /// The reveal was asked for at the end of the play.
    pub(crate) asked_reveal: bool,
    /// When the projector first heard of the room, in seconds since 1970; 0 before.
    pub(crate) opened: u64,
    /// The help for joining has come by itself.
    pub(crate) has_helped: bool,
}

impl ClassRoom {
    /// The address that is shown.
    pub(crate) fn shown_url(&self) -> &str {
        self.urls.get(self.url).map_or("", String::as_str)
    }

    /// When the clock of the discussion moves on, or the help for joining comes by itself.
    pub(crate) fn next_frame(&self, now: u64) -> Option<Duration> {
        let clock = (self.now.phase == Phase::Discuss).then_some(1);
        let help = self
            .waits_for_first()
            .then(|| (self.opened + PATIENCE).saturating_sub(now).max(1));
        let seconds = clock.into_iter().chain(help).min();
        seconds.map(Duration::from_secs)
    }

    /// Whether nobody has joined for so long that the screen should say what to do.
    pub(crate) fn is_help_due(&self, now: u64) -> bool {
        self.waits_for_first() && now >= self.opened + PATIENCE
    }

    fn waits_for_first(&self) -> bool {
        self.opened > 0 && self.now.joined == 0 && !self.has_helped
    }

    /// Seconds since the phase began.
    pub(crate) fn seconds(&self, now: u64) -> u64 {
        now.saturating_sub(self.now.since / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_comes_once_after_a_minute_without_a_seat() {
        let mut room = ClassRoom {
            opened: 1000,
            ..ClassRoom::default()
        };
        assert_eq!(room.next_frame(1010), Some(Duration::from_secs(50)));
        assert!(!room.is_help_due(1059));
        assert!(room.is_help_due(1060));
        room.now.joined = 1;
        assert!(!room.is_help_due(1060));
        assert_eq!(room.next_frame(1060), None);
        room.now.joined = 0;
        room.has_helped = true;
        assert!(!room.is_help_due(2000));
        assert_eq!(room.next_frame(2000), None);
    }
}
