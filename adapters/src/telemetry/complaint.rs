//! The exporters, watched: a collector that takes nothing is told now and then, not at every batch.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter},
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};

/// How often the same trouble is told.
const OFTEN: Duration = Duration::from_secs(5 * 60);

/// An exporter whose failures are told.
#[derive(Debug)]
pub(super) struct Watched<E> {
    exporter: E,
    signal: &'static str,
    trouble: Mutex<Option<Trouble>>,
}

#[derive(Debug)]
struct Trouble {
    told: Instant,
    failed: u64,
}

impl<E> Watched<E> {
    /// Watches an exporter of `signal`.
    pub fn new(exporter: E, signal: &'static str) -> Self {
        Self { exporter, signal, trouble: Mutex::default() }
    }

    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let signal = self.signal;
        match (&result, trouble.as_mut()) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => {
                tracing::info!(signal, "telemetry reaches the collector again");
                *trouble = None;
            }
            (Err(error), None) => {
                tracing::warn!(signal, %error, "telemetry does not reach the collector");
                *trouble = Some(Trouble { told: Instant::now(), failed: 1 });
            }
            (Err(error), Some(trouble)) => {
                trouble.failed += 1;
                if trouble.told.elapsed() >= OFTEN {
                    let batches = trouble.failed;
                    tracing::warn!(signal, batches, %error, "telemetry still does not reach the collector");
                    trouble.told = Instant::now();
                }
            }
        }
        result
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Watched<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Watched<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.note(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

#[cfg(test)]
mod tests;
