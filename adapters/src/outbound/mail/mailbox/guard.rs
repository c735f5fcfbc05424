//! Who may ask for the page, and what browsers may do with it.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What our own pages may do: nothing beyond their own style, script and frame.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
);

/// What a mail may do, in the frame or on its own: show itself, and open links in new windows.
pub(super) const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
     style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'",
);

/// Lets requests to this machine through, and adds what makes browsers careful to the answers.
pub(super) async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = if names_this_machine(request.uri(), request.headers(), port) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This page is for this machine only.\n").into_response()
    };
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(PAGE_POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static("same-origin"));
    }
    response
}

/// Whether the request was made to a name that no other machine can have.
fn names_this_machine(uri: &Uri, headers: &HeaderMap, port: u16) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (uri.authority(), hosts.next()) {
        (Some(authority), None) => authority.as_str(),
        (None, Some(host)) => host.to_str().unwrap_or_default(),
        (Some(authority), Some(host)) if authority.as_str() == host => authority.as_str(),
        _ => return false,
    };
    let (name, named_port) = match host.rsplit_once(':') {
        Some((name, named)) if !named.ends_with(']') => (name, named.parse().ok()),
        _ => (host, Some(80)),
    };
    let known = ["localhost", "127.0.0.1", "[::1]"];
    hosts.next().is_none()
        && named_port == Some(port)
        && known.iter().any(|known| name.eq_ignore_ascii_case(known))
}
