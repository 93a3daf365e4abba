//! Figures and playback; pure.
//!
//! `(stage, recording, position)` becomes a [`Scene`]: what stands where, what travels, what is said. The clock and
//! the screen are elsewhere.

pub mod chart;
pub mod drawn;
pub mod narration;
pub mod playback;
mod playback_scene;
mod scene;
pub mod serving;
pub mod source;
pub mod stage;

pub use drawn::{Drawn, figure};
pub use playback::{Playback, Position, Speed};
pub use playback_scene::preview;
pub use scene::{Amount, Border, Furniture, Gauge, Mark, Remark, Scene, Tag, Token, Tone, Trail};
pub use source::Source;
pub use stage::{Plan, Road, Seat, Stage, Tier};
