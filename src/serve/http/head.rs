//! The head of a response.

use std::{fmt::Write, time::SystemTime};

use super::{Status, http_date};

#[derive(Debug)]
pub(crate) struct Head(String);

impl Head {
    /// The status line, and the date that every response has.
    pub(crate) fn new(status: Status, now: SystemTime) -> Head {
        let head = Head(format!("HTTP/1.1 {} {}\r\n", status.0, status.1));
        head.field("Date", http_date(now)).field("Server", "zclab")
    }

    pub(crate) fn field(mut self, name: &str, value: impl std::fmt::Display) -> Head {
        // Writing to a String does not fail.
        let _ = write!(self.0, "{name}: {value}\r\n");
        self
    }

    /// The empty line, and the head's bytes.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.push_str("\r\n");
        self.0.into_bytes()
    }
}
