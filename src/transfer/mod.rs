//! Ways to move bytes, one short file a method.
