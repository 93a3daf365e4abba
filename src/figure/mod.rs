//! Figures and playback; pure.
//!
//! `(figure, recording, position)` becomes a scene: what stands where, what travels, what is said. The clock and
//! the screen are elsewhere.

pub(crate) mod chart;
pub mod drawn;
mod gauges;
pub(crate) mod narration;
mod plan;
mod playback;
mod playback_scene;
pub(crate) mod scene;
pub(crate) mod serving;
mod source;

pub use drawn::figure;
pub(crate) use plan::{Edge, Plan, Slot, Upper};
pub use playback::Playback;
pub(crate) use playback::{Position, Speed};
pub(crate) use playback_scene::preview;
pub(crate) use scene::{
    Border, BoxView, DeviceView, EdgeView, Mark, Scene, Tag, Tone, Travel, Words,
};
pub(crate) use source::Source;
