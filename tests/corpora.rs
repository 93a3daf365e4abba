//! The seeds of every fuzz target, without a fuzzer: seconds, on stable Rust. What once made the program panic is added
//! to them.

use std::{fs, path::Path};

use zclab::fuzzing;

fn each_seed(target: &str, run: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.unwrap().path();
        let seed = fs::read(&path).unwrap();
        println!("{}", path.display()); // shown where it panics
        run(&seed);
        // Cut short anywhere, and with a byte changed: what a crash or a bad disk leaves.
        let step = (seed.len() / 200).max(1);
        for at in (0..seed.len()).step_by(step) {
            run(&seed[..at]);
            let mut changed = seed.clone();
            changed[at] ^= 1 << (at % 8);
            run(&changed);
        }
        count += 1;
    }
    assert!(count > 0, "{target} has no seeds");
}

#[test]
fn recordings() {
    each_seed("recording", fuzzing::recording);
}

#[test]
fn lessons() {
    each_seed("lesson", fuzzing::lesson);
}

#[test]
fn http_heads() {
    each_seed("http_head", fuzzing::http_head);
}

#[test]
fn answer_logs() {
    each_seed("answer_log", fuzzing::answer_log);
}

#[test]
fn ring_memories() {
    each_seed("ring_memory", fuzzing::ring_memory);
}
