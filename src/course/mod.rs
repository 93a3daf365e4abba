//! Lessons: parsing, catalogue, marking, progress; pure.
