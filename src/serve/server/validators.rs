//! By what a client knows a file's content again, and the conditions that it makes of it (RFC 9110, section 13).

use std::time::{Duration, SystemTime};

use crate::serve::{
    confine::Opened,
    http::{Head, Request, http_date, parse_date},
};

/// A date tells two contents apart only where the later one cannot be of the same second.
const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Validators {
    /// Size and time of change, to the nanosecond.
    tag: String,
    /// Time of change, to the second; not later than the response, whatever the file says (section 8.8.2.1).
    modified: SystemTime,
    /// When the response is made.
    now: SystemTime,
}

impl Validators {
    pub(super) fn of(opened: &Opened, now: SystemTime) -> Validators {
        let time = match opened.modified.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => format!("{:x}", since.as_nanos()),
            Err(before) => format!("-{:x}", before.duration().as_nanos()),
        };
        Validators {
            tag: format!("\"{time}-{:x}\"", opened.size),
            modified: http_date(opened.modified.min(now)).into(),
            now,
        }
    }

    pub(super) fn name(&self, head: Head) -> Head {
        head.field("Last-Modified", http_date(self.modified))
            .field("ETag", &self.tag)
    }

    /// Whether If-Match, or without it If-Unmodified-Since, lets the request go on.
    pub(super) fn allowed(&self, request: &Request) -> bool {
        match &request.if_match {
            Some(tags) => self.is_among(tags, |tag| tag),
            None => (request.if_unmodified_since).is_none_or(|date| self.modified <= date),
        }
    }

    /// The client has this content already. A tag decides where there is one, and the date only where there is none.
    pub(super) fn unchanged(&self, request: &Request) -> bool {
        match &request.if_none_match {
            Some(tags) => self.is_among(tags, |tag| tag.strip_prefix("W/").unwrap_or(tag)),
            None => (request.if_modified_since).is_some_and(|date| self.modified <= date),
        }
    }

    /// Whether the tag is one of a list, or the list is `*`.
    fn is_among(&self, tags: &str, strong: impl Fn(&str) -> &str) -> bool {
        let mut tags = tags.split(',').map(str::trim);
        tags.any(|tag| tag == "*" || strong(tag) == self.tag)
    }

    /// If-Range: a tag or a date, and it must be exactly this one. The date of a file that has just changed is too weak.
    pub(super) fn same(&self, request: &Request) -> bool {
        let is_settled = self.modified + SECOND <= self.now;
        request.if_range.as_deref().is_none_or(|known| {
            known.trim() == self.tag
                || is_settled && parse_date(known).is_some_and(|date| date == self.modified)
        })
    }
}
