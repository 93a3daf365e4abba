//! Why this machine does not let a method work at all.

use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::endpoint::ends;
use crate::host;
use crate::model::{Method, Unavailable};
use crate::transfer::ktls_sendfile;

/// What a method needs and does not get: `io-uring` or `ktls`, and why. None where it gets all.
pub fn refusal(method: Method) -> Option<Unavailable> {
    if method.uses_ring() {
        let reason = host::ring_refusal(method)?;
        return Some(Unavailable::new(
            "io-uring",
            format!("it needs io_uring: {reason}"),
        ));
    }
    if method.encrypts() {
        let reason = ktls_refusal()?;
        return Some(Unavailable::new(
            "ktls",
            format!("it needs kernel TLS: {reason}"),
        ));
    }
    None
}

/// Tried for real: keys for a connection of this process with itself.
fn ktls_refusal() -> Option<String> {
    let (near, _far) = match ends::tcp() {
        Ok(both) => both,
        Err(error) => return Some(format!("{error:#}")),
    };
    match ktls_sendfile::encrypt(near.as_fd()) {
        Ok(()) => None,
        Err(Errno::ENOENT) => {
            Some("this kernel has no tls module (ENOENT; CONFIG_TLS, modprobe tls)".to_owned())
        }
        Err(errno) => Some(format!("setsockopt: {errno}")),
    }
}
