//! Logs, metrics and traces of the process, as the configuration asks for them, and panics in the log.

use std::{
    io::{self, IsTerminal},
    panic::set_hook,
};

use passlink_adapters::telemetry::{LogFormat, Settings, Telemetry};

use crate::{Error, config, terminal};

/// Starts telemetry, and has panics logged. `RUST_LOG` says what is logged; `log` where it is not set.
pub(crate) fn start(config: &config::Telemetry, log: &str) -> Result<Telemetry, Error> {
    let log_format = match config.log_format {
        Some(config::LogFormat::Json) => LogFormat::Json,
        None if !io::stderr().is_terminal() => LogFormat::Json,
        Some(config::LogFormat::Text) | None => {
            LogFormat::Text { colours: terminal::shows_colours() }
        }
    };
    let telemetry = Telemetry::start(Settings {
        log_format,
        log,
        otlp_endpoint: config.endpoint(),
        metrics_page: config.metrics_listen.is_some(),
    })?;
    log_panics();
    Ok(telemetry)
}

/// Has each panic logged in one line: where it is and what the program's text says there. A text that was
/// put together in passing may hold what it was about, which may be secret.
fn log_panics() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let text = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(place, text, "the program is at fault; please report this");
    }));
}

#[cfg(test)]
mod tests;
