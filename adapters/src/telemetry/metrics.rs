//! Metrics: where they go, and what is looked at when they do.

use std::{error::Error, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use http::{StatusCode, header};
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
};
#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

use super::{Destination, exporters};

/// The meter, when somebody is to read it: a collector, a page, or both.
pub(super) fn meter(
    to: Option<&Destination>,
    page: Option<&Registry>,
    resource: &Resource,
) -> Result<Option<SdkMeterProvider>, String> {
    if to.is_none() && page.is_none() {
        return Ok(None);
    }
    let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
    if let Some(to) = to {
        builder = builder.with_reader(PeriodicReader::builder(exporters::metrics(to)?).build());
    }
    if let Some(page) = page {
        let unmade = |error: &dyn Error| format!("the page of metrics can't be made: {error}");
        #[cfg(target_os = "linux")]
        page.register(Box::new(ProcessCollector::for_self())).map_err(|error| unmade(&error))?;
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(page.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| unmade(&error))?;
        builder = builder.with_reader(exporter);
    }
    Ok(Some(builder.build()))
}

/// The page, in Prometheus' text format.
pub(super) fn page(registry: Registry) -> Router {
    let answer = async move || match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text)),
        Err(error) => {
            tracing::error!(%error, "the page of metrics could not be written");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    Router::new().route("/metrics", get(answer))
}

/// What is looked at each time that metrics are read.
pub struct Vitals {
    /// The program's version.
    pub version: &'static str,
    /// Whether the mail worker lives.
    pub worker_alive: Box<dyn Fn() -> bool + Send + Sync>,
    /// How long ago the mail worker began its last turn.
    pub worker_turn: Box<dyn Fn() -> Duration + Send + Sync>,
    /// How the outbox is, when that is known.
    pub outbox: Box<dyn Fn() -> Option<OutboxVitals> + Send + Sync>,
}

/// How the outbox is.
#[derive(Debug, Clone, Copy)]
pub struct OutboxVitals {
    /// How many mails waited when it was last looked at.
    pub waiting: u64,
    /// How old the oldest of them is now, in seconds.
    pub age: f64,
    /// For how long one of them has been due and in nobody's hand, in seconds.
    pub late: f64,
}

impl Vitals {
    /// Shows them for as long as the process runs.
    pub fn show(self) {
        let Self { version, worker_alive, worker_turn, outbox } = self;
        let (meter, outbox) = (global::meter("passlink"), Arc::new(outbox));
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
                if let Some(outbox) = load() {
                    gauge.observe(outbox.waiting, &[]);
                }
            })
            .build();
        let seconds = |name, description, value: fn(OutboxVitals) -> f64| {
            let outbox = outbox.clone();
            meter
                .f64_observable_gauge(name)
                .with_description(description)
                .with_unit("s")
                .with_callback(move |gauge| {
                    if let Some(outbox) = outbox() {
                        gauge.observe(value(outbox), &[]);
                    }
                })
                .build();
        };
        seconds(
            "passlink.outbox.oldest.age",
            "Age of the mail that waits longest; 0 when none does",
            |outbox| outbox.age,
        );
        seconds(
            "passlink.outbox.late",
            "Time for which a mail has been due and no worker has taken it; 0 when there is none",
            |outbox| outbox.late,
        );
    }
}
