//! The room of a class, as the projector knows it.

use std::time::Duration;

use crate::class::{Phase, Snapshot};

/// The room.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassRoom {
    pub(crate) now: Snapshot,
    /// By which it may be reached, the likeliest first.
    pub(crate) urls: Vec<String>,
    /// The one that is shown.
    pub(crate) url: usize,
    /// What a second QR code joins: the Wi-Fi.
    pub(crate) wifi: Option<String>,
    /// What to do where nobody can connect.
    pub(crate) help: Vec<String>,
    /// The reveal was asked for at the end of the play.
    pub(crate) asked_reveal: bool,
}

impl ClassRoom {
    /// The address that is shown.
    pub(crate) fn shown_url(&self) -> &str {
        self.urls.get(self.url).map_or("", String::as_str)
    }

    /// When the clock of the discussion moves on.
    pub(crate) fn next_frame(&self) -> Option<Duration> {
        (self.now.phase == Phase::Discuss).then_some(Duration::from_secs(1))
    }

    /// Seconds since the phase began.
    pub(crate) fn seconds(&self, now: u64) -> u64 {
        now.saturating_sub(self.now.since / 1000)
    }
}
