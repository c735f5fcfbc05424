//! The `Host` of a request (RFC 9112, section 3.2).

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Version, header::HOST, uri::Authority};

use super::{dispatch::is_grpc, error::ApiError, framework_error::rendered};

/// Refuses a request whose host is missing, malformed or told twice: a proxy before us may have
/// read another one.
pub(super) async fn check(request: Request, next: Next) -> Response {
    match (holds(&request), is_grpc(request.headers())) {
        (true, _) => next.run(request).await,
        (false, true) => rendered(ApiError::Malformed.into(), request.headers()),
        (false, false) => ApiError::Malformed.into_response(),
    }
}

fn holds(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| {
            let port = host.as_str().strip_prefix(host.host());
            !host.host().is_empty() && (port == Some("") || host.port_u16().is_some())
        }),
        (Some(_), Some(_)) => false,
    }
}
