//! The API: one definition in the `.proto` files, served as gRPC, gRPC-Web and Connect by connectrpc,
//! and as REST by the bindings in `protocols/bindings.rs`, on one axum router.
//!
//! A request comes through the layers of `edge`, which note what it is; `protocols/answer.rs` hands it to
//! a method in `services`, and gives the answer the form of its protocol.

mod edge;
mod limits;
mod proto;
mod protocols;
mod services;

use std::sync::Arc;

use axum::{Router, routing::get};
use connectrpc_health::HealthService;
use connectrpc_reflection::ReflectionError;
use tokio_util::sync::CancellationToken;

pub use edge::Edge;
pub use limits::REQUEST_TIMEOUT;
pub use services::{bearer::Bearers, health::Health, link::LinkCalls, passkey_calls::PasskeyCalls};

use proto::zitadel::{auth::v1::AuthServiceRegisterMarker, user::v2::UserServiceRegisterMarker};
use protocols::{
    answer::Protocols,
    classify::{LIVE, READY},
    framework::Framework,
    streams::Streams,
};
use services::health;

pub struct Api {
    pub passkeys: PasskeyCalls,
    pub links: LinkCalls,
    pub health: Health,
    /// The pages that links lead to. Their requests are logged as the API's are.
    pub pages: Router,
    /// What a browser is shown at a path without a page, with the status 404.
    pub missing: Router,
    pub edge: Edge,
    /// Cancelled when the server stops: what would go on for ever ends then.
    pub stop: CancellationToken,
}

/// The router that answers all protocols on one port.
///
/// Errors: when the compiled `.proto` files can't be read, which the build rules out.
pub fn router(api: Api) -> Result<Router, ReflectionError> {
    let passkeys = Arc::new(api.passkeys);
    let services = connectrpc::Router::new()
        .add_service::<_, AuthServiceRegisterMarker>(passkeys.clone())
        .add_service::<_, UserServiceRegisterMarker>(passkeys)
        .add_service(Arc::new(api.links))
        .add_service(Arc::new(HealthService::new(api.health.clone())));
    let protocols = Protocols {
        framework: Framework::over(services)?,
        streams: Streams::new(api.edge.concurrent_requests, api.stop),
        missing: api.missing,
    };
    let calls = Router::new()
        .route(LIVE, get(health::live))
        .route(READY, get(health::ready).with_state(api.health))
        .merge(protocols.router())
        .method_not_allowed_fallback(protocols.handler());
    let pages = api.pages.method_not_allowed_fallback(protocols.handler());
    Ok(edge::around(calls, pages, api.edge))
}
