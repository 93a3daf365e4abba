//! view(state) -> frame.

pub mod theme;
pub mod player;
