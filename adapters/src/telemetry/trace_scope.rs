//! Traces that go on: from the caller to this process, and from a request to the delivery of its mail.

use std::collections::HashMap;

use opentelemetry::{
    Context, global,
    trace::{FutureExt, SpanContext, TraceContextExt},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use passlink_application::ports::TraceContext;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A scope in a trace: a span, and its ids for the log, which are there also when no spans are recorded.
#[derive(Clone)]
pub(crate) struct TraceScope {
    span: Span,
    context: Context,
}

impl TraceScope {
    /// The scope of `span`, which nobody has entered yet, as a part of `parent`.
    pub fn under(span: Span, parent: Context) -> Self {
        if span.is_disabled() {
            return Self { span, context: unrecorded(&parent) };
        }
        // This fails where no layer records spans, and then nothing is missing.
        let _ = span.set_parent(parent);
        Self { context: span.context(), span }
    }

    /// The scope of `span`, which nobody has entered yet, in the trace that a mail was queued in, if it
    /// was in one: a part of it, and linked to it by OpenTelemetry's conventions for messages.
    pub fn after_queueing(span: Span, queued: Option<&TraceContext>) -> Self {
        let fields = queued.and_then(|queued| serde_json::from_str(&queued.0).ok());
        let fields: HashMap<String, String> = fields.unwrap_or_default();
        let queued = global::get_text_map_propagator(|propagator| propagator.extract(&fields));
        let from = queued.span().span_context().clone();
        if from.is_valid() {
            span.add_link(from);
        }
        Self::under(span, queued)
    }

    pub fn here() -> Self {
        Self { span: Span::current(), context: Context::current() }
    }

    pub fn run<F: Future>(self, task: F) -> impl Future<Output = F::Output> {
        task.instrument(self.span).with_context(self.context)
    }

    /// As [`TraceScope::run`], for what is no future.
    pub fn in_scope<T>(&self, task: impl FnOnce() -> T) -> T {
        let _attached = self.context.clone().attach();
        self.span.in_scope(task)
    }
}

/// Whether the current trace is sampled. What only a sampled trace shows need not be worked out otherwise.
pub(crate) fn is_sampled() -> bool {
    Context::map_current(|context| context.span().span_context().is_sampled())
}

/// Ids for a span that is not recorded. Without a parent they begin a trace; else its flags stay.
fn unrecorded(parent: &Context) -> Context {
    let (ids, above) = (RandomIdGenerator::default(), parent.span().span_context().clone());
    let trace = if above.is_valid() { above.trace_id() } else { ids.new_trace_id() };
    parent.with_remote_span_context(SpanContext::new(
        trace,
        ids.new_span_id(),
        above.trace_flags(),
        false,
        above.trace_state().clone(),
    ))
}

/// Where `span` stands in its trace, or the current scope if the span is not recorded, with what the
/// caller sent to be passed on.
pub(crate) fn export_context(span: &Span) -> Option<TraceContext> {
    let context = if span.is_disabled() { Context::current() } else { span.context() };
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut fields = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut fields));
    serde_json::to_string(&fields).ok().map(TraceContext)
}
