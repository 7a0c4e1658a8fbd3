//! argv in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    fedctl::cli::main(std::env::args_os()).into()
}
