//! Calls to hops and figures; pure.
