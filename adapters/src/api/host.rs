//! The host of a request (RFC 9112, section 3.2; RFC 9113, section 8.3.1).

use axum::{extract::Request, middleware::Next, response::Response};
use http::{Version, header::HOST, uri::Authority};

use super::{error::ApiError, form::Form};

/// Refuses a request whose host is missing, malformed or told twice: a proxy before us may have
/// read another one.
pub(super) async fn check(request: Request, next: Next) -> Response {
    match holds(&request) {
        true => next.run(request).await,
        false => Form::of(&request).refuse(ApiError::Malformed),
    }
}

fn holds(request: &Request) -> bool {
    let authority = request.uri().authority();
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11 && authority.is_none_or(is_host),
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| {
            // HTTP/2 has two places for it (RFC 9113, section 8.3.1).
            let agrees = |authority: &Authority| *authority == host;
            is_host(&host) && (request.version() < Version::HTTP_2 || authority.is_none_or(agrees))
        }),
        (Some(_), Some(_)) => false,
    }
}

fn is_host(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host());
    !authority.host().is_empty() && (port == Some("") || authority.port_u16().is_some())
}
