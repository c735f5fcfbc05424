//! Where the log goes: stderr, as text for people and as JSON for machines.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Starts logging. `RUST_LOG` says what is logged; `default` where it is not set.
pub(crate) fn start(format: Option<LogFormat>, default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = io::stderr().is_terminal();
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match format {
        Some(LogFormat::Json) => log.json().flatten_event(true).try_init(),
        None if !terminal => log.json().flatten_event(true).try_init(),
        Some(LogFormat::Text) | None => log.with_ansi(terminal).try_init(),
    };
    if let Err(error) = started {
        eprintln!("passlink: logging could not be started: {error}");
    }
}
