//! cargo +nightly fuzz run --fuzz-dir tests/fuzz lists
#![no_main]

#[path = "../entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::lists(bytes));
