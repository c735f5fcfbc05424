//! The `passlink` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    passlink_server::run(passlink_server::cli::Cli::parse())
}
