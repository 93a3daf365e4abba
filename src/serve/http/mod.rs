//! HTTP/1.1 as far as files need it (RFC 9110, RFC 9112): requests to plain data, and the heads of responses. No
//! sockets, no files.

mod content_type;
mod head;
mod range;
mod request;
mod target;

pub use content_type::content_type;
pub use head::Head;
pub use range::{Selected, select};
pub use request::{Method, Parsed, Request, parse};
pub use target::path_of;

/// A status code and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

#[allow(missing_docs)]
impl Status {
    pub const OK: Status = Status(200, "OK");
    pub const PARTIAL_CONTENT: Status = Status(206, "Partial Content");
    pub const NOT_MODIFIED: Status = Status(304, "Not Modified");
    pub const BAD_REQUEST: Status = Status(400, "Bad Request");
    pub const FORBIDDEN: Status = Status(403, "Forbidden");
    pub const NOT_FOUND: Status = Status(404, "Not Found");
    pub const METHOD_NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
    pub const REQUEST_TIMEOUT: Status = Status(408, "Request Timeout");
    pub const RANGE_NOT_SATISFIABLE: Status = Status(416, "Range Not Satisfiable");
    pub const HEADER_TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
    pub const INTERNAL: Status = Status(500, "Internal Server Error");
    pub const UNAVAILABLE: Status = Status(503, "Service Unavailable");
    pub const VERSION: Status = Status(505, "HTTP Version Not Supported");
}
