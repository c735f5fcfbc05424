//! How the mail worker and the outbox are, looked at each time that metrics are read.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use opentelemetry::{KeyValue, global, metrics::AsyncInstrument};
use passlink_application::{
    mails::ManageOutbox,
    ports::{Clock, OutboxLoad},
};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

/// How often the outbox is looked at for the metrics.
const LOOK: Duration = Duration::from_secs(5);

/// Reports in the metrics, until `stop`, which version runs, whether the worker lives, how long ago it
/// began its last turn, and how the outbox is.
pub async fn report_vitals(
    worker_alive: impl Fn() -> bool + Send + Sync + 'static,
    worker_turn: impl Fn() -> Duration + Send + Sync + 'static,
    outbox: ManageOutbox,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let (latest, load) = watch::channel(None::<OutboxLoad>);
    let meter = global::meter("passlink");
    meter
        .u64_observable_gauge("passlink.build.info")
        .with_description("1; its attribute is the version that runs")
        .with_callback(|gauge| {
            gauge.observe(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))])
        })
        .build();
    meter
        .u64_observable_gauge("passlink.worker.alive")
        .with_description(
            "1 while the mail worker of this process lives, 0 when it has stopped or hangs",
        )
        .with_callback(move |gauge| gauge.observe(worker_alive().into(), &[]))
        .build();
    report_seconds(
        "passlink.worker.turn.age",
        "Time since the mail worker of this process last looked for mails",
        move || Some(worker_turn().as_secs_f64()),
    );
    let waiting = load.clone();
    meter
        .u64_observable_gauge("passlink.outbox.waiting")
        .with_description("Mails that wait to be sent; all nodes see the same outbox")
        .with_unit("{mail}")
        .with_callback(move |gauge| {
            if let Some(load) = *waiting.borrow() {
                gauge.observe(load.waiting, &[]);
            }
        })
        .build();
    let time_since = |name, description, event: fn(&OutboxLoad) -> Option<Timestamp>| {
        let (load, clock) = (load.clone(), clock.clone());
        report_seconds(name, description, move || {
            let time = event(load.borrow().as_ref()?).map(|it| clock.now().duration_since(it));
            Some(time.unwrap_or_default().as_secs_f64().max(0.0))
        });
    };
    time_since(
        "passlink.outbox.oldest.age",
        "Age of the mail that waits longest; 0 when none does",
        |load| load.oldest,
    );
    time_since(
        "passlink.outbox.late",
        "Time for which a mail has been due and no worker has taken it; 0 when there is none",
        |load| load.due,
    );
    let look = async {
        loop {
            // Those who need the database log that it is away.
            latest.send_replace(outbox.load().await.ok());
            sleep(LOOK).await;
        }
    };
    stop.run_until_cancelled(look).await;
}

/// A gauge of a time, for as long as it is known.
fn report_seconds(
    name: &'static str,
    description: &'static str,
    seconds: impl Fn() -> Option<f64> + Send + Sync + 'static,
) {
    let observe = move |gauge: &dyn AsyncInstrument<f64>| {
        if let Some(seconds) = seconds() {
            gauge.observe(seconds, &[]);
        }
    };
    global::meter("passlink")
        .f64_observable_gauge(name)
        .with_description(description)
        .with_unit("s")
        .with_callback(observe)
        .build();
}
