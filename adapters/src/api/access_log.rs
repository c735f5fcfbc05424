//! One log line a request: method, route template, status, duration, user id. Never the path as it
//! came, a query, a header or a body: they may hold secrets.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use passlink_domain::UserId;

/// What is learned of a request on its way, for its log line.
#[derive(Clone, Default)]
pub(super) struct AccessRecord(Arc<Record>);

#[derive(Default)]
struct Record {
    user: OnceLock<UserId>,
    route: OnceLock<&'static str>,
}

impl AccessRecord {
    /// Notes whom the request speaks for.
    pub fn set_user(&self, user: &UserId) {
        self.0.user.get_or_init(|| user.clone());
    }

    /// Notes the RPC that was called; REST paths are known by their templates.
    pub fn set_route(&self, route: &'static str) {
        self.0.route.get_or_init(|| route);
    }
}

/// Logs a request when its answer is ready.
pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let record = AccessRecord::default();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(record.clone());
    let response = next.run(request).await;
    tracing::info!(
        target: "passlink::access",
        method = method.as_str(),
        route = matched
            .as_ref()
            .map(MatchedPath::as_str)
            .or(record.0.route.get().copied())
            .unwrap_or("unmatched"),
        status = response.status().as_u16(),
        duration_ms = started.elapsed().as_micros() as f64 / 1000.0,
        user_id = record.0.user.get().map(UserId::as_str),
        "request"
    );
    response
}
