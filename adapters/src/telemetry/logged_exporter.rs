//! Exporters that log when nothing reaches the collector, when it does again, and what the collector
//! rejects: now and then, where the SDK does so at every batch, and never says that all is well again.
//! What finds no place in a queue is logged by the SDK itself.

use std::{
    cell::RefCell,
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter},
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

use super::{destination::Signal, throttle::Throttle};

#[derive(Debug)]
pub(super) struct LoggedExporter<E> {
    exporter: E,
    signal: &'static str,
    failed: Throttle,
    /// Whether the last log line says that nothing arrives.
    is_away: AtomicBool,
    rejected: Throttle,
}

impl<E> LoggedExporter<E> {
    pub fn new(exporter: E, signal: Signal) -> Self {
        Self {
            exporter,
            signal: signal.name(),
            failed: Throttle::default(),
            is_away: AtomicBool::new(false),
            rejected: Throttle::default(),
        }
    }

    /// Logs what came of a batch, if it is time to.
    fn log(&self, result: OTelSdkResult, now: Instant) -> OTelSdkResult {
        let signal = self.signal;
        if result.is_ok() && self.is_away.swap(false, Relaxed) {
            tracing::info!(signal, "telemetry reaches the collector again");
        }
        if let Err(error) = &result
            && let Some(batches) = self.failed.count(1, now)
        {
            self.is_away.store(true, Relaxed);
            let error = error.to_string();
            tracing::warn!(signal, batches, error, "telemetry does not reach the collector");
        }
        let PartialSuccess { rejected, message } = LATEST.take();
        self.log_rejected(self.rejected.count(rejected, now), message);
        result
    }

    fn log_rejected(&self, count: Option<u64>, error: Option<String>) {
        if let Some(count) = count {
            let signal = self.signal;
            tracing::warn!(signal, count, error, "the collector refused a part of the telemetry");
        }
    }
}

impl<E: SpanExporter> SpanExporter for LoggedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.log(self.exporter.export(batch).await, Instant::now())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.log_rejected(self.rejected.rest(), None);
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for LoggedExporter<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.log(self.exporter.export(batch).await, Instant::now())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.log_rejected(self.rejected.rest(), None);
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for LoggedExporter<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.log(self.exporter.export(metrics).await, Instant::now())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.log_rejected(self.rejected.rest(), None);
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// OTLP's partial success: what the collector rejected of a batch that it took, and its words for it.
/// Exporters return no error then, and say so by an event alone.
#[derive(Debug, Default)]
struct PartialSuccess {
    rejected: u64,
    message: Option<String>,
}

thread_local! {
    /// What the exporter of this thread has said: each has its own, and says so before it returns.
    static LATEST: RefCell<PartialSuccess> = RefCell::default();
}

impl Visit for PartialSuccess {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name().starts_with("rejected_") {
            self.rejected += u64::try_from(value).unwrap_or_default();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "error_message" {
            self.message = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Keeps the events for which [`is_partial_success`] holds for the exporter of the thread.
pub(super) struct PartialSuccessLayer;

impl<S: Subscriber> Layer<S> for PartialSuccessLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        LATEST.with_borrow_mut(|latest| event.record(latest));
    }
}

/// Whether an exporter says by this event that the collector rejected a part.
pub(super) fn is_partial_success(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && metadata.target() == "opentelemetry-otlp"
        && metadata.name().ends_with(".PartialSuccess")
}

#[cfg(test)]
mod tests;
