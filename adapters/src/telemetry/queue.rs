//! What waits to be sent, counted at both ends: the libraries drop what finds no place in silence.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use opentelemetry::{Context, InstrumentationScope, logs::Severity};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
    trace::{Span, SpanData, SpanProcessor},
};

/// How much a queue holds when its variable does not say.
const SIZE: usize = 2048;

/// What is known of a queue.
#[derive(Debug)]
pub(super) struct Queue {
    size: usize,
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

impl Queue {
    /// One that holds what a variable says.
    pub fn sized_by(variable: &str) -> Arc<Self> {
        let size = env::var(variable).ok().and_then(|size| size.parse().ok());
        Arc::new(Self {
            size: size.unwrap_or(SIZE),
            waiting: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    /// How much it holds.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether one more found a place.
    fn enter(&self) -> bool {
        let has_place = self.waiting.fetch_add(1, Relaxed) < self.size;
        if !has_place {
            self.waiting.fetch_sub(1, Relaxed);
            self.dropped.fetch_add(1, Relaxed);
        }
        has_place
    }

    /// So many are on their way.
    pub fn leave(&self, count: usize) {
        self.waiting.fetch_sub(count, Relaxed);
    }

    /// How many found no place since this was asked last.
    pub fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Relaxed)
    }
}

/// What puts in a queue what finds a place there.
#[derive(Debug)]
pub(super) struct Entrance<P> {
    processor: P,
    queue: Arc<Queue>,
}

impl<P> Entrance<P> {
    pub fn new(processor: P, queue: Arc<Queue>) -> Self {
        Self { processor, queue }
    }
}

impl<P: SpanProcessor> SpanProcessor for Entrance<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.queue.enter() {
            self.processor.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

impl<P: LogProcessor> LogProcessor for Entrance<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.queue.enter() {
            self.processor.emit(record, scope);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.processor.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}
