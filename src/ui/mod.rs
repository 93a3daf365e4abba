//! view(state) -> frame.

pub mod theme;
