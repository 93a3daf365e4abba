//! What this machine allows, and why not.
