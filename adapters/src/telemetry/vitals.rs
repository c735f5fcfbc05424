//! How the mail worker and the outbox are, looked at each time that metrics are read.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use opentelemetry::{KeyValue, global};
use passlink_application::ports::{Clock, OutboxLoad};
use tokio::sync::watch;

/// What is looked at.
pub struct Vitals {
    /// The program's version.
    pub version: &'static str,
    /// Whether the mail worker lives.
    pub worker_alive: Box<dyn Fn() -> bool + Send + Sync>,
    /// How long ago the mail worker began its last turn.
    pub worker_turn: Box<dyn Fn() -> Duration + Send + Sync>,
    /// What the outbox holds, when that is known.
    pub outbox: watch::Receiver<Option<OutboxLoad>>,
    /// What ages are measured by.
    pub clock: Arc<dyn Clock>,
}

impl Vitals {
    /// Makes the instruments, which report for as long as the process runs.
    pub fn report(self) {
        let Self { version, worker_alive, worker_turn, outbox, clock } = self;
        let meter = global::meter("passlink");
        meter
            .u64_observable_gauge("passlink.build.info")
            .with_description("1; its attribute is the version that runs")
            .with_callback(move |gauge| gauge.observe(1, &[KeyValue::new("version", version)]))
            .build();
        meter
            .u64_observable_gauge("passlink.worker.alive")
            .with_description(
                "1 while the mail worker of this process lives, 0 when it has stopped or hangs",
            )
            .with_callback(move |gauge| gauge.observe(worker_alive().into(), &[]))
            .build();
        meter
            .f64_observable_gauge("passlink.worker.turn.age")
            .with_description("Time since the mail worker of this process last looked for mails")
            .with_unit("s")
            .with_callback(move |gauge| gauge.observe(worker_turn().as_secs_f64(), &[]))
            .build();
        let load = outbox.clone();
        meter
            .u64_observable_gauge("passlink.outbox.waiting")
            .with_description("Mails that wait to be sent; all nodes see the same outbox")
            .with_unit("{mail}")
            .with_callback(move |gauge| {
                if let Some(load) = *load.borrow() {
                    gauge.observe(load.waiting, &[]);
                }
            })
            .build();
        let time_since = |name, description, event: fn(&OutboxLoad) -> Option<Timestamp>| {
            let (load, clock) = (outbox.clone(), clock.clone());
            meter
                .f64_observable_gauge(name)
                .with_description(description)
                .with_unit("s")
                .with_callback(move |gauge| {
                    if let Some(load) = &*load.borrow() {
                        let time = event(load).map(|it| clock.now().duration_since(it));
                        let seconds = time.unwrap_or_default().as_secs_f64();
                        gauge.observe(seconds.max(0.0), &[]);
                    }
                })
                .build();
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
    }
}
