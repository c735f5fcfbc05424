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

use std::{collections::HashMap, mem::take, sync::Arc};

use axum::{Router, middleware, routing::get};
use buffa_descriptor::DescriptorPool;
use connectrpc_health::HealthService;
use connectrpc_reflection::ReflectionError;
use tokio_util::sync::CancellationToken;

pub use edge::{Edge, ForwardedHost};
pub use limits::REQUEST_TIMEOUT;
pub use services::{
    bearer::Bearers, health::Health, link::LinkCalls, passkey::NamingCalls,
    passkey_calls::PasskeyCalls, session::SessionCalls,
};

use edge::{
    Layers,
    host::{self, ByHost},
};
use proto::{
    DESCRIPTORS,
    zitadel::{auth::v1::AuthServiceRegisterMarker, user::v2::UserServiceRegisterMarker},
};
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
    pub naming: NamingCalls,
    pub sessions: SessionCalls,
    /// The pages that links lead to. Their requests are logged as the API's are.
    pub pages: Router,
    /// What a browser is shown at a path without a page, with the status 404.
    pub missing: Router,
}

/// What browsers get at a host of no domain.
pub struct Nowhere {
    /// A page with the status 404.
    pub missing: Router,
    /// What that page loads.
    pub assets: Router,
}

pub struct Api {
    pub domains: Vec<DomainApi>,
    pub nowhere: Nowhere,
    pub health: Health,
    pub edge: Edge,
    /// Cancelled when the server stops: what would go on for ever ends then.
    pub stop: CancellationToken,
}

/// The router that answers all protocols on one port.
///
/// Errors: when the compiled `.proto` files can't be read, which the build rules out.
pub fn router(api: Api) -> Result<Router, ReflectionError> {
    let shared = Shared {
        descriptors: Arc::new(DescriptorPool::decode(DESCRIPTORS)?),
        streams: Streams::new(api.edge.concurrent_requests, api.stop),
        layers: Layers::new(api.edge),
        health: api.health,
    };
    let (named, mut alone): (Vec<_>, Vec<_>) =
        api.domains.into_iter().partition(|domain| !domain.names.is_empty());
    if let Some(domain) = alone.pop() {
        return shared.domain(domain);
    }
    let mut domains = HashMap::new();
    for mut domain in named {
        let names = take(&mut domain.names);
        let router = shared.domain(domain)?;
        domains.extend(names.into_iter().map(|name| (name, router.clone())));
    }
    let nowhere = shared.nowhere(api.nowhere)?;
    Ok(ByHost { domains: Arc::new(domains), nowhere }.router())
}

/// What all domains share.
struct Shared {
    descriptors: Arc<DescriptorPool>,
    layers: Layers,
    streams: Streams,
    health: Health,
}

impl Shared {
    fn domain(&self, domain: DomainApi) -> Result<Router, ReflectionError> {
        let passkeys = Arc::new(domain.passkeys);
        let services = connectrpc::Router::new()
            .add_service::<_, AuthServiceRegisterMarker>(passkeys.clone())
            .add_service::<_, UserServiceRegisterMarker>(passkeys)
            .add_service(Arc::new(domain.links))
            .add_service(Arc::new(domain.naming))
            .add_service(Arc::new(domain.sessions));
        let protocols = self.protocols(services, domain.missing)?;
        let pages = domain.pages.method_not_allowed_fallback(protocols.handler());
        Ok(self.layers.around(self.calls(&protocols), pages))
    }

    /// For hosts of no domain.
    fn nowhere(&self, Nowhere { missing, assets }: Nowhere) -> Result<Router, ReflectionError> {
        let protocols = self.protocols(connectrpc::Router::new(), missing.clone())?;
        let refused = middleware::from_fn_with_state(missing, host::refuse);
        Ok(self.layers.around(self.calls(&protocols).layer(refused), assets))
    }

    fn protocols(
        &self,
        services: connectrpc::Router,
        missing: Router,
    ) -> Result<Protocols, ReflectionError> {
        let services = services.add_service(Arc::new(HealthService::new(self.health.clone())));
        let framework = Framework::over(services, &self.descriptors)?;
        Ok(Protocols { framework, streams: self.streams.clone(), missing })
    }

    fn calls(&self, protocols: &Protocols) -> Router {
        let calls = protocols.router().merge(probes(&self.health));
        calls.method_not_allowed_fallback(protocols.handler())
    }
}

/// How load balancers ask for health by HTTP.
fn probes(health: &Health) -> Router {
    Router::new()
        .route(LIVE, get(health::live))
        .route(READY, get(health::ready).with_state(health.clone()))
}
