//! OTLP's partial success: the collector takes a batch, but rejects a part of it. The exporters return no
//! error then, and say so by an event alone.

use std::{cell::RefCell, fmt};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// What the collector rejected, and its words for it.
#[derive(Debug, Default)]
pub(super) struct PartialSuccess {
    pub rejected: u64,
    pub message: Option<String>,
}

thread_local! {
    /// What the exporter of this thread has said: each has its own, and says so before it returns.
    static LATEST: RefCell<PartialSuccess> = RefCell::default();
}

impl PartialSuccess {
    /// What the exporter of this thread has said since the last call.
    pub fn take() -> Self {
        LATEST.take()
    }
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

/// Keeps the events for which [`is_event`] holds for [`PartialSuccess::take`].
pub(super) struct PartialSuccessLayer;

impl<S: Subscriber> Layer<S> for PartialSuccessLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        LATEST.with_borrow_mut(|latest| event.record(latest));
    }
}

/// Whether an exporter says by this event that the collector rejected a part.
pub(super) fn is_event(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && metadata.target() == "opentelemetry-otlp"
        && metadata.name().ends_with(".PartialSuccess")
}
