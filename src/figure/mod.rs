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
mod race;
pub(crate) mod scene;
pub(crate) mod serving;
mod source;
mod timing;

pub use drawn::figure;
pub(crate) use plan::{Edge, Plan, Slot, Upper};
pub use playback::Playback;
pub(crate) use playback_scene::preview;
pub(crate) use race::Race;
pub(crate) use scene::{
    Border, BoxView, DeviceView, EdgeView, Mark, Scene, Switches, Tag, Tone, Travel, Words,
};
pub(crate) use source::Source;
pub(crate) use timing::{Pace, STEP};
pub use timing::{Position, Speed};
