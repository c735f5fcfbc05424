//! The metrics of the worker and the outbox.

use std::{sync::Arc, time::Duration};

use passlink_adapters::telemetry::Vitals;
use passlink_application::{mails::ManageOutbox, ports::Clock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the outbox is looked at for the metrics.
const LOOK: Duration = Duration::from_secs(5);

/// Reports in the metrics how the worker and the outbox are, until `stop`.
pub(crate) async fn report(
    outbox: ManageOutbox,
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
