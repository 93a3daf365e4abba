//! The page of a room: one file, compiled into the program, which leaves by sendfile.

use std::{
    fs::File,
    io::{self, Write},
    sync::OnceLock,
};

use nix::sys::memfd::{MFdFlags, memfd_create};
use sha2::{Digest, Sha256};

use crate::model::Method;
use crate::serve::send::Sending;

/// The page, whole.
pub(super) const HTML: &str = include_str!("../../../assets/class/page.html");
/// The style of the page without JavaScript, and of refusals: the page's own.
pub(super) fn style() -> &'static str {
    between("<style>", "</style>")
}

fn between(start: &str, end: &str) -> &'static str {
    let from = HTML.find(start).map_or(HTML.len(), |at| at + start.len());
    let to = HTML[from..].find(end).map_or(HTML.len(), |at| from + at);
    &HTML[from..to]
}

/// What the page may use: its one style and its one script, by their hashes.
pub(super) fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let script = hash(between("<script>", "</script>"));
        format!("{}; script-src '{script}'", style_policy())
    })
}

/// What a page without a script may use.
pub(super) fn style_policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| format!("; style-src '{}'", hash(style())))
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let place = (bits >> (18 - 6 * digit)) & 63;
            match digit <= group.len() {
                true => text.push(char::from(DIGITS[place as usize])),
                false => text.push('='),
            }
        }
    }
    text
}

/// The page in a file of the kernel's memory.
#[derive(Debug)]
pub(crate) struct Page {
    file: File,
    pub(super) length: usize,
}

impl Page {
    pub(super) fn new() -> io::Result<Page> {
        let file = memfd_create("zclab-class-page", MFdFlags::MFD_CLOEXEC)?;
        let mut file = File::from(file);
        file.write_all(HTML.as_bytes())?;
        Ok(Page {
            file,
            length: HTML.len(),
        })
    }

    /// The whole page, on its way.
    pub(super) fn sending(&self) -> Option<Sending> {
        let file = self.file.try_clone().ok()?;
        Sending::new(Method::Sendfile, file, 0..self.length as u64).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn the_page_is_small_and_asks_nobody_else() {
        assert!(HTML.len() < 20 << 10, "{} bytes", HTML.len());
        for foreign in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!HTML.contains(foreign), "{foreign}");
        }
        assert_eq!(HTML.matches("<style>").count(), 1);
        assert_eq!(HTML.matches("<script>").count(), 1);
    }
}
