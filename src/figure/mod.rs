//! Figures and playback; pure.
//!
//! `(figure, recording, position)` becomes a [`Scene`]: what stands where, what travels, what is said. The clock and
//! the screen are elsewhere.

pub mod chart;
pub mod drawn;
mod gauges;
pub mod narration;
mod plan;
pub mod playback;
mod playback_scene;
pub mod scene;
pub mod serving;
pub mod source;
mod stage;

pub use drawn::figure;
pub use plan::{Edge, Plan, Slot, Upper};
pub use playback::{Playback, Position, Speed};
pub use playback_scene::preview;
pub use scene::{
    Border, BoxView, DeviceView, EdgeView, Gauge, Mark, Scene, Tag, Tone, Travel, Words,
};
pub use source::Source;
