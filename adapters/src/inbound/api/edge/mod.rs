//! What stands around every request: one list of layers, and before them the choice of a domain.

mod admission;
mod body;
mod caller_context;
mod cors;
pub(crate) mod host;
mod observe;
mod panics;

use axum::{Router, middleware};
use http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

use self::{admission::Admission, observe::Durations};
use super::protocols::classify::classify;

pub use host::ForwardedHost;

pub struct Edge {
    /// How many calls are answered at a time.
    pub concurrent_requests: usize,
    /// The origins whose pages may call.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether requests come by TLS.
    pub https: bool,
}

/// What stands around the requests of all domains.
pub(crate) struct Layers {
    admission: Admission,
    durations: Durations,
    cors_origins: Vec<HeaderValue>,
}

impl Layers {
    pub fn new(edge: Edge) -> Self {
        Self {
            admission: Admission::new(edge.concurrent_requests),
            durations: Durations::new(edge.https),
            cors_origins: edge.cors_origins,
        }
    }

    /// All layers, the innermost first. Calls are limited, and open to other origins; pages are neither.
    pub fn around(&self, calls: Router, pages: Router) -> Router {
        let no_store = HeaderValue::from_static("no-store");
        let guarded = |router: Router| {
            router
                .layer(SetResponseHeaderLayer::if_not_present(
                    header::CACHE_CONTROL,
                    no_store.clone(),
                ))
                .layer(middleware::from_fn(host::check))
                .layer(middleware::from_fn(panics::contain))
        };
        let admitted = middleware::from_fn_with_state(self.admission.clone(), admission::admit);
        let mut calls = guarded(calls.layer(admitted));
        // Around whatever may refuse a call, so that its page can read why.
        if !self.cors_origins.is_empty() {
            calls = calls.layer(cors::layer(self.cors_origins.clone()));
        }
        calls
            .merge(guarded(pages))
            .layer(middleware::from_fn_with_state(self.durations.clone(), observe::observe))
            .layer(middleware::map_request(classify))
    }
}
