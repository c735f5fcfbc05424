//! The formats in which traces are passed on.

use std::env;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

/// What `OTEL_PROPAGATORS` asks for; without it, W3C's Trace Context and Baggage.
pub(super) fn wanted() -> Result<TextMapCompositePropagator, String> {
    let wanted = env::var("OTEL_PROPAGATORS").unwrap_or_default();
    let wanted = match wanted.trim() {
        "" => "tracecontext,baggage",
        wanted => wanted,
    };
    let mut propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>> = Vec::new();
    for name in wanted.split(',').map(str::trim) {
        match name {
            "tracecontext" => propagators.push(Box::new(TraceContextPropagator::new())),
            "baggage" => propagators.push(Box::new(BaggagePropagator::new())),
            "none" => {}
            _ => {
                return Err("OTEL_PROPAGATORS must be a list of tracecontext and baggage, or none"
                    .to_owned());
            }
        }
    }
    Ok(TextMapCompositePropagator::new(propagators))
}
