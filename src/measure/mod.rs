//! Counters of an untraced run, page residency.
