//! cargo +nightly fuzz run --fuzz-dir tests/fuzz key
#![no_main]

#[path = "../entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::key_text(bytes));
