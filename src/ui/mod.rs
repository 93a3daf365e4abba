//! view(state) -> frame.

pub mod player;
pub mod theme;
