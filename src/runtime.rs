//! Joins threads, clock, effects and terminal.
