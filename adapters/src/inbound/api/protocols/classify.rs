//! What a request is: looked at once, when it comes in, and noted in its extensions.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::extract::{MatchedPath, Request};
use http::{HeaderValue, Method, Version, header};
use tokio::time::Instant;

use super::{
    bound::{bound_rpc, known_rpc},
    deadline,
    media::{Media, Protocol, prefers_html},
};
use crate::inbound::api::limits::REQUEST_TIMEOUT;

const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
/// OpenTelemetry's word for what there is no word for.
const OTHER: &str = "_OTHER";
/// The call that asks for our health once.
pub(crate) const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";
/// RPCs that are not ours and are answered with streams.
const STREAMS: [(&str, Stream); 3] = [
    ("/grpc.health.v1.Health/Watch", Stream::HealthWatch),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Stream::Reflection),
    ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Stream::Reflection),
];
/// What load balancers ask for, again and again.
pub(crate) const LIVE: &str = "/healthz";
pub(crate) const READY: &str = "/readyz";
const PROBES: [&str; 3] = [LIVE, READY, HEALTH_CHECK];
/// Longest method that is told as it came.
const LONGEST_METHOD: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The RPC that a REST path stands for.
    Rest(&'static str),
    /// The RPC at the request's path, or this one; one message each way.
    Rpc(Option<&'static str>),
    /// An RPC that is answered with a stream.
    Stream(Stream),
    /// Another RPC, in the form of a stream, which none of them has.
    NotAStream,
    /// Something to show in a browser, at a path without it.
    Page,
    /// What the route at the path has a handler for. One that comes further has a wrong method.
    Route,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// One request, and an answer for as long as its caller listens.
    HealthWatch,
    /// Questions and answers.
    Reflection,
}

/// A request, without a word of what it holds.
#[derive(Debug)]
pub(crate) struct Call {
    /// When its head was there.
    pub came: Instant,
    pub target: Target,
    pub protocol: Protocol,
    /// The media type that errors have in an RPC's form.
    pub media_type: HeaderValue,
    /// How long the caller wants to wait.
    pub patience: Option<Duration>,
    /// The HTTP method, `_OTHER` for one that HTTP does not know.
    pub method: &'static str,
    /// A method that HTTP does not know, as it came; cut if it is long.
    pub method_original: Option<String>,
    /// The route's template, or the path of a known RPC.
    pub route: Option<Cow<'static, str>>,
    /// The RPC's full name, `_OTHER` for one that is not known, where the request is an RPC.
    pub rpc: Option<&'static str>,
    pub version: &'static str,
}

/// Notes what a request that was routed is, and writes its media type as the framework knows it.
pub(crate) async fn classify(mut request: Request) -> Request {
    let media = Media::normalise(request.headers_mut());
    let call = Arc::new(Call::new(&request, media));
    request.extensions_mut().insert(call);
    request
}

impl Call {
    pub fn noted_on(request: &Request) -> Arc<Self> {
        let noted = request.extensions().get::<Arc<Self>>();
        noted.cloned().unwrap_or_else(|| Arc::new(Self::new(request, Media::Other)))
    }

    fn new(request: &Request, media: Media) -> Self {
        let (path, headers) = (request.uri().path(), request.headers());
        let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let bound = template.and_then(|template| bound_rpc(request.method().as_str(), template));
        let stream = STREAMS.iter().find(|(rpc, _)| *rpc == path);
        let rpc = known_rpc(path)
            .or_else(|| stream.map(|(rpc, _)| *rpc))
            .or_else(|| (path == HEALTH_CHECK).then_some(HEALTH_CHECK));
        let protocol = match media {
            Media::Grpc => Protocol::Grpc,
            Media::GrpcWeb => Protocol::GrpcWeb,
            _ if rpc.is_some() || looks_like_rpc(path) => Protocol::Connect,
            _ if bound.is_some() => Protocol::Rest,
            _ => Protocol::Http,
        };
        let stream = stream.map(|(_, stream)| *stream);
        let target = match protocol {
            _ if wants_page(request, protocol, bound) => Target::Page,
            Protocol::Grpc | Protocol::GrpcWeb => grpc_target(request, bound, template, stream),
            Protocol::Connect => match stream {
                _ if media != Media::ConnectStream => Target::Rpc(None),
                Some(stream) if request.method() == Method::POST => Target::Stream(stream),
                _ => Target::NotAStream,
            },
            Protocol::Rest | Protocol::Http => match (bound, template) {
                (Some((rpc, true)), _) => Target::Rest(rpc),
                (_, Some(_)) => Target::Route,
                (_, None) => Target::Nothing,
            },
        };
        let method = method(request.method());
        let original = || request.method().as_str().chars().take(LONGEST_METHOD).collect();
        let bound = bound.map(|(rpc, _)| rpc);
        let called = protocol.rpc_system().map(|_| rpc.or(bound).unwrap_or("/_OTHER"));
        Self {
            came: Instant::now(),
            target,
            protocol,
            media_type: error_media_type(media, headers.get(header::CONTENT_TYPE), stream),
            patience: deadline::patience(protocol, headers),
            method,
            method_original: (method == OTHER).then(original),
            route: rpc.map(Cow::Borrowed).or_else(|| template.map(|it| it.to_owned().into())),
            rpc: called.map(|rpc| rpc.trim_start_matches('/')),
            version: match request.version() {
                Version::HTTP_2 => "2",
                Version::HTTP_10 => "1.0",
                _ => "1.1",
            },
        }
    }

    /// When it has to be answered: no call may take longer than any may.
    pub fn deadline(&self) -> Instant {
        self.came + self.patience.unwrap_or(REQUEST_TIMEOUT).min(REQUEST_TIMEOUT)
    }

    /// What the request's span is called, by OpenTelemetry's conventions for HTTP and RPC.
    pub fn name(&self) -> Cow<'static, str> {
        let method = if self.method == OTHER { "HTTP" } else { self.method };
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

/// A path that REST reads at has no page, whoever asks: some clients of REST prefer HTML unasked.
fn wants_page(request: &Request, protocol: Protocol, bound: Option<(&'static str, bool)>) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_call = bound.is_some_and(|(_, is_taken)| is_taken);
    let is_ours = is_call || known_rpc(request.uri().path()).is_some();
    reads && !protocol.is_grpc() && !is_ours && prefers_html(request.headers())
}

/// gRPC works at a REST path as at that of the RPC, and posts whatever REST does there.
fn grpc_target(
    request: &Request,
    bound: Option<(&'static str, bool)>,
    template: Option<&str>,
    stream: Option<Stream>,
) -> Target {
    let is_post = request.method() == Method::POST;
    match (bound, stream) {
        (Some((rpc, is_taken)), _) if is_taken || is_post => Target::Rpc(Some(rpc)),
        (_, Some(stream)) if is_post => Target::Stream(stream),
        _ if template.is_some() && !is_post => Target::Route,
        _ => Target::Rpc(None),
    }
}

/// `/<package>.<Service>/<Method>`.
fn looks_like_rpc(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let service = segments.next().unwrap_or_default();
    // What is well-known (RFC 8615) is no service.
    let is_service = service.contains('.') && !service.starts_with('.');
    is_service && segments.next().is_some() && segments.next().is_none()
}

/// The media type of an RPC's error: that of the call, or the nearest to it that the framework knows.
fn error_media_type(
    media: Media,
    sent: Option<&HeaderValue>,
    stream: Option<Stream>,
) -> HeaderValue {
    let is_known = |sent: &&HeaderValue| {
        let text = sent.to_str().unwrap_or_default();
        connectrpc::Protocol::detect_from_content_type(text).is_some()
    };
    let (sent, nearest) = match media {
        Media::Grpc => (sent, "application/grpc"),
        Media::GrpcWeb => (sent, "application/grpc-web"),
        Media::ConnectStream if stream.is_some() => (sent, "application/json"),
        Media::ConnectStream | Media::Other => (None, "application/json"),
    };
    sent.filter(is_known).cloned().unwrap_or(HeaderValue::from_static(nearest))
}

fn method(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests;
