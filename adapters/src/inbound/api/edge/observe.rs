//! A request as operators see it: its span, its share of the metrics, its log line.

use std::{sync::Arc, thread, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use connectrpc::ErrorCode;
use http::{StatusCode, uri::Authority};
use opentelemetry::{KeyValue, global, metrics::Histogram};
use opentelemetry_semantic_conventions::{
    attribute::{
        CLIENT_ADDRESS, ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_ORIGINAL,
        HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, NETWORK_PROTOCOL_VERSION, OTEL_STATUS_CODE,
        RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT,
        URL_PATH, URL_SCHEME, USER_ID,
    },
    metric::HTTP_SERVER_REQUEST_DURATION,
};
use passlink_application::limits::ClientAddress;
use tracing::{
    Span,
    field::{self, Empty},
    info_span,
};

use super::{caller_context, host};
use crate::{
    inbound::api::{
        protocols::{classify::Call, outcome::Outcome},
        services::bearer::NotedCaller,
    },
    telemetry::trace_scope::TraceScope,
};

/// As OpenTelemetry's conventions advise, in seconds.
const BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

#[derive(Clone)]
pub(crate) struct Durations {
    histogram: Histogram<f64>,
    scheme: &'static str,
}

impl Durations {
    pub fn new(https: bool) -> Self {
        let histogram = global::meter("passlink")
            .f64_histogram(HTTP_SERVER_REQUEST_DURATION)
            .with_description("From a request's head until its answer was ready")
            .with_unit("s")
            .with_boundaries(BOUNDARIES.to_vec())
            .build();
        Self { histogram, scheme: if https { "https" } else { "http" } }
    }

    fn record(&self, call: &Call, end: &End) {
        let mut attributes = vec![
            KeyValue::new(HTTP_REQUEST_METHOD, call.method),
            KeyValue::new(NETWORK_PROTOCOL_VERSION, call.version),
            KeyValue::new(URL_SCHEME, self.scheme),
            KeyValue::new("passlink.protocol", call.protocol.name()),
            KeyValue::new("passlink.code", end.outcome.name()),
        ];
        if let Some(status) = end.status {
            let status = i64::from(status.as_u16());
            attributes.push(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, status));
        }
        if let Some(route) = &call.route {
            attributes.push(KeyValue::new(HTTP_ROUTE, route.clone()));
        }
        if end.outcome.is_our_fault(end.duration) {
            attributes.push(KeyValue::new(ERROR_TYPE, end.outcome.name()));
        }
        self.histogram.record(end.duration.as_secs_f64(), &attributes);
    }
}

/// How a request ended; without a status, nobody waited for the answer.
struct End {
    status: Option<StatusCode>,
    outcome: Outcome,
    /// From the request's head until its answer was ready.
    duration: Duration,
}

/// Runs a request in its trace scope, and records its end.
pub(crate) async fn observe(
    State(durations): State<Durations>,
    mut request: Request,
    next: Next,
) -> Response {
    if cfg!(feature = "no-telemetry") {
        return next.run(request).await;
    }
    let call = Call::noted_on(&request);
    let scope = scope(&call, &request, durations.scheme);
    let caller = NotedCaller::default();
    request.extensions_mut().insert(caller.clone());
    let mut observed = Observed { call, caller, durations, scope: scope.clone(), has_ended: false };
    let answer = async move {
        let response = next.run(request).await;
        observed.end(Some(response.status()), Outcome::read(&response));
        response
    };
    scope.run(answer).await
}

/// A request that is under way. Its end is recorded as well when its caller left before the answer.
struct Observed {
    call: Arc<Call>,
    caller: NotedCaller,
    durations: Durations,
    scope: TraceScope,
    has_ended: bool,
}

impl Observed {
    fn end(&mut self, status: Option<StatusCode>, outcome: Outcome) {
        self.has_ended = true;
        let end = End { status, outcome, duration: self.call.came.elapsed() };
        record_in_span(&Span::current(), &self.call, &end, &self.caller);
        log(&self.call, &end, &self.caller);
        self.durations.record(&self.call, &end);
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let code = if thread::panicking() { ErrorCode::Internal } else { ErrorCode::Canceled };
        if !self.has_ended {
            self.scope.clone().in_scope(|| self.end(None, Outcome(Some(code))));
        }
    }
}

/// The scope in the caller's trace; probes have none. A path may hold secrets: its template is told.
fn scope(call: &Call, request: &Request, scheme: &'static str) -> TraceScope {
    if call.is_probe() {
        return TraceScope::here();
    }
    // None that is longer than a name can be.
    let host = host::asked(request).filter(|it| it.host().len() <= 255);
    let span = info_span!(
        "request",
        otel.name = %call.name(),
        otel.kind = "server",
        { OTEL_STATUS_CODE } = Empty,
        { HTTP_REQUEST_METHOD } = call.method,
        { HTTP_REQUEST_METHOD_ORIGINAL } = call.method_original.as_deref(),
        { HTTP_ROUTE } = call.route.as_deref(),
        { HTTP_RESPONSE_STATUS_CODE } = Empty,
        { URL_SCHEME } = scheme,
        { URL_PATH } = call.route.as_deref(),
        { NETWORK_PROTOCOL_VERSION } = call.version,
        { SERVER_ADDRESS } = host.as_ref().map(Authority::host),
        { SERVER_PORT } = host.as_ref().and_then(Authority::port_u16).map(i64::from),
        { CLIENT_ADDRESS } = request.extensions().get().map(|ClientAddress(it)| field::display(it)),
        { RPC_SYSTEM_NAME } = call.protocol.rpc_system(),
        { RPC_METHOD } = call.rpc,
        { RPC_RESPONSE_STATUS_CODE } = Empty,
        { ERROR_TYPE } = Empty,
        { USER_ID } = Empty,
        passlink.service = Empty,
        passlink.protocol = call.protocol.name(),
    );
    TraceScope::under(span, caller_context::read(request.headers()))
}

fn record_in_span(span: &Span, call: &Call, end: &End, caller: &NotedCaller) {
    let End { status, outcome, .. } = end;
    span.record(HTTP_RESPONSE_STATUS_CODE, status.map(|status| i64::from(status.as_u16())));
    span.record(USER_ID, caller.user());
    span.record("passlink.service", caller.service());
    if call.rpc.is_some() {
        span.record(RPC_RESPONSE_STATUS_CODE, outcome.name());
    }
    let failed = match status {
        Some(status) => status.is_server_error(),
        None => thread::panicking(),
    };
    if failed || (call.rpc.is_some() && outcome.is_error_of_rpc()) {
        span.record(OTEL_STATUS_CODE, "ERROR");
        span.record(ERROR_TYPE, outcome.name());
    }
}

/// One line, without the path as it came, query, headers and body: they may hold secrets.
fn log(call: &Call, end: &End, caller: &NotedCaller) {
    tracing::info!(
        target: "passlink::access",
        method = call.method,
        route = call.route.as_deref().unwrap_or("unmatched"),
        protocol = call.protocol.name(),
        status = end.status.map(|status| status.as_u16()),
        code = end.outcome.name(),
        duration_ms = end.duration.as_micros() as f64 / 1000.0,
        user_id = caller.user(),
        service = caller.service(),
        "request"
    );
}
