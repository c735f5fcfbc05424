//! The API: one definition in the `.proto` files, served as gRPC, gRPC-Web and Connect by
//! connectrpc and as REST by the bindings in [`rest`], on one axum router.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware, routing::get};
use connectrpc::{ConnectRpcService, Limits};
use passlink_application::{Identity, SendLink, Store};

mod access_log;
mod auth_service;
mod bearer;
mod details;
mod error;
mod framework_error;
mod probes;
mod rest;

#[allow(clippy::all, clippy::indexing_slicing, reason = "generated from the .proto files")]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

/// Largest request body, in bytes, before and after decompression.
const MAX_BODY: usize = 64 * 1024;
/// How long a request may take when its caller sets no deadline.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What the API needs.
pub struct Api {
    /// Who calls.
    pub identity: Arc<dyn Identity>,
    /// Sends links.
    pub send_link: SendLink,
    /// Asked for readiness only.
    pub store: Arc<dyn Store>,
    /// Whether the mail worker lives.
    pub worker_alive: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// The router that answers all protocols on one port.
pub fn router(api: Api) -> Router {
    let service = auth_service::Service {
        identity: api.identity,
        send_link: api.send_link,
    };
    let rpc = ConnectRpcService::new(connectrpc::Router::new().add_service(Arc::new(service)))
        .with_limits(
            Limits::default()
                .with_max_request_body_size(MAX_BODY)
                .with_max_message_size(MAX_BODY),
        )
        .with_deadline_policy(
            connectrpc::DeadlinePolicy::new()
                .with_max(REQUEST_TIMEOUT)
                .with_default_timeout(REQUEST_TIMEOUT),
        );
    let probes = probes::Probes {
        store: api.store,
        worker_alive: api.worker_alive,
    };
    Router::new()
        .route("/healthz", get(probes::health))
        .route("/readyz", get(probes::ready).with_state(probes))
        .merge(rest::router(rpc))
        .layer(middleware::from_fn(access_log::log))
}
