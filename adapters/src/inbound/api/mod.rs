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

use std::{collections::HashMap, sync::Arc};

use axum::{Router, middleware, routing::get};
use connectrpc_health::HealthService;
use connectrpc_reflection::ReflectionError;
use tokio_util::sync::CancellationToken;

pub use edge::{Edge, ForwardedHost};
pub use limits::REQUEST_TIMEOUT;
pub use services::{bearer::Bearers, health::Health, link::LinkCalls, passkey_calls::PasskeyCalls};

use edge::{
    Layers,
    host::{self, ByHost},
};
use proto::zitadel::{auth::v1::AuthServiceRegisterMarker, user::v2::UserServiceRegisterMarker};
use protocols::{
    answer::Protocols,
    classify::{LIVE, READY},
    framework::Framework,
    streams::Streams,
};
use services::health;

/// What is served under the names of a domain.
pub struct DomainApi {
    /// Its host names, in lower case; none where all lead to it.
    pub names: Vec<String>,
    pub passkeys: PasskeyCalls,
    pub links: LinkCalls,
    /// The pages that links lead to. Their requests are logged as the API's are.
    pub pages: Router,
    /// What a browser is shown at a path without a page, with the status 404.
    pub missing: Router,
}

pub struct Api {
    pub domains: Vec<DomainApi>,
    /// What a browser is shown at a host of no domain, with the status 404, and what that page loads.
    pub nowhere: (Router, Router),
    pub health: Health,
    pub edge: Edge,
    /// Cancelled when the server stops: what would go on for ever ends then.
    pub stop: CancellationToken,
}

/// The router that answers all protocols on one port.
///
/// Errors: when the compiled `.proto` files can't be read, which the build rules out.
pub fn router(api: Api) -> Result<Router, ReflectionError> {
    let streams = Streams::new(api.edge.concurrent_requests, api.stop);
    let (layers, health) = (Layers::new(api.edge), api.health);
    let mut by_name = HashMap::new();
    for domain in api.domains {
        let passkeys = Arc::new(domain.passkeys);
        let services = connectrpc::Router::new()
            .add_service::<_, AuthServiceRegisterMarker>(passkeys.clone())
            .add_service::<_, UserServiceRegisterMarker>(passkeys)
            .add_service(Arc::new(domain.links))
            .add_service(Arc::new(HealthService::new(health.clone())));
        let protocols = Protocols {
            framework: Framework::over(services)?,
            streams: streams.clone(),
            missing: domain.missing,
        };
        let calls = protocols.router().merge(probes(&health));
        let calls = calls.method_not_allowed_fallback(protocols.handler());
        let pages = domain.pages.method_not_allowed_fallback(protocols.handler());
        let router = layers.around(calls, pages);
        if domain.names.is_empty() {
            return Ok(router);
        }
        by_name.extend(domain.names.into_iter().map(|name| (name, router.clone())));
    }
    let services =
        connectrpc::Router::new().add_service(Arc::new(HealthService::new(health.clone())));
    let (missing, assets) = api.nowhere;
    let protocols =
        Protocols { framework: Framework::over(services)?, streams, missing: missing.clone() };
    let calls = protocols.router().merge(probes(&health));
    let refused = middleware::from_fn_with_state(missing, host::refuse);
    let nowhere = layers.around(calls.layer(refused), assets);
    Ok(ByHost { domains: Arc::new(by_name), nowhere }.router())
}

/// How load balancers ask for health by HTTP.
fn probes(health: &Health) -> Router {
    Router::new()
        .route(LIVE, get(health::live))
        .route(READY, get(health::ready).with_state(health.clone()))
}
