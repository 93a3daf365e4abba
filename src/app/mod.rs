//! State, actions and update; pure.
