//! argv in, exit code out.

use std::process::ExitCode;

/// A list of domains is judged by as many threads as there are cores, which waited for each other in the allocator of the system
/// for a third of their time; that of musl, for binaries without shared libraries, is slower still.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fedctl::cli::main(std::env::args_os()).into()
}
