//! Calls from pages of other origins (the Fetch standard's CORS protocol).

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::CorsLayer;

/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// What callers send, also clients that were made for ZITADEL. What is not used here does no harm.
const REQUEST_HEADERS: [&str; 19] = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "content-encoding",
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "x-grpc-web",
    "x-requested-with",
    "x-user-agent",
    "x-zitadel-orgid",
    "traceparent",
    "tracestate",
    "baggage",
];

/// What pages may read of an answer.
const RESPONSE_HEADERS: [&str; 6] = [
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "content-encoding",
    "retry-after",
    "www-authenticate",
];

/// Lets the pages of `origins` call, and no others.
pub(crate) fn layer(origins: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers(RESPONSE_HEADERS.map(HeaderName::from_static))
        .vary([header::ORIGIN])
        .max_age(PREFLIGHT_AGE)
}
