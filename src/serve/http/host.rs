//! `host[:port]`, as Host and an absolute target have it (RFC 3986, section 3.2; RFC 9110, section 7.2).

use std::net::Ipv6Addr;

/// Whether this is a host with or without a port. An empty one is: a target may have no authority.
pub(super) fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("", port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port = port.strip_prefix(':').map_or(port.is_empty(), |digits| {
        digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_port && is_name(host.as_bytes())
}

/// Unreserved characters, sub-delimiters, and whole percent escapes.
fn is_name(mut name: &[u8]) -> bool {
    while let Some((first, rest)) = name.split_first() {
        name = match (first, rest) {
            (b'%', [high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            (byte, rest) if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) => {
                rest
            }
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts_and_others() {
        for good in [
            "",
            "x",
            "x:80",
            "x:",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:80",
            "a%20b",
            "a,b",
            "xn--n",
        ] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "a b", "a/b", "a, b", "x:y", "x:1:2", "u@x", "[::1", "[x]", "[::1]x", "a%2", "a?b",
            "a#b", "é", "a\\b",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
