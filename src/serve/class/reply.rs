//! What a request is answered with.

use std::time::SystemTime;

use crate::serve::http::{Head, Status};

/// Nothing but what the page itself brings, and nobody may frame it. Its style and script are named by their hashes.
const POLICY: &str = "default-src 'none'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: Status,
    kind: &'static str,
    fields: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// What the content may use beside [`POLICY`].
    policy: String,
    /// The connection ends: what was sent with the request is not read.
    pub(super) closes: bool,
}

impl Reply {
    fn new(status: Status, kind: &'static str, body: Vec<u8>) -> Reply {
        Reply {
            status,
            kind,
            fields: Vec::new(),
            body,
            policy: String::new(),
            closes: false,
        }
    }

    pub(super) fn json(status: Status, body: String) -> Reply {
        Reply::new(status, "application/json", body.into_bytes())
    }

    pub(super) fn html(status: Status, body: Vec<u8>, policy: &str) -> Reply {
        Reply {
            policy: policy.to_owned(),
            ..Reply::new(status, "text/html; charset=utf-8", body)
        }
    }

    /// A refusal, with the reason.
    pub(super) fn refusal(status: Status, why: &str) -> Reply {
        let body = serde_json::json!({ "error": why });
        Reply::json(status, body.to_string() + "\n")
    }

    /// A form was taken: the browser asks for the page again.
    pub(super) fn see(place: &str) -> Reply {
        Reply::new(Status::SEE_OTHER, "text/plain; charset=utf-8", Vec::new())
            .field("Location", place)
    }

    pub(super) fn field(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.fields.push((name, value.to_string()));
        self
    }

    pub(super) fn closing(self) -> Reply {
        Reply {
            closes: true,
            ..self
        }
    }

    /// The head of an answer with a body of `length` bytes.
    pub(super) fn head(&self, now: SystemTime, length: usize, keep_alive: bool) -> Vec<u8> {
        let mut head = guarded(Head::new(self.status, now), &self.policy)
            .field("Content-Type", self.kind)
            .field("Content-Length", length)
            .field("Cache-Control", "no-store");
        for (name, value) in &self.fields {
            head = head.field(name, value);
        }
        if !keep_alive {
            head = head.field("Connection", "close");
        }
        head.end()
    }
}

/// The head of an event stream, which has no length: the connection's end is its end.
pub(super) fn stream_head(now: SystemTime) -> Vec<u8> {
    guarded(Head::new(Status::OK, now), "")
        .field("Content-Type", "text/event-stream")
        .field("Cache-Control", "no-store")
        .field("X-Accel-Buffering", "no")
        .field("Connection", "close")
        .end()
}

fn guarded(head: Head, policy: &str) -> Head {
    head.field("Content-Security-Policy", format!("{POLICY}{policy}"))
        .field("X-Content-Type-Options", "nosniff")
        .field("Referrer-Policy", "same-origin")
        .field("Cross-Origin-Resource-Policy", "same-origin")
}
