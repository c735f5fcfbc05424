//! Traces that go on: from the caller to us, and from a request to the delivery of its mail.

use std::collections::HashMap;

use opentelemetry::{
    Context, global,
    trace::{FutureExt, SpanContext, TraceContextExt},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use passlink_application::ports::TraceContext;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A scope in a trace: a span where spans are recorded, and its ids, for the log, also where none are.
/// What is done there is told to be done there.
#[derive(Clone)]
pub struct TraceScope {
    span: Span,
    context: Context,
}

impl TraceScope {
    /// The scope of `span`, which nobody has entered yet, under what `parent` tells.
    pub(crate) fn under(span: Span, parent: Context) -> Self {
        if span.is_disabled() {
            return Self { span, context: unrecorded(&parent) };
        }
        // It is refused where there is no layer for it, and then there is nobody to miss it.
        let _ = span.set_parent(parent);
        Self { context: span.context(), span }
    }

    /// The scope of `span`, which nobody has entered yet, in the trace that a mail was queued in, if it
    /// was in one: a part of it, and linked to it by OpenTelemetry's conventions for messages.
    pub fn behind(span: Span, queued: Option<&TraceContext>) -> Self {
        let fields = queued.and_then(|queued| serde_json::from_str(queued.as_str()).ok());
        let fields: HashMap<String, String> = fields.unwrap_or_default();
        let queued = global::get_text_map_propagator(|propagator| propagator.extract(&fields));
        let from = queued.span().span_context().clone();
        if from.is_valid() {
            span.add_link(from);
        }
        Self::under(span, queued)
    }

    /// Where the caller is.
    pub(crate) fn here() -> Self {
        Self { span: Span::current(), context: Context::current() }
    }

    /// Does something there.
    pub fn run<F: Future>(self, task: F) -> impl Future<Output = F::Output> {
        task.instrument(self.span).with_context(self.context)
    }

    /// As [`TraceScope::run`], at once.
    pub(crate) fn in_scope<T>(&self, task: impl FnOnce() -> T) -> T {
        let _there = self.context.clone().attach();
        self.span.in_scope(task)
    }
}

/// Whether the trace that this is done in is sampled. What it is not sampled for need not be worked out.
pub(crate) fn is_sampled() -> bool {
    Context::map_current(|context| context.span().span_context().is_sampled())
}

/// The ids of a span that there is not. Without a parent it begins a trace; whether others are to record
/// that stays as the parent said.
fn unrecorded(parent: &Context) -> Context {
    let (ids, above) = (RandomIdGenerator::default(), parent.span().span_context().clone());
    let trace = match above.is_valid() {
        true => above.trace_id(),
        false => ids.new_trace_id(),
    };
    parent.with_remote_span_context(SpanContext::new(
        trace,
        ids.new_span_id(),
        above.trace_flags(),
        false,
        above.trace_state().clone(),
    ))
}

/// Where `span`, or whoever is above it where there is no such span, stands, with what the caller sent to be
/// passed on.
pub(crate) fn context_of(span: &Span) -> Option<TraceContext> {
    let context = match span.is_disabled() {
        true => Context::current(),
        false => span.context(),
    };
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut fields = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut fields));
    serde_json::to_string(&fields).ok().map(TraceContext::new)
}
