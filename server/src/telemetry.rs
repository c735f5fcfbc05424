//! What the process reports about itself, as the configuration asks for.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
    time::Duration,
};

use passlink_adapters::telemetry::{LogForm, Settings, Telemetry, Vitals};
use passlink_application::{mails::OutboxUseCases, ports::Clock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, colours,
    config::{self, LogFormat},
};

/// How often the outbox is looked at for the metrics.
const LOOK: Duration = Duration::from_secs(5);

/// Starts telemetry. `RUST_LOG` says what is logged; `log` where it is not set.
pub(crate) fn start(config: &config::Telemetry, log: &str) -> Result<Telemetry, Error> {
    let form = match config.log_format {
        Some(LogFormat::Json) => LogForm::Json,
        None if !io::stderr().is_terminal() => LogForm::Json,
        Some(LogFormat::Text) | None => LogForm::Text { colours: colours::on_stderr() },
    };
    Ok(Telemetry::start(Settings {
        form,
        log,
        otlp_endpoint: config.endpoint(),
        metrics_page: config.metrics_listen.is_some(),
        version: env!("CARGO_PKG_VERSION"),
    })?)
}

/// Reports in the metrics how the worker and the outbox are, until `stop`.
pub(crate) async fn report_vitals(
    outbox: OutboxUseCases,
    clock: Arc<dyn Clock>,
    (worker_alive, worker_turn): (
        impl Fn() -> bool + Send + Sync + 'static,
        impl Fn() -> Duration + Send + Sync + 'static,
    ),
    stop: CancellationToken,
) {
    let (latest, load) = watch::channel(None);
    Vitals {
        version: env!("CARGO_PKG_VERSION"),
        worker_alive: Box::new(worker_alive),
        worker_turn: Box::new(worker_turn),
        outbox: load,
        clock,
    }
    .report();
    let look = async {
        loop {
            // Those who need the database log that it is away.
            latest.send_replace(outbox.load().await.ok());
            tokio::time::sleep(LOOK).await;
        }
    };
    stop.run_until_cancelled(look).await;
}
