//! A transfer, run twice, as a recording.
