//! One line of the session file: something that happened. The session is the fold of all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Figure, Poll};

/// Something that happened. Times are milliseconds since 1970 (UTC).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first line.
    Session {
        /// Of the file's format: 1.
        version: u32,
        /// The room's code.
        code: String,
        /// Which zclab wrote it.
        zclab: String,
        time: u64,
    },
    /// Somebody of the roster. With one such line, a personal code is needed for a seat.
    Person {
        /// As the roster names them.
        person: String,
        /// SHA-256 of the personal code, in hexadecimal.
        personal: String,
    },
    /// The port that the room listens on: `--resume` takes it again where it is free.
    Port {
        port: u16,
        time: u64,
    },
    /// A seat was given, or another token of it.
    Seat {
        /// `KX4P`.
        seat: String,
        /// SHA-256 of the token, in hexadecimal.
        token: String,
        /// Whose it is, of the roster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        time: u64,
    },
    /// A vote was opened. The question stands in the line, with its answer: the file needs no lesson to be read.
    Open {
        round: u32,
        question: Box<Poll>,
        /// It is the first vote on the question since it was asked; else the votes before it are shown beside it.
        first: bool,
        time: u64,
    },
    /// An answer. The last of a seat in a round counts.
    Vote {
        seat: String,
        round: u32,
        answer: Answer,
        time: u64,
    },
    Close {
        round: u32,
        time: u64,
    },
    /// The room talks about it; the vote before is closed.
    Discuss {
        round: u32,
        time: u64,
    },
    /// The experiment of the question runs, here and on the students' machines.
    Run {
        round: u32,
        time: u64,
    },
    /// What the run on the teacher's machine answered.
    Recorded {
        round: u32,
        value: Figure,
        kernel: String,
        arch: String,
        time: u64,
    },
    /// What a student's own run came to.
    Figures {
        seat: String,
        round: u32,
        kernel: String,
        arch: String,
        values: BTreeMap<String, Figure>,
        time: u64,
    },
    /// The answer was shown.
    Reveal {
        round: u32,
        time: u64,
    },
    /// No further seat is given, or they are again.
    Lock {
        locked: bool,
        time: u64,
    },
}
