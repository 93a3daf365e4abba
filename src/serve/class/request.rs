//! The head of a request to a room (RFC 9112), as plain data.

use httparse::Header;

use crate::class::limits;
use crate::serve::http::{Status, all, keep_alive};

/// More header fields than browsers send.
const FIELDS: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Other,
}

/// The head of a request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Without its query.
    pub(super) path: String,
    /// What stands behind `?`.
    pub(super) query: String,
    /// With the port, as it was sent.
    pub(super) host: String,
    pub(super) origin: Option<String>,
    pub(super) cookie: Option<String>,
    /// What follows `Bearer`.
    pub(super) bearer: Option<String>,
    pub(super) is_form: bool,
    /// Bytes of the body; none where it has no length that can be believed.
    pub(super) length: Option<u64>,
    pub(super) keep_alive: bool,
}

/// What the bytes that have come so far are.
pub(super) enum Parsed {
    Partial,
    /// A head, and how many bytes it takes.
    Complete(Box<Request>, usize),
    Bad(Status),
}

/// Reads the head at the start of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= limits::HEAD_BYTES => {
            match understand(&head) {
                Ok(request) => Parsed::Complete(Box::new(request), length),
                Err(status) => Parsed::Bad(status),
            }
        }
        Ok(httparse::Status::Partial) if bytes.len() < limits::HEAD_BYTES => Parsed::Partial,
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Parsed::Bad(Status::HEADER_TOO_LARGE),
        Err(httparse::Error::Version) => Parsed::Bad(Status::VERSION),
        Err(_) => Parsed::Bad(Status::BAD_REQUEST),
    }
}

fn understand(head: &httparse::Request) -> Result<Request, Status> {
    let fields: &[Header] = head.headers;
    let old = head.version == Some(0);
    let mut hosts = all(fields, "host");
    let host = hosts.next();
    if hosts.next().is_some() || host.is_none() && !old {
        return Err(Status::BAD_REQUEST);
    }
    let is_chunked = all(fields, "transfer-encoding").next().is_some();
    let length = match is_chunked {
        true => None,
        false => Some(length(fields)?),
    };
    let target = head.path.unwrap_or_default();
    // A server has to take the absolute form, too: `http://host/path`.
    let target = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => {
            &rest[rest.find('/').unwrap_or(rest.len())..]
        }
        _ => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = |name: &str| one(fields, name).map(str::to_owned);
    let kind = one(fields, "content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let bearer = one(fields, "authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    Ok(Request {
        method: match head.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            Some("POST") => Method::Post,
            Some("PUT") => Method::Put,
            _ => Method::Other,
        },
        path: path.to_owned(),
        query: query.to_owned(),
        host: host
            .and_then(|host| std::str::from_utf8(host).ok())
            .unwrap_or_default()
            .to_owned(),
        origin: text("origin"),
        cookie: text("cookie"),
        bearer,
        is_form: kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"),
        length,
        keep_alive: !is_chunked && keep_alive(fields, old),
    })
}

/// Content-Length: 0 where there is none. Two that differ, or one that is no number, are an attack or a mistake.
fn length(fields: &[Header]) -> Result<u64, Status> {
    let mut lengths = all(fields, "content-length");
    let Some(first) = lengths.next() else {
        return Ok(0);
    };
    if lengths.any(|other| other != first) || !first.iter().all(u8::is_ascii_digit) {
        return Err(Status::BAD_REQUEST);
    }
    let text = std::str::from_utf8(first).map_err(|_| Status::BAD_REQUEST)?;
    text.parse().map_err(|_| match text.is_empty() {
        true => Status::BAD_REQUEST,
        false => Status::CONTENT_TOO_LARGE,
    })
}

fn one<'a>(fields: &'a [Header], name: &str) -> Option<&'a str> {
    let value = all(fields, name).next()?;
    std::str::from_utf8(value).ok()
}

impl Request {
    /// The token that it brings for the room of this code: as the cookie or as a bearer.
    pub(super) fn token(&self, code: &str) -> Option<&str> {
        self.bearer.as_deref().or_else(|| {
            let name = cookie_name(code);
            let cookies = self.cookie.as_deref()?.split(';');
            let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
            let (_, token) = cookies.find(|(found, _)| *found == name)?;
            Some(token)
        })
    }
}

/// The cookie of a room: another one for each code, so that two rooms of one address do not take each other's.
pub(super) fn cookie_name(code: &str) -> String {
    format!("zclab-{code}")
}

/// The fields of a form's body or of a query, percent-encoding undone.
pub(super) fn form_fields(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => plain.push(b' '),
            b'%' => {
                let digits = [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)];
                let hex = std::str::from_utf8(&digits).ok();
                plain.push(
                    hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())
                        .unwrap_or(b'?'),
                );
            }
            other => plain.push(other),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Request, u16> {
        match parse(text.replace('\n', "\r\n").as_bytes()) {
            Parsed::Complete(request, _) => Ok(*request),
            Parsed::Partial => Err(0),
            Parsed::Bad(status) => Err(status.0),
        }
    }

    #[test]
    fn heads_are_understood_or_refused() {
        let request = of("PUT /ABC/vote?a=1 HTTP/1.1\nHost: 10.0.0.1:80\nCookie: a=b; zclab-ABC=t0\nContent-Length: 3\n\n").unwrap();
        assert_eq!(
            (
                request.method,
                request.path.as_str(),
                request.query.as_str()
            ),
            (Method::Put, "/ABC/vote", "a=1")
        );
        assert_eq!(request.token("ABC"), Some("t0"));
        assert_eq!(request.token("XYZ"), None);
        assert_eq!(request.length, Some(3));
        for (text, status) in [
            ("GET / HTTP/1.1\n\n", 400),
            ("GET / HTTP/1.1\nHost: a\nHost: b\n\n", 400),
            (
                "GET / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n",
                400,
            ),
            ("GET / HTTP/1.1\nHost: a\nContent-Length: +1\n\n", 400),
            (
                "GET / HTTP/1.1\nHost: a\nContent-Length: 99999999999999999999\n\n",
                413,
            ),
            ("GET / HTTP/3.0\nHost: a\n\n", 505),
            ("GET / HTTP/1.1\nHost a\n\n", 400),
            ("GET / HTTP/1.1\nHost: a\n", 0),
        ] {
            assert_eq!(of(text).err(), Some(status), "{text:?}");
        }
        assert_eq!(
            of("GET http://h/ABC HTTP/1.1\nHost: h\n\n").unwrap().path,
            "/ABC"
        );
    }

    #[test]
    fn a_form_is_decoded() {
        let fields = form_fields("round=3&answer=0&answer=2&personal=a%20b+c%zz");
        let expected = [
            ("round", "3"),
            ("answer", "0"),
            ("answer", "2"),
            ("personal", "a b c?"),
        ];
        assert_eq!(fields, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
