//! cargo +nightly fuzz run --fuzz-dir tests/fuzz events
#![no_main]

#[path = "../entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::events(bytes));
