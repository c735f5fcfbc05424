//! What a request is, in words of which there are few: for spans, metrics and the log.

use std::{borrow::Cow, time::Duration};

use axum::extract::{MatchedPath, Request};
use connectrpc::ErrorCode;
use http::{HeaderMap, Method, StatusCode, Version};

use super::{media::Media, rest};
use crate::inbound::api::REQUEST_TIMEOUT;

/// OpenTelemetry's word for what there is no word for.
const OTHER: &str = "_OTHER";
/// What load balancers ask for, again and again.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/grpc.health.v1.Health/Check"];
/// Longest method that is told as it came.
const LONGEST_METHOD: usize = 32;
/// RPCs that are not ours.
const STANDARD_RPCS: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The protocol that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Rest,
    Grpc,
    GrpcWeb,
    Connect,
    /// A page, a probe, or a path that nobody knows.
    Http,
}

impl Protocol {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc_web",
            Self::Connect => "connect",
            Self::Http => "http",
        }
    }

    /// OpenTelemetry's word for the RPC system, if it is one.
    pub fn rpc_system(self) -> Option<&'static str> {
        match self {
            Self::Grpc | Self::GrpcWeb => Some("grpc"),
            Self::Connect => Some("connectrpc"),
            Self::Rest | Self::Http => None,
        }
    }
}

/// A request, without a word of what it holds.
pub(crate) struct Call {
    /// The HTTP method, `_OTHER` for one that HTTP does not know.
    pub method: &'static str,
    /// A method that HTTP does not know, as it came; cut if it is long.
    pub method_original: Option<String>,
    /// The route's template, or the path of a known RPC.
    pub route: Option<Cow<'static, str>>,
    pub protocol: Protocol,
    /// The RPC's full name, `_OTHER` for one that is not known, where the request is an RPC.
    pub rpc: Option<&'static str>,
    /// The version of HTTP.
    pub version: &'static str,
}

impl Call {
    /// Looks at a request that was routed.
    pub fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let binding = template.and_then(|template| rest::rpc_of(request.method(), template));
        let rpc = rest::known_rpc(path).or_else(|| find(&STANDARD_RPCS, path));
        let is_rpc = rpc.is_some() || rest::looks_like_rpc(path);
        let protocol = match (media_type(request.headers()), is_rpc, binding) {
            (Some(protocol), ..) => protocol,
            (None, true, _) => Protocol::Connect,
            (None, false, Some(_)) => Protocol::Rest,
            (None, false, None) => Protocol::Http,
        };
        let called = protocol.rpc_system().map(|_| rpc.or(binding).unwrap_or("/_OTHER"));
        let method = method(request.method());
        let original = || request.method().as_str().chars().take(LONGEST_METHOD).collect();
        Self {
            method,
            method_original: (method == OTHER).then(original),
            route: rpc.map(Cow::Borrowed).or_else(|| template.map(|it| it.to_owned().into())),
            protocol,
            rpc: called.map(|rpc| rpc.trim_start_matches('/')),
            version: match request.version() {
                Version::HTTP_2 => "2",
                Version::HTTP_10 => "1.0",
                _ => "1.1",
            },
        }
    }

    /// What the request's span is called, by OpenTelemetry's conventions for HTTP and RPC.
    pub fn name(&self) -> Cow<'static, str> {
        let method = match self.method {
            OTHER => "HTTP",
            method => method,
        };
        match (self.rpc, self.route.as_deref()) {
            (Some(OTHER), _) => self.protocol.rpc_system().unwrap_or_default().into(),
            (Some(rpc), _) => rpc.into(),
            (None, Some(route)) => format!("{method} {route}").into(),
            (None, None) => method.into(),
        }
    }

    /// Whether it asks how the process is.
    pub fn is_probe(&self) -> bool {
        self.route.as_deref().is_some_and(|route| PROBES.contains(&route))
    }
}

fn find(known: &[&'static str], path: &str) -> Option<&'static str> {
    known.iter().find(|known| **known == path).copied()
}

/// The protocol that the media type alone tells.
fn media_type(headers: &HeaderMap) -> Option<Protocol> {
    match Media::of(headers) {
        Media::Grpc => Some(Protocol::Grpc),
        Media::GrpcWeb => Some(Protocol::GrpcWeb),
        Media::ConnectStream | Media::Other => None,
    }
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => OTHER,
    }
}

/// The code that a call ended with, noted on its response; `None` is success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome(pub Option<ErrorCode>);

impl Outcome {
    /// What is noted, or what the status says.
    pub fn of<B>(response: &http::Response<B>) -> Self {
        let noted = response.extensions().get::<Self>().copied();
        noted.unwrap_or_else(|| Self(by_status(response.status())))
    }

    /// gRPC's name of the code.
    pub fn name(self) -> &'static str {
        use ErrorCode as Code;
        match self.0 {
            None => "OK",
            Some(Code::Canceled) => "CANCELLED",
            Some(Code::InvalidArgument) => "INVALID_ARGUMENT",
            Some(Code::DeadlineExceeded) => "DEADLINE_EXCEEDED",
            Some(Code::NotFound) => "NOT_FOUND",
            Some(Code::AlreadyExists) => "ALREADY_EXISTS",
            Some(Code::PermissionDenied) => "PERMISSION_DENIED",
            Some(Code::ResourceExhausted) => "RESOURCE_EXHAUSTED",
            Some(Code::FailedPrecondition) => "FAILED_PRECONDITION",
            Some(Code::Aborted) => "ABORTED",
            Some(Code::OutOfRange) => "OUT_OF_RANGE",
            Some(Code::Unimplemented) => "UNIMPLEMENTED",
            Some(Code::Internal) => "INTERNAL",
            Some(Code::Unavailable) => "UNAVAILABLE",
            Some(Code::DataLoss) => "DATA_LOSS",
            Some(Code::Unauthenticated) => "UNAUTHENTICATED",
            Some(_) => "UNKNOWN",
        }
    }

    /// Whether the fault is ours and not the caller's, of a request that took so long: a deadline that
    /// comes before ours is the caller's own.
    pub fn is_our_fault(self, duration: Duration) -> bool {
        match self.0 {
            Some(ErrorCode::DeadlineExceeded) => duration >= REQUEST_TIMEOUT,
            Some(ErrorCode::Unimplemented) => false,
            _ => self.is_error_of_rpc(),
        }
    }

    /// Whether OpenTelemetry's conventions call it an error of an RPC's server.
    pub fn is_error_of_rpc(self) -> bool {
        use ErrorCode as Code;
        let errors = [
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Unimplemented,
            Code::Internal,
            Code::Unavailable,
            Code::DataLoss,
        ];
        self.0.is_some_and(|code| errors.contains(&code))
    }
}

fn by_status(status: StatusCode) -> Option<ErrorCode> {
    match status.as_u16() {
        ..400 => None,
        401 => Some(ErrorCode::Unauthenticated),
        403 => Some(ErrorCode::PermissionDenied),
        404 => Some(ErrorCode::NotFound),
        405 | 415 | 501 => Some(ErrorCode::Unimplemented),
        413 | 429 => Some(ErrorCode::ResourceExhausted),
        400..=499 => Some(ErrorCode::InvalidArgument),
        503 => Some(ErrorCode::Unavailable),
        504 => Some(ErrorCode::DeadlineExceeded),
        _ => Some(ErrorCode::Internal),
    }
}

#[cfg(test)]
mod tests;
