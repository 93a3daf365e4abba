//! view(state) -> frame.

pub mod player;
mod score;
mod stage;
pub mod theme;
