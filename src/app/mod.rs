//! State, actions and update; pure.
pub mod player;
