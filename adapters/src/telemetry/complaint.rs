//! The exporters, watched: a collector that takes nothing, too little or a part is told now and then,
//! not at every batch.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter},
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};

use super::{
    queue::Queue,
    refusal::Refusal,
    throttle::{OFTEN, Throttle},
};

/// An exporter whose failures are told.
#[derive(Debug)]
pub(super) struct Watched<E> {
    exporter: E,
    signal: &'static str,
    /// What it empties, if it has one.
    queue: Option<Arc<Queue>>,
    trouble: Mutex<Trouble>,
    losses: Mutex<Losses>,
}

/// What is known of an exporter's failures.
#[derive(Debug, Default)]
struct Trouble {
    /// When they were told last.
    told: Option<Instant>,
    /// Whether their end is still to be told.
    open: bool,
    /// How many there were since it last went well.
    failed: u64,
}

/// What is lost though batches arrive.
#[derive(Debug, Default)]
struct Losses {
    dropped: Throttle,
    refused: Throttle,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// A batch did not arrive.
    Fails,
    /// So many did not, one after the other.
    StillFails(u64),
    /// They arrive again.
    Works,
}

impl Trouble {
    fn failed(&mut self, now: Instant) -> Option<News> {
        self.failed += 1;
        if self.told.is_some_and(|told| now.duration_since(told) < OFTEN) {
            return None;
        }
        self.told = Some(now);
        Some(match std::mem::replace(&mut self.open, true) {
            true => News::StillFails(self.failed),
            false => News::Fails,
        })
    }

    fn worked(&mut self) -> Option<News> {
        self.failed = 0;
        std::mem::take(&mut self.open).then_some(News::Works)
    }
}

impl<E> Watched<E> {
    /// Watches an exporter of `signal`.
    pub fn new(exporter: E, signal: &'static str, queue: Option<Arc<Queue>>) -> Self {
        Self { exporter, signal, queue, trouble: Mutex::default(), losses: Mutex::default() }
    }

    /// So many have left the queue.
    fn leave(&self, count: usize) {
        if let Some(queue) = &self.queue {
            queue.leave(count);
        }
    }

    /// Tells what was lost, if it is time to, or if there is no other.
    fn tell_losses(&self, at_last: bool) {
        let (signal, now, refusal) = (self.signal, Instant::now(), Refusal::heard());
        let found_no_place = self.queue.as_ref().map_or(0, |queue| queue.take_dropped());
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let Losses { dropped, refused } = &mut *losses;
        let tell = |throttle: &mut Throttle, more| {
            throttle.count(more, now).or_else(|| at_last.then(|| throttle.rest()).flatten())
        };
        let (dropped, refused) = (tell(dropped, found_no_place), tell(refused, refusal.count));
        drop(losses);
        if let Some(count) = dropped {
            tracing::warn!(
                signal,
                count,
                "telemetry was dropped: the collector takes it too slowly"
            );
        }
        if let Some(count) = refused {
            let error = refusal.error;
            tracing::warn!(signal, count, error, "the collector refused a part of the telemetry");
        }
    }

    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        let signal = self.signal;
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let news = match &result {
            Ok(()) => trouble.worked(),
            Err(_) => trouble.failed(Instant::now()),
        };
        drop(trouble);
        let error = result.as_ref().err().map(ToString::to_string);
        match news {
            None => {}
            Some(News::Works) => tracing::info!(signal, "telemetry reaches the collector again"),
            Some(News::Fails) => {
                tracing::warn!(signal, error, "telemetry does not reach the collector");
            }
            Some(News::StillFails(batches)) => {
                tracing::warn!(
                    signal,
                    batches,
                    error,
                    "telemetry still does not reach the collector"
                );
            }
        }
        self.tell_losses(false);
        result
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.leave(batch.len());
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.tell_losses(true);
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
        self.leave(batch.iter().count());
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.tell_losses(true);
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
        self.tell_losses(true);
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

#[cfg(test)]
mod tests;
