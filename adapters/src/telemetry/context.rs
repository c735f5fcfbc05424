//! Traces that go on: from the caller to us, and from a request to the delivery of its mail.

use std::{collections::HashMap, env};

use opentelemetry::{
    global,
    propagation::{TextMapCompositePropagator, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use passlink_application::TraceContext;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// What `OTEL_PROPAGATORS` asks for; without it, W3C's Trace Context and Baggage.
pub(super) fn propagator() -> Result<TextMapCompositePropagator, String> {
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

/// Where `span` stands, with what the caller sent to be passed on.
pub(super) fn of(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut fields = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut fields));
    serde_json::to_string(&fields).ok().map(TraceContext::new)
}

/// Makes `span`, which nobody has entered yet, go on from `context`: a part of its trace, and linked
/// to it by OpenTelemetry's conventions for messages.
pub fn go_on_from(span: &Span, context: &TraceContext) {
    let Ok(fields) = serde_json::from_str::<HashMap<String, String>>(context.as_str()) else {
        return;
    };
    let context = global::get_text_map_propagator(|propagator| propagator.extract(&fields));
    let from = context.span().span_context().clone();
    if from.is_valid() {
        // Without an exporter there is no span to set it on.
        let _ = span.set_parent(context);
        span.add_link(from);
    }
}
