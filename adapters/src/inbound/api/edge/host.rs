//! The host of a request (RFC 9112, section 3.2; RFC 9113, section 8.3.1).

use std::net::Ipv6Addr;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{Version, header::HOST, uri::Authority};

use crate::inbound::api::{
    protocols::{classify::Call, error_form},
    services::error_table::ApiError,
};

/// Refuses a host that is missing, malformed or told twice: a proxy may have read another one.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if has_one_host(&request) {
        next.run(request).await
    } else {
        error_form::render(ApiError::Malformed, &Call::noted_on(&request))
    }
}

fn has_one_host(request: &Request) -> bool {
    let authority = request.uri().authority();
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11 && authority.is_none_or(is_host),
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| {
            // HTTP/2 has two places for it (RFC 9113, section 8.3.1).
            let agrees = |authority: &Authority| {
                authority.host().eq_ignore_ascii_case(host.host())
                    && authority.port_u16() == host.port_u16()
            };
            is_host(&host) && (request.version() < Version::HTTP_2 || authority.is_none_or(agrees))
        }),
        (Some(_), Some(_)) => false,
    }
}

/// A host, which a colon and a port may follow. The port may be empty (RFC 3986, section 3.2.3).
fn is_host(authority: &Authority) -> bool {
    let (host, text) = (authority.host(), authority.as_str());
    let literal = host.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
    let is_address = |text: Option<&str>| text.is_some_and(|it| it.parse::<Ipv6Addr>().is_ok());
    let is_port = |port: &str| {
        port.bytes().all(|octet| octet.is_ascii_digit())
            && (port.is_empty() || port.parse::<u16>().is_ok())
    };
    !host.is_empty()
        && literal.is_none_or(is_address)
        && text
            .strip_prefix(host)
            .is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}
