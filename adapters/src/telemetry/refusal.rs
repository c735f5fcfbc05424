//! What a collector refused of what it took, which the exporters tell by an event alone.

use std::{cell::RefCell, fmt};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// A refusal of a part, and the collector's words for it.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub count: u64,
    pub error: Option<String>,
}

thread_local! {
    /// What the exporter of this thread has told: each has a thread, and tells before it returns.
    static HEARD: RefCell<Refusal> = RefCell::default();
}

impl Refusal {
    /// What the exporter of this thread has told since this was asked last.
    pub fn heard() -> Self {
        HEARD.take()
    }
}

impl Visit for Refusal {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name().starts_with("rejected_") {
            self.count += u64::try_from(value).unwrap_or_default();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "error_message" {
            self.error = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Hears what exporters tell.
pub(super) struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        HEARD.with_borrow_mut(|heard| event.record(heard));
    }
}

/// Whether it is such an event.
pub(super) fn is_one(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && metadata.target() == "opentelemetry-otlp"
        && metadata.name().ends_with(".PartialSuccess")
}
