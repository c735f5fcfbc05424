//! The API: one definition in the `.proto` files, served as gRPC, gRPC-Web and Connect by
//! connectrpc and as REST by the bindings in `protocols::rest`, on one axum router.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware,
    routing::get,
};
use connectrpc::{
    CompressionRegistry, ConnectRpcService, DeadlinePolicy, Limits, compression::GzipProvider,
};
use connectrpc_health::HealthService;
use connectrpc_reflection::{ReflectionError, Reflector};
use http::{HeaderValue, header};
use passlink_application::{
    codes::CodeDesk,
    keys::KeyUse,
    limits::Limiter,
    links::{AddLink, InspectLink, LinkUseCases, ResendLink, SendLink},
    passkeys::{InspectUndo, ListPasskeys, RegisterPasskey, RemovePasskey},
    ports::{Identity, Store},
};
use passlink_domain::CodeKeys;
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;

use edge::{
    cors, host,
    observe::{self, Durations},
    panics,
};
use protocols::{
    dispatch::Dispatch, framework_error::FRAME_HEAD, json::Messages, rest, streams::Streams,
};
use services::{
    auth,
    bearer::Bearers,
    health::{self, Health},
    link, user,
};

mod edge;
mod protocols;
mod services;

#[allow(clippy::all, clippy::indexing_slicing, reason = "generated from the .proto files")]
pub(crate) mod proto {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

/// The `.proto` files, compiled, for reflection.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
/// The services that health knows.
const SERVICES: &[&str] =
    &["passlink.v1.LinkService", "zitadel.auth.v1.AuthService", "zitadel.user.v2.UserService"];
/// Largest request body, in bytes, before and after decompression.
const MAX_BODY: usize = 64 * 1024;
/// How many calls, or streams of a kind, may wait for a place.
const QUEUE: usize = 1024;
/// Longest that a request may take; its caller can set a shorter deadline.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What the API needs.
pub struct Api {
    /// Who calls.
    pub identity: Arc<dyn Identity>,
    /// Mails links.
    pub send_link: SendLink,
    /// Returns links.
    pub add_link: AddLink,
    /// Lists, revokes and ends links that were made.
    pub links: LinkUseCases,
    /// Mails links again.
    pub resend_link: ResendLink,
    /// Shows links to their pages.
    pub inspect_link: InspectLink,
    /// Shows registrations to the page that undoes them.
    pub inspect_undo: InspectUndo,
    /// Where codes are checked.
    pub codes: CodeDesk,
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
    let bearers = Bearers { identity: api.identity, wrong: api.wrong_tokens };
    let (send_link, add_link) = (Arc::new(api.send_link), Arc::new(api.add_link));
    let register = Arc::new(api.register_passkey);
    let (list, remove) = (Arc::new(api.list_passkeys), Arc::new(api.remove_passkey));
    let auth = auth::Service {
        bearers: bearers.clone(),
        send_link: send_link.clone(),
        add_link: add_link.clone(),
        register: register.clone(),
        list: list.clone(),
        remove: remove.clone(),
    };
    let links = link::Service {
        codes: api.codes,
        inspect: api.inspect_link,
        inspect_undo: api.inspect_undo,
        resend: api.resend_link,
        links: api.links,
        remove: remove.clone(),
    };
    let users = user::Service { bearers, send_link, add_link, register, list, remove };
    let health = Health {
        store: api.store,
        key_use: api.key_use,
        keys: api.keys,
        worker_alive: api.worker_alive,
        seen: Default::default(),
        stop: api.stop.clone(),
    };
    let rpc = connectrpc::Router::new()
        .add_service(Arc::new(auth))
        .add_service(Arc::new(users))
        .add_service(Arc::new(links))
        .add_service(Arc::new(HealthService::new(health.clone())));
    let reflector = Reflector::from_descriptor_set_bytes(DESCRIPTORS)?;
    let rpc = ConnectRpcService::new(connectrpc_reflection::install(rpc, reflector))
        .with_limits(
            Limits::default()
                .with_max_request_body_size(MAX_BODY + FRAME_HEAD)
                .with_max_message_size(MAX_BODY),
        )
        .with_compression(compression())
        .with_interceptor(Messages::described_by(DESCRIPTORS)?)
        .with_deadline_policy(DeadlinePolicy::new().with_max(REQUEST_TIMEOUT));
    let streams = Streams::new(api.concurrent_requests, api.stop);
    let dispatch = Dispatch::new(rpc, api.concurrent_requests, streams);
    let wrong_method = {
        let (dispatch, missing) = (dispatch.clone(), api.missing.clone());
        async move |path: Option<MatchedPath>, request: Request| {
            rest::wrong_method(&dispatch, &missing, path, request).await
        }
    };
    let no_store = HeaderValue::from_static("no-store");
    let guarded = |router: Router| {
        router
            .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, no_store.clone()))
            .layer(middleware::from_fn(host::check))
            .layer(middleware::from_fn(panics::contain))
    };
    let calls = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready).with_state(health))
        .merge(rest::router(dispatch, api.missing))
        .method_not_allowed_fallback(wrong_method.clone());
    let mut calls = guarded(calls);
    // Around whatever may refuse a call, so that its page can read why.
    if !api.cors_origins.is_empty() {
        calls = calls.layer(cors::layer(api.cors_origins));
    }
    let durations = Durations::new(api.https);
    Ok(calls
        .merge(guarded(api.pages.method_not_allowed_fallback(wrong_method)))
        .layer(middleware::from_fn_with_state(durations, observe::observe)))
}

/// Nothing but gzip: what others unpack can need much memory for a window alone.
fn compression() -> CompressionRegistry {
    CompressionRegistry::new().register(GzipProvider::default())
}
