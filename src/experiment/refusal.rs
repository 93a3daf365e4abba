//! Why this machine does not let a method work at all.

use std::os::fd::AsFd;

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

/// The module, and then the cipher: keys for a connection of this process with itself.
fn ktls_refusal() -> Option<String> {
    let no_module = host::ktls_refusal();
    no_module.or_else(|| match ends::tcp() {
        Err(error) => Some(format!("{error:#}")),
        Ok((near, _far)) => {
            let refused = ktls_sendfile::encrypt(near.as_fd()).err()?;
            Some(format!("setsockopt TLS_TX: {refused}"))
        }
    })
}
