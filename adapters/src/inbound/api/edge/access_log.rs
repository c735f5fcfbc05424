//! One log line a request: method, route template, protocol, status, code, duration, user id. Never the
//! path as it came, a query, a header or a body: they may hold secrets.

use std::time::Duration;

use http::StatusCode;

use crate::inbound::api::{
    protocols::{classify::Call, outcome::Outcome},
    services::bearer::CallersUser,
};

/// How a request ended; without a status, nobody waited for the answer.
pub(crate) struct End {
    pub status: Option<StatusCode>,
    pub outcome: Outcome,
    /// From the request's head until its answer was ready.
    pub duration: Duration,
}

/// Logs a request that has ended.
pub(crate) fn log(call: &Call, end: &End, user: &CallersUser) {
    tracing::info!(
        target: "passlink::access",
        method = call.method,
        route = call.route.as_deref().unwrap_or("unmatched"),
        protocol = call.protocol.name(),
        status = end.status.map(|status| status.as_u16()),
        code = end.outcome.name(),
        duration_ms = end.duration.as_micros() as f64 / 1000.0,
        user_id = user.id(),
        "request"
    );
}
