//! The request's target to a path below the served directory.

use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

use super::{Status, host::is_host};

/// The relative path that a target names: the query cut off, percent-encoding undone, `.` and `..` resolved. Empty for `/`.
/// A trailing slash stays: it says that a directory is meant.
///
/// # Errors
/// 400 where it is no path or badly encoded. 421 for https, which is spoken over TLS alone. 404 where `..` leads out, and where an encoded slash would make a name of
/// two: no file has such a name.
pub(crate) fn path_of(target: &str) -> Result<PathBuf, Status> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = without_authority(path)?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut of_directory = true;
    for encoded in path.split('/').skip(1) {
        let name = decoded(encoded).ok_or(Status::BAD_REQUEST)?;
        of_directory = matches!(&name[..], b"" | b"." | b"..");
        match &name[..] {
            b"" | b"." => {}
            b".." => _ = names.pop().ok_or(Status::NOT_FOUND)?,
            name if name.contains(&0) => return Err(Status::BAD_REQUEST),
            name if name.contains(&b'/') => return Err(Status::NOT_FOUND),
            _ => names.push(name),
        }
    }
    if of_directory && !names.is_empty() {
        names.push(Vec::new());
    }
    Ok(OsString::from_vec(names.join(&b'/')).into())
}

/// `http://host/path`, which a server must take too, to `/path`.
fn without_authority(target: &str) -> Result<&str, Status> {
    if target.starts_with('/') {
        return Ok(target);
    }
    let (scheme, rest) = target.split_once("://").ok_or(Status::BAD_REQUEST)?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host.is_empty() || host.starts_with(':') || !is_host(host) {
        return Err(Status::BAD_REQUEST);
    }
    match &scheme.to_ascii_lowercase()[..] {
        "http" if path.is_empty() => Ok("/"),
        "http" => Ok(path),
        "https" => Err(Status::MISDIRECTED),
        _ => Err(Status::BAD_REQUEST),
    }
}

/// Undoes percent-encoding; `None` where a `%` is not followed by two hexadecimal digits.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    Some(plain)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that no client of the server's own tests sends.
    #[test]
    fn odd_targets() {
        for (target, path) in [
            ("//a///b", Ok("a/b")),
            ("/a%20b/%C3%A9", Ok("a b/é")),
            ("/a/b/..", Ok("a/")),
            ("http://host:1/a", Ok("a")),
            ("HTTP://host", Ok("")),
            ("/a%4", Err(Status::BAD_REQUEST)),
            ("/a%+1", Err(Status::BAD_REQUEST)),
            ("", Err(Status::BAD_REQUEST)),
            ("*", Err(Status::BAD_REQUEST)),
            ("file:///etc/passwd", Err(Status::BAD_REQUEST)),
            ("http:///a", Err(Status::BAD_REQUEST)),
            ("http://:80/a", Err(Status::BAD_REQUEST)),
            ("http://user@host/a", Err(Status::BAD_REQUEST)),
            ("https://host/a", Err(Status::MISDIRECTED)),
        ] {
            let found = path_of(target).map(PathBuf::into_os_string);
            assert_eq!(found, path.map(OsString::from), "{target}");
        }
    }
}
