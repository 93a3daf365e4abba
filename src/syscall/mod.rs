//! The table of calls; pure.
