//! What the process tells about itself, as the configuration asks for.

use std::{
    io::{self, IsTerminal},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use passlink_adapters::telemetry::{LogForm, OutboxVitals, Settings, Telemetry, Vitals};
use passlink_application::{
    mails::OutboxUseCases,
    ports::{Clock, OutboxLoad},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Error, colours,
    config::{self, LogFormat},
};

/// How often the outbox is looked at for those who read metrics.
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

/// Shows in the metrics how the worker and the outbox are, until `stop`.
pub(crate) async fn show_vitals(
    outbox: OutboxUseCases,
    clock: Arc<dyn Clock>,
    (worker_alive, worker_turn): (
        impl Fn() -> bool + Send + Sync + 'static,
        impl Fn() -> Duration + Send + Sync + 'static,
    ),
    stop: CancellationToken,
) {
    let seen: Arc<Mutex<Option<OutboxLoad>>> = Arc::default();
    let last = seen.clone();
    Vitals {
        version: env!("CARGO_PKG_VERSION"),
        worker_alive: Box::new(worker_alive),
        worker_turn: Box::new(worker_turn),
        outbox: Box::new(move || {
            let load = (*last.lock().unwrap_or_else(PoisonError::into_inner))?;
            let since = |then: Option<Timestamp>| {
                let passed = then.map(|then| clock.now().duration_since(then).as_secs_f64());
                passed.unwrap_or_default().max(0.0)
            };
            let (age, late) = (since(load.oldest), since(load.due));
            Some(OutboxVitals { waiting: load.waiting, age, late })
        }),
    }
    .show();
    let look = async {
        loop {
            // A database that is away is told by those who need it.
            let load = outbox.load().await.ok();
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = load;
            tokio::time::sleep(LOOK).await;
        }
    };
    stop.run_until_cancelled(look).await;
}
