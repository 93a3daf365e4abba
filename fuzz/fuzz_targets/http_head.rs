#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| zclab::fuzzing::http_head(bytes));
