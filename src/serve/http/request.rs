//! The head of a request.

use std::time::SystemTime;

use httparse::Header;

use super::Status;

/// A head may be this long.
const HEAD_BYTES: usize = 16 << 10;
/// And have so many header fields.
const FIELDS: usize = 64;

/// The method, as far as files have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The file.
    Get,
    /// Its head alone.
    Head,
    /// Any other: not allowed.
    Other,
}

/// A request's head.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The target as it was sent.
    pub target: String,
    /// HTTP/1.0, which must be told that the connection is kept.
    pub old: bool,
    /// The connection may serve another request.
    pub keep_alive: bool,
    /// Range.
    pub range: Option<String>,
    /// If-Range.
    pub if_range: Option<String>,
    /// If-None-Match.
    pub if_none_match: Option<String>,
    /// If-Modified-Since, where it is a date.
    pub if_modified_since: Option<SystemTime>,
}

/// What the bytes that have come so far are.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// The beginning of a head.
    Partial,
    /// A head, and how many bytes it takes.
    Complete(Box<Request>, usize),
    /// Nothing that can be answered otherwise than by this status and the connection's end.
    Bad(Status),
}

/// Parses the head at the start of `bytes`.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES => understand(&head)
            .map_or_else(Parsed::Bad, |request| {
                Parsed::Complete(Box::new(request), length)
            }),
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => Parsed::Partial,
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Parsed::Bad(Status::HEADER_TOO_LARGE),
        Err(httparse::Error::Version) => Parsed::Bad(Status::VERSION),
        Err(_) => Parsed::Bad(Status::BAD_REQUEST),
    }
}

fn understand(head: &httparse::Request) -> Result<Request, Status> {
    let text = |name: &str| field(head.headers, name).map(str::to_owned);
    let old = head.version == Some(0);
    let hosts = all(head.headers, "host").count();
    if hosts > 1 || (hosts == 0 && !old) {
        return Err(Status::BAD_REQUEST);
    }
    let date = field(head.headers, "if-modified-since");
    Ok(Request {
        method: match head.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            _ => Method::Other,
        },
        target: head.path.unwrap_or_default().to_owned(),
        old,
        keep_alive: keep_alive(head.headers, old) && !has_body(head.headers),
        range: text("range"),
        if_range: text("if-range"),
        if_none_match: text("if-none-match"),
        if_modified_since: date.and_then(|date| httpdate::parse_http_date(date).ok()),
    })
}

fn keep_alive(fields: &[Header], old: bool) -> bool {
    let named = |token: &str| {
        let values = all(fields, "connection").filter_map(|value| std::str::from_utf8(value).ok());
        values
            .flat_map(|value| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    !named("close") && (!old || named("keep-alive"))
}

/// A body is not read: where it ends, and so where the next request begins, does not matter if there is none.
fn has_body(fields: &[Header]) -> bool {
    all(fields, "content-length").any(|length| length != b"0")
        || all(fields, "transfer-encoding").next().is_some()
}

fn all<'a>(fields: &'a [Header], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let found = fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name));
    found.map(|field| field.value)
}

fn field<'a>(fields: &'a [Header], name: &str) -> Option<&'a str> {
    all(fields, name)
        .next()
        .and_then(|value| std::str::from_utf8(value).ok())
}
