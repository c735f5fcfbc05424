//! The host of a request (RFC 9112, section 3.2; RFC 9113, section 8.3.1): whether it has one, and which
//! domain it leads to.

use std::{collections::HashMap, net::Ipv6Addr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, Version, header::HOST, uri::Authority};
use tower::ServiceExt;

use crate::inbound::api::{
    protocols::{
        classify::{Call, Stream, Target},
        error_form,
    },
    services::error_table::ApiError,
};

/// The host that a client asked a proxy for, as a proxy says that is trusted; none if nobody can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedHost(pub Option<Authority>);

/// The host that the client asked for.
pub(crate) fn asked(request: &Request) -> Option<Authority> {
    if let Some(ForwardedHost(host)) = request.extensions().get() {
        return host.clone().filter(is_host);
    }
    let told = || Authority::try_from(request.headers().get(HOST)?.as_bytes()).ok();
    request.uri().authority().cloned().or_else(told)
}

/// Hands requests to the domain that their host names.
#[derive(Clone)]
pub(crate) struct ByHost {
    /// By name, in lower case.
    pub domains: Arc<HashMap<String, Router>>,
    /// For hosts of no domain.
    pub nowhere: Router,
}

impl ByHost {
    pub fn router(self) -> Router {
        Router::new().fallback(async move |request: Request| {
            let name = asked(&request).map(|host| host.host().to_ascii_lowercase());
            // With a dot at its end, it is the same name.
            let name = name.as_deref().map(|name| name.strip_suffix('.').unwrap_or(name));
            let domain = name.and_then(|name| self.domains.get(name));
            let answer = domain.unwrap_or(&self.nowhere).clone().oneshot(request).await;
            answer.into_response()
        })
    }
}

/// Refuses what is asked of a host that is none of a domain, health excepted: load balancers ask by any
/// name. `missing` shows browsers that there is no page.
pub(crate) async fn refuse(
    State(missing): State<Router>,
    request: Request,
    next: Next,
) -> Response {
    let call = Call::noted_on(&request);
    match call.target {
        _ if call.is_probe() => next.run(request).await,
        Target::Stream(Stream::HealthWatch) => next.run(request).await,
        Target::Page => {
            let mut answer = missing.oneshot(request).await.into_response();
            if answer.status().is_success() {
                *answer.status_mut() = StatusCode::NOT_FOUND;
            }
            answer
        }
        _ => error_form::render(ApiError::InstanceNotFound, &call),
    }
}

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
