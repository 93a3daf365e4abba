//! HTTP/1.1 as far as files need it (RFC 9110, RFC 9112): requests to plain data, and the heads of responses. No
//! sockets, no files.

mod body;
mod content_type;
mod date;
mod fields;
mod head;
mod host;
mod range;
mod request;
mod target;

pub(crate) use content_type::content_type;
pub(crate) use date::{http_date, parse_date};
pub(crate) use fields::{all, keep_alive};
pub(crate) use head::Head;
pub(crate) use range::{Selected, select};
pub use request::{Method, Parsed, Request, parse};
pub(crate) use target::path_of;

/// A status code and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

impl Status {
    pub(crate) const OK: Status = Status(200, "OK");
    pub(crate) const PARTIAL_CONTENT: Status = Status(206, "Partial Content");
    pub(crate) const SEE_OTHER: Status = Status(303, "See Other");
    pub(crate) const NOT_MODIFIED: Status = Status(304, "Not Modified");
    pub(crate) const BAD_REQUEST: Status = Status(400, "Bad Request");
    pub(crate) const UNAUTHORIZED: Status = Status(401, "Unauthorized");
    pub(crate) const FORBIDDEN: Status = Status(403, "Forbidden");
    pub(crate) const NOT_FOUND: Status = Status(404, "Not Found");
    pub(crate) const METHOD_NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
    pub(crate) const REQUEST_TIMEOUT: Status = Status(408, "Request Timeout");
    pub(crate) const CONFLICT: Status = Status(409, "Conflict");
    pub(crate) const LENGTH_REQUIRED: Status = Status(411, "Length Required");
    pub(crate) const PRECONDITION_FAILED: Status = Status(412, "Precondition Failed");
    pub(crate) const CONTENT_TOO_LARGE: Status = Status(413, "Content Too Large");
    pub(crate) const RANGE_NOT_SATISFIABLE: Status = Status(416, "Range Not Satisfiable");
    pub(crate) const MISDIRECTED: Status = Status(421, "Misdirected Request");
    pub(crate) const TOO_MANY: Status = Status(429, "Too Many Requests");
    pub(crate) const HEADER_TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
    pub(crate) const INTERNAL: Status = Status(500, "Internal Server Error");
    pub(crate) const NOT_IMPLEMENTED: Status = Status(501, "Not Implemented");
    pub(crate) const UNAVAILABLE: Status = Status(503, "Service Unavailable");
    pub(crate) const VERSION: Status = Status(505, "HTTP Version Not Supported");
}
