//! The `passlink` binary.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Requests are made of many small pieces, and on many threads. Why: `docs/decisions/allocator.md`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    passlink_server::run(passlink_server::cli::Cli::parse())
}
