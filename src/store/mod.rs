//! Files: recordings and progress; atomic, locked.
