//! Every limit on what comes from outside: files, requests, terminals. `docs/limits.md` lists them for users.
//!
//! A limit is far above what honest input needs, and low enough that hostile input costs neither memory nor minutes.

use std::time::Duration;

/// A text that a person writes: a lesson, a card, a figure, a roster. The longest lesson of the course has 29 KiB.
pub(crate) const TEXT_BYTES: u64 = 256 << 10;
/// A gradebook of a learning management system: a thousand students and a hundred columns have about 1 MiB.
pub(crate) const GRADEBOOK_BYTES: u64 = 16 << 20;
/// All lessons and cards of a directory together.
pub(crate) const LESSONS_BYTES: u64 = 8 << 20;
/// Files that a directory of lessons may hold.
pub(crate) const LESSON_FILES: usize = 1000;

/// A log of answers. An answer takes about 150 bytes.
pub(crate) const LOG_BYTES: u64 = 256 << 20;
/// A line of a log of answers.
pub(crate) const LOG_LINE_BYTES: usize = 64 << 10;
/// A line that is typed or piped as an answer.
pub(crate) const ANSWER_BYTES: usize = 64 << 10;

/// A line of a recording. The longest are the first, with all descriptors and flows, and the flows of all calls.
pub(crate) const RECORDING_LINE_BYTES: usize = 128 << 20;
/// Calls of a recording; `trace` keeps a million of them unless told otherwise.
pub(crate) const RECORDING_CALLS: u64 = 10_000_000;

/// A formula of a lesson, or an expression of `trace --expect`.
pub(crate) const EXPRESSION_BYTES: usize = 1000;
/// Parentheses and signs in each other, in either.
pub(crate) const EXPRESSION_DEPTH: usize = 32;
/// Combinations of drawn values, all of which are tried out.
pub(crate) const COMBINATIONS: usize = 1000;
/// Items of one list in a lesson: options, lines, pairs, objectives, drawn values.
pub(crate) const LIST_ITEMS: usize = 50;
/// Words of the glossary.
pub(crate) const GLOSSARY_WORDS: usize = 1000;
/// Faults of one file that are reported as it is read.
pub(crate) const FAULTS: usize = 100;

/// The head of a request.
pub(crate) const HEAD_BYTES: usize = 16 << 10;
/// Its fields.
pub(crate) const HEAD_FIELDS: usize = 64;
/// How long the end of a client's connection may take.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// How long the proxy waits until the other side accepts a connection.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// Cells of a terminal that are drawn.
pub(crate) const TERMINAL_CELLS: u32 = 1 << 20;
