//! The head of a request.

use std::time::SystemTime;

use httparse::Header;

use super::{
    Status,
    body::has_body,
    fields::{all, keep_alive},
    host::is_host,
    parse_date,
};
use crate::model::limits::{HEAD_BYTES, HEAD_FIELDS};

/// The method, as far as files have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The file.
    Get,
    /// Its head alone.
    Head,
    /// Any other that HTTP has (RFC 9110, section 9; RFC 5789): not allowed here.
    Other,
    /// None that this server knows.
    Unknown,
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
    /// If-Match: the tags of all such fields.
    pub if_match: Option<String>,
    /// If-None-Match: the tags of all such fields.
    pub if_none_match: Option<String>,
    /// If-Unmodified-Since, where it is a date.
    pub if_unmodified_since: Option<SystemTime>,
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
    match parse_as_it_stands(bytes) {
        Parsed::Bad(Status::VERSION) => of_later_version(bytes),
        parsed => parsed,
    }
}

fn parse_as_it_stands(bytes: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; HEAD_FIELDS];
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

/// A head whose version httparse does not know. HTTP/1.2 and later 1.x are answered as HTTP/1.1 (RFC 9110, section 2.5);
/// what is no `HTTP/digit.digit` is no request.
fn of_later_version(bytes: &[u8]) -> Parsed {
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte));
    let line = &bytes[start.unwrap_or(0)..];
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let version = line.split(|byte| *byte == b' ').nth(2).unwrap_or_default();
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9', ..] => {
            let digit = version.as_ptr() as usize + 7 - bytes.as_ptr() as usize;
            let mut known = bytes.to_vec();
            known[digit] = b'1';
            parse_as_it_stands(&known)
        }
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'0'..=b'9',
            b'.',
            b'0'..=b'9',
            ..,
        ] => Parsed::Bad(Status::VERSION),
        _ => Parsed::Bad(Status::BAD_REQUEST),
    }
}

fn understand(head: &httparse::Request) -> Result<Request, Status> {
    let fields = &head.headers[..];
    let text = |name: &str| field(fields, name).map(str::to_owned);
    let date = |name: &str| field(fields, name).and_then(parse_date);
    let old = head.version == Some(0);
    let hosts: Vec<&[u8]> = all(fields, "host").collect();
    match hosts[..] {
        [] if old => {}
        [host] if std::str::from_utf8(host).is_ok_and(is_host) => {}
        _ => return Err(Status::BAD_REQUEST),
    }
    let (lengths, codings) = (
        all(fields, "content-length"),
        all(fields, "transfer-encoding"),
    );
    let has_body = has_body(lengths, codings, old)?;
    Ok(Request {
        method: match head.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            Some("POST" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "TRACE" | "PATCH") => {
                Method::Other
            }
            _ => Method::Unknown,
        },
        target: head.path.unwrap_or_default().to_owned(),
        old,
        keep_alive: keep_alive(fields, old) && !has_body,
        range: text("range"),
        if_range: text("if-range"),
        if_match: list(fields, "if-match"),
        if_none_match: list(fields, "if-none-match"),
        if_unmodified_since: date("if-unmodified-since"),
        if_modified_since: date("if-modified-since"),
    })
}

/// A field that may stand once. One that stands twice says nothing.
fn field<'a>(fields: &'a [Header], name: &str) -> Option<&'a str> {
    let mut values = all(fields, name);
    let value = values.next().filter(|_| values.next().is_none())?;
    std::str::from_utf8(value).ok()
}

/// A field that is a list: several are one (RFC 9110, section 5.3).
fn list(fields: &[Header], name: &str) -> Option<String> {
    let values: Vec<_> = all(fields, name).map(String::from_utf8_lossy).collect();
    (!values.is_empty()).then(|| values.join(","))
}
