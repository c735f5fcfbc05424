//! `/.well-known/webauthn`: the pages of other origins that may use the passkeys of this domain (WebAuthn
//! Level 3, section 5.11).

use axum::{Json, Router, routing::get};
use http::header::CACHE_CONTROL;
use serde_json::json;

const PATH: &str = "/.well-known/webauthn";
/// Browsers ask at each ceremony; an hour is short enough for an origin that is added.
const AN_HOUR: &str = "public, max-age=3600";

/// Lists origins of pages; where there are none, there is no such path.
pub fn related_origins(origins: Vec<String>) -> Router {
    if origins.is_empty() {
        return Router::new();
    }
    let list = json!({ "origins": origins });
    Router::new().route(PATH, get(async move || ([(CACHE_CONTROL, AN_HOUR)], Json(list))))
}
