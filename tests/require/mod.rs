//! What a test needs and a machine may lack. Each skip is said on standard error, past the harness, which captures what
//! `eprintln!` prints; where `ZCLAB_REQUIRE` names the need (`ptrace,io-uring`), it is a failure.
#![allow(dead_code)]

use std::{env, fmt::Display, io::Write, thread};

/// Skips the rest of a test for want of `need`: the name of an instrument of `zclab doctor`, of a program, `root`, ...
pub fn skip(need: &str, reason: impl Display) {
    let required = env::var("ZCLAB_REQUIRE").unwrap_or_default();
    if required.split(',').any(|name| name.trim() == need) {
        panic!("ZCLAB_REQUIRE names {need}, which is missing here: {reason}");
    }
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    let _ = writeln!(std::io::stderr(), "skipped {test}, no {need}: {reason}");
}
