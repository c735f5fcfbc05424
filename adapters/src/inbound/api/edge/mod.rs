//! What stands around every request: one list of layers.

mod admission;
mod body;
mod caller_context;
mod cors;
mod host;
mod observe;
mod panics;

use axum::{Router, middleware};
use http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

use self::{admission::Admission, observe::Durations};
use super::protocols::classify::classify;

pub struct Edge {
    /// How many calls are answered at a time.
    pub concurrent_requests: usize,
    /// The origins whose pages may call.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether requests come by TLS.
    pub https: bool,
}

/// All layers, the innermost first. Calls are limited, and open to other origins; pages are neither.
pub(crate) fn around(calls: Router, pages: Router, edge: Edge) -> Router {
    let no_store = HeaderValue::from_static("no-store");
    let guarded = |router: Router| {
        router
            .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, no_store.clone()))
            .layer(middleware::from_fn(host::check))
            .layer(middleware::from_fn(panics::contain))
    };
    let admission = Admission::new(edge.concurrent_requests);
    let mut calls =
        guarded(calls.layer(middleware::from_fn_with_state(admission, admission::admit)));
    // Around whatever may refuse a call, so that its page can read why.
    if !edge.cors_origins.is_empty() {
        calls = calls.layer(cors::layer(edge.cors_origins));
    }
    let durations = Durations::new(edge.https);
    calls
        .merge(guarded(pages))
        .layer(middleware::from_fn_with_state(durations, observe::observe))
        .layer(middleware::map_request(classify))
}
