//! Whether a request has a body, and whether its fields agree on where that ends (RFC 9112, section 6). The body itself
//! is never read: its connection ends after the answer.

use super::Status;

/// Codings that a transfer may have (RFC 9112, section 7). All but `chunked` are those that this server does not undo.
const CODINGS: [&str; 6] = [
    "chunked",
    "gzip",
    "x-gzip",
    "deflate",
    "compress",
    "x-compress",
];

/// Whether a request with these values of Content-Length and Transfer-Encoding has a body.
///
/// # Errors
/// 400 where nobody can tell where it ends; 501 for a coding that this server does not know.
pub(super) fn has_body<'a>(
    lengths: impl Iterator<Item = &'a [u8]>,
    codings: impl Iterator<Item = &'a [u8]>,
    old: bool,
) -> Result<bool, Status> {
    let length = length(lengths)?;
    let codings: Vec<&[u8]> = codings.collect();
    if codings.is_empty() {
        return Ok(length.is_some_and(|length| length > 0));
    }
    // HTTP/1.0 has no such field, and with both fields one of the two lies.
    if old || length.is_some() {
        return Err(Status::BAD_REQUEST);
    }
    chunked(&codings).map(|()| true)
}

/// The length that all values name: digits alone, and the same in each.
fn length<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Option<u64>, Status> {
    let mut length = None;
    for item in values.flat_map(|value| value.split(|byte| *byte == b',')) {
        let digits = std::str::from_utf8(item.trim_ascii()).unwrap_or_default();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<u64>().ok().filter(|_| is_number);
        let number = number.ok_or(Status::BAD_REQUEST)?;
        if *length.get_or_insert(number) != number {
            return Err(Status::BAD_REQUEST);
        }
    }
    Ok(length)
}

/// A request's body must end with its last chunk: `chunked` stands last, and once.
fn chunked(values: &[&[u8]]) -> Result<(), Status> {
    let text = values.join(&b","[..]);
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let codings: Vec<&str> = text.split(',').map(str::trim).collect();
    let codings: Vec<&str> = codings
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    if codings.iter().any(|name| !CODINGS.contains(name)) {
        return Err(Status::NOT_IMPLEMENTED);
    }
    match codings[..] {
        ["chunked"] => Ok(()),
        [.., "chunked"] if !codings[..codings.len() - 1].contains(&"chunked") => {
            Err(Status::NOT_IMPLEMENTED)
        }
        _ => Err(Status::BAD_REQUEST),
    }
}
