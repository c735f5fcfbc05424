//! What a load balancer asks.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use http::StatusCode;
use passlink_application::Store;

#[derive(Clone)]
pub(super) struct Probes {
    pub store: Arc<dyn Store>,
    pub worker_alive: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// The process runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database is reachable and migrated, the mail worker lives.
pub(super) async fn ready(State(probes): State<Probes>) -> impl IntoResponse {
    if let Err(error) = probes.store.ready().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database is not ready\n");
    }
    if !(probes.worker_alive)() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the mail worker has stopped\n");
    }
    (StatusCode::OK, "ok\n")
}
