//! One test binary: a module for each command, the rules of the code, and the real programs.

// A test fails by panicking, and says on stderr which program it did without.
#![allow(clippy::expect_used, clippy::print_stderr, clippy::unwrap_used)]

mod commands;
mod docs;
mod fuzz;
mod glossary;
mod hostile;
mod house;
mod hub;
mod pages;
mod support;
mod watch;
mod words;
mod zoo;
