//! A request as operators see it: its span, its share of the metrics, its log line.

use std::{
    thread,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use connectrpc::ErrorCode;
use http::{StatusCode, header::HOST, uri::Authority};
use opentelemetry::{KeyValue, global, metrics::Histogram};
use passlink_application::limits::ClientAddress;
use tracing::{
    Span,
    field::{self, Empty},
    info_span,
};

use super::{access_log::AccessRecord, caller_context};
use crate::inbound::api::protocols::call::{Call, Outcome};
use crate::telemetry::trace_scope::TraceScope;

/// As OpenTelemetry's conventions advise, in seconds.
const BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Where the times of requests are recorded.
#[derive(Clone)]
pub(crate) struct Durations {
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

    fn record(
        &self,
        call: &Call,
        status: Option<StatusCode>,
        outcome: Outcome,
        duration: Duration,
    ) {
        let mut attributes = vec![
            KeyValue::new("http.request.method", call.method),
            KeyValue::new("network.protocol.version", call.version),
            KeyValue::new("url.scheme", self.scheme),
            KeyValue::new("passlink.protocol", call.protocol.name()),
            KeyValue::new("passlink.code", outcome.name()),
        ];
        if let Some(status) = status {
            let status = i64::from(status.as_u16());
            attributes.push(KeyValue::new("http.response.status_code", status));
        }
        if let Some(route) = &call.route {
            attributes.push(KeyValue::new("http.route", route.clone()));
        }
        if outcome.is_our_fault(duration) {
            attributes.push(KeyValue::new("error.type", outcome.name()));
        }
        self.histogram.record(duration.as_secs_f64(), &attributes);
    }
}

/// Runs a request in its scope and tells what came of it.
pub(crate) async fn observe(
    State(durations): State<Durations>,
    mut request: Request,
    next: Next,
) -> Response {
    if cfg!(feature = "no-telemetry") {
        return next.run(request).await;
    }
    let started = Instant::now();
    let call = Call::of(&request);
    let scope = scope(&call, &request, durations.scheme);
    let record = AccessRecord::default();
    request.extensions_mut().insert(record.clone());
    let mut watch = Watch { started, call, record, durations, scope: scope.clone(), told: false };
    let answer = async move {
        let response = next.run(request).await;
        watch.tell(Some(response.status()), Outcome::of(&response));
        response
    };
    scope.run(answer).await
}

/// Tells what came of a request, and that nothing did when its caller left before the answer.
struct Watch {
    started: Instant,
    call: Call,
    record: AccessRecord,
    durations: Durations,
    scope: TraceScope,
    told: bool,
}

impl Watch {
    fn tell(&mut self, status: Option<StatusCode>, outcome: Outcome) {
        self.told = true;
        let duration = self.started.elapsed();
        let Self { call, record, durations, .. } = self;
        tell(&Span::current(), call, status, outcome, record);
        record.log(call, status, outcome, duration);
        durations.record(call, status, outcome, duration);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let code = match thread::panicking() {
            true => ErrorCode::Internal,
            false => ErrorCode::Canceled,
        };
        if !self.told {
            self.scope.clone().in_scope(|| self.tell(None, Outcome(Some(code))));
        }
    }
}

/// The scope of a request in its caller's trace; probes have none. A path may hold what is not to be
/// told, so it is told as its template.
fn scope(call: &Call, request: &Request, scheme: &'static str) -> TraceScope {
    if call.is_probe() {
        return TraceScope::here();
    }
    let host = host(request);
    let span = info_span!(
        "request",
        otel.name = %call.name(),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = call.method,
        http.request.method_original = call.method_original.as_deref(),
        http.route = call.route.as_deref(),
        http.response.status_code = Empty,
        url.scheme = scheme,
        url.path = call.route.as_deref(),
        network.protocol.version = call.version,
        server.address = host.as_ref().map(Authority::host),
        server.port = host.as_ref().and_then(Authority::port_u16).map(i64::from),
        client.address = request.extensions().get().map(|ClientAddress(it)| field::display(it)),
        rpc.system.name = call.protocol.rpc_system(),
        rpc.method = call.rpc,
        rpc.response.status_code = Empty,
        error.type = Empty,
        user.id = Empty,
        passlink.protocol = call.protocol.name(),
    );
    TraceScope::under(span, caller_context::of(request.headers()))
}

/// The host that the caller asked; none that is longer than a name can be.
fn host(request: &Request) -> Option<Authority> {
    let told = || Authority::try_from(request.headers().get(HOST)?.as_bytes()).ok();
    request.uri().authority().cloned().or_else(told).filter(|it| it.host().len() <= 255)
}

fn tell(
    span: &Span,
    call: &Call,
    status: Option<StatusCode>,
    outcome: Outcome,
    record: &AccessRecord,
) {
    span.record("http.response.status_code", status.map(|status| i64::from(status.as_u16())));
    span.record("user.id", record.user());
    if call.rpc.is_some() {
        span.record("rpc.response.status_code", outcome.name());
    }
    let failed = match status {
        Some(status) => status.is_server_error(),
        None => thread::panicking(),
    };
    if failed || (call.rpc.is_some() && outcome.is_error_of_rpc()) {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", outcome.name());
    }
}
