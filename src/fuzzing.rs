//! What the fuzz targets of `fuzz/` and `tests/corpora.rs` call: bytes from outside, which must never make the program
//! panic. No part of the crate's interface.

use crate::{
    copypath,
    course::Catalogue,
    serve::http::{Parsed, Selected, parse, path_of, select},
    store::{progress, recording},
    tracer::ring_memory,
};

/// A saved recording: `zclab replay FILE`.
pub fn recording(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(recording) = recording::parse("fuzz", text)
    {
        copypath::summarise(&recording);
    }
}

/// A file of a course: `zclab check DIR`.
pub fn lesson(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for name in [
        "01-fuzz.md",
        "cards/fuzz.md",
        "glossary.md",
        "concept-test.md",
    ] {
        Catalogue::parse(&[(name, text)], &[]);
    }
}

/// What a client sends to `zclab serve`.
pub fn http_head(bytes: &[u8]) {
    let Parsed::Complete(request, length) = parse(bytes) else {
        return;
    };
    assert!(length <= bytes.len());
    if let Ok(path) = path_of(&request.target) {
        let leads_out = |step| step == std::path::Component::ParentDir;
        assert!(path.is_relative() && !path.components().any(leads_out));
    }
    for size in [0, 1, 1000, u64::MAX] {
        let range = request.range.as_deref().unwrap_or_default();
        if let Selected::Part(part) = select(range, size) {
            assert!(part.start < part.end && part.end <= size);
        }
    }
}

/// The learner's log of answers.
pub fn answer_log(bytes: &[u8]) {
    let mut loaded = progress::Loaded::default();
    let mut records = 0;
    let read = progress::read_from(bytes, &mut |_| records += 1, &mut loaded);
    assert!(read.is_ok() && records == loaded.records);
}

/// The parameters of io_uring_setup(2), the number of bytes of the queues (two bytes), the queues, the submission
/// entries: memory of a traced program.
pub fn ring_memory(bytes: &[u8]) {
    let Some((params, rest)) = bytes.split_first_chunk::<{ ring_memory::PARAMS }>() else {
        return;
    };
    let Some((length, rest)) = rest.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (rings, entries) = rest.split_at(length);
    // Where no memory can be had, nothing is read.
    let _ = ring_memory::read_all(params, rings, entries);
}
