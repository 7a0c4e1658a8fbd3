//! cargo +nightly fuzz run --fuzz-dir tests/fuzz yaml
#![no_main]

#[path = "../entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::yaml(bytes));
