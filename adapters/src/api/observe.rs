//! A request as operators see it: its span, its place in the metrics, its log line.

use std::time::Instant;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;
use opentelemetry::{KeyValue, global, metrics::Histogram, propagation::Extractor};
use tracing::{Instrument, Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{
    access_log::AccessRecord,
    call::{Call, Outcome},
};

/// As OpenTelemetry's conventions advise, in seconds.
const BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Where the times of requests are recorded.
#[derive(Clone)]
pub(super) struct Durations {
    histogram: Histogram<f64>,
    scheme: &'static str,
}

impl Durations {
    /// Makes the instrument, for requests that come by `https`, or by `http`.
    pub fn new(https: bool) -> Self {
        let histogram = global::meter("passlink")
            .f64_histogram("http.server.request.duration")
            .with_description("From a request's head until its answer was ready")
            .with_unit("s")
            .with_boundaries(BOUNDARIES.to_vec())
            .build();
        let scheme = match https {
            true => "https",
            false => "http",
        };
        Self { histogram, scheme }
    }

    fn record(&self, call: Call, status: i64, outcome: Outcome, seconds: f64) {
        let mut attributes = vec![
            KeyValue::new("http.request.method", call.method),
            KeyValue::new("http.response.status_code", status),
            KeyValue::new("network.protocol.version", call.version),
            KeyValue::new("url.scheme", self.scheme),
            KeyValue::new("passlink.protocol", call.protocol.name()),
            KeyValue::new("passlink.code", outcome.name()),
        ];
        if let Some(route) = call.route {
            attributes.push(KeyValue::new("http.route", route));
        }
        if outcome.is_our_fault() {
            attributes.push(KeyValue::new("error.type", outcome.name()));
        }
        self.histogram.record(seconds, &attributes);
    }
}

/// Runs a request in its span and tells what came of it.
pub(super) async fn observe(
    State(durations): State<Durations>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let call = Call::of(&request);
    let span = span(&call, &request, durations.scheme);
    let record = AccessRecord::default();
    request.extensions_mut().insert(record.clone());
    async {
        let response = next.run(request).await;
        let (status, outcome) = (response.status(), Outcome::of(&response));
        let code = i64::from(status.as_u16());
        tell(&Span::current(), &call, code, outcome, &record);
        let duration = started.elapsed();
        record.log(&call, status, duration);
        durations.record(call, code, outcome, duration.as_secs_f64());
        response
    }
    .instrument(span)
    .await
}

/// The span of a request, a part of its caller's trace; probes have none. A path may hold what is not
/// to be told, so it is told as its template.
fn span(call: &Call, request: &Request, scheme: &'static str) -> Span {
    if call.is_probe() {
        return Span::none();
    }
    let span = info_span!(
        "request",
        otel.name = %call.name(),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = call.method,
        http.route = call.route.as_deref(),
        http.response.status_code = Empty,
        url.scheme = scheme,
        url.path = call.route.as_deref(),
        network.protocol.version = call.version,
        rpc.system.name = call.protocol.rpc_system(),
        rpc.method = call.rpc,
        rpc.response.status_code = Empty,
        error.type = Empty,
        user.id = Empty,
        passlink.protocol = call.protocol.name(),
    );
    if !span.is_disabled() {
        let fields = Fields(request.headers());
        let caller = global::get_text_map_propagator(|propagator| propagator.extract(&fields));
        // It can't have been entered yet.
        let _ = span.set_parent(caller);
    }
    span
}

fn tell(span: &Span, call: &Call, status: i64, outcome: Outcome, record: &AccessRecord) {
    span.record("http.response.status_code", status);
    span.record("user.id", record.user());
    if call.rpc.is_some() {
        span.record("rpc.response.status_code", outcome.name());
    }
    if outcome.is_our_fault() {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", outcome.name());
    }
}

/// Header fields, as propagators read them. gRPC's metadata are header fields as well.
struct Fields<'h>(&'h HeaderMap);

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
