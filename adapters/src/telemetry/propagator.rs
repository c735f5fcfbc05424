//! The formats in which traces are passed on.

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::variables;

/// What `OTEL_PROPAGATORS` asks for; without it, W3C's Trace Context and Baggage.
pub(super) fn from_environment() -> Result<TextMapCompositePropagator, String> {
    let names = variables::read("OTEL_PROPAGATORS").filter(|names| !names.trim().is_empty());
    let names = names.as_deref().unwrap_or("tracecontext,baggage");
    let mut propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>> = Vec::new();
    for name in names.split(',').map(str::trim) {
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
