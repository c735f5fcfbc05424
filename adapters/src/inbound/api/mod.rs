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
use http::HeaderValue;
use passlink_application::{
    callers::ManageTokens,
    codes::CodeChecker,
    keys::KeyUse,
    limits::Limiter,
    links::{AddLink, InspectLink, ResendLink, RevokeLink, SendLink},
    passkeys::{InspectUndo, ListPasskeys, RegisterPasskey, RemovePasskey},
    ports::Store,
};
use passlink_domain::CodeKeys;
use tokio_util::sync::CancellationToken;

pub use limits::REQUEST_TIMEOUT;

use edge::Edge;
use proto::zitadel::{auth::v1::AuthServiceRegisterMarker, user::v2::UserServiceRegisterMarker};
use protocols::{answer::Protocols, framework::Framework, streams::Streams};
use services::{
    bearer::Bearers,
    health::{self, Health},
    link::LinkCalls,
    passkey_calls::PasskeyCalls,
};

/// What the API needs.
pub struct Api {
    /// Who calls.
    pub identity: ManageTokens,
    /// Mails links.
    pub send_link: SendLink,
    /// Returns links.
    pub add_link: AddLink,
    /// Revokes links.
    pub revoke_link: RevokeLink,
    /// Mails links again.
    pub resend_link: ResendLink,
    /// Shows links to their pages.
    pub inspect_link: InspectLink,
    /// Shows registrations to the page that undoes them.
    pub inspect_undo: InspectUndo,
    /// Checks codes.
    pub codes: CodeChecker,
    /// Registers passkeys.
    pub register_passkey: RegisterPasskey,
    /// Lists passkeys.
    pub list_passkeys: ListPasskeys,
    /// Removes passkeys.
    pub remove_passkey: RemovePasskey,
    /// Counts wrong bearer tokens.
    pub wrong_tokens: Arc<Limiter>,
    /// Asked for readiness only.
    pub store: Arc<dyn Store>,
    /// Which keys are needed, for readiness.
    pub key_use: KeyUse,
    /// The keys that are held.
    pub keys: Arc<CodeKeys>,
    /// Whether the mail worker lives.
    pub worker_alive: Arc<dyn Fn() -> bool + Send + Sync>,
    /// How many requests are answered at a time.
    pub concurrent_requests: usize,
    /// Cancelled when the server stops: what would go on for ever ends then.
    pub stop: CancellationToken,
    /// The pages that links lead to. Their requests are logged as the API's are.
    pub pages: Router,
    /// What a browser is shown at a path without a page, with the status 404.
    pub missing: Router,
    /// Whether requests come by TLS.
    pub https: bool,
    /// The origins whose pages may call (`https://app.example.com`).
    pub cors_origins: Vec<HeaderValue>,
}

/// The router that answers all protocols on one port.
///
/// Errors: when the compiled `.proto` files can't be read, which the build rules out.
pub fn router(api: Api) -> Result<Router, ReflectionError> {
    let remove = Arc::new(api.remove_passkey);
    let passkeys = Arc::new(PasskeyCalls {
        bearers: Bearers { identity: api.identity, wrong: api.wrong_tokens },
        send_link: api.send_link,
        add_link: api.add_link,
        register: api.register_passkey,
        list: api.list_passkeys,
        remove: remove.clone(),
    });
    let links = LinkCalls {
        codes: api.codes,
        inspect: api.inspect_link,
        inspect_undo: api.inspect_undo,
        resend: api.resend_link,
        revoke: api.revoke_link,
        remove,
    };
    let health = Health {
        store: api.store,
        key_use: api.key_use,
        keys: api.keys,
        worker_alive: api.worker_alive,
        seen: Default::default(),
        stop: api.stop.clone(),
    };
    let services = connectrpc::Router::new()
        .add_service::<_, AuthServiceRegisterMarker>(passkeys.clone())
        .add_service::<_, UserServiceRegisterMarker>(passkeys)
        .add_service(Arc::new(links))
        .add_service(Arc::new(HealthService::new(health.clone())));
    let protocols = Protocols {
        framework: Framework::over(services)?,
        streams: Streams::new(api.concurrent_requests, api.stop),
        missing: api.missing,
    };
    let calls = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready).with_state(health))
        .merge(protocols.router())
        .method_not_allowed_fallback(protocols.handler());
    let pages = api.pages.method_not_allowed_fallback(protocols.handler());
    let edge = Edge {
        concurrent_requests: api.concurrent_requests,
        cors_origins: api.cors_origins,
        https: api.https,
    };
    Ok(edge::around(calls, pages, edge))
}
