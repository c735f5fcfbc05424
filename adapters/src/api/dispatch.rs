//! From an RPC request to its answer: the limits that hold for every call, the framework, and the
//! table's words for the errors that the framework raises by itself.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use connectrpc::{ConnectError, ConnectRpcService};
use http::{HeaderMap, header};
use tokio::{sync::Semaphore, time::timeout};
use tower::ServiceExt;

use super::{
    REQUEST_TIMEOUT,
    call::Outcome,
    error::ApiError,
    framework_error::{complete_connect, complete_grpc, rendered},
    json,
};

/// Calls whose answers are streams; they say by themselves what goes wrong.
const STREAMS: [&str; 2] = ["/grpc.reflection.", "/grpc.health.v1.Health/Watch"];

/// Calls that are answered with a `google.protobuf.Struct`.
const OBJECTS: [&str; 1] = ["/zitadel.user.v2.UserService/RegisterPasskey"];

/// Answers RPC calls.
#[derive(Clone)]
pub(super) struct Dispatch {
    rpc: ConnectRpcService,
    places: Arc<Semaphore>,
}

impl Dispatch {
    /// Answers by `rpc`, at most `concurrent` calls at a time.
    pub fn new(rpc: ConnectRpcService, concurrent: usize) -> Self {
        Self { rpc, places: Arc::new(Semaphore::new(concurrent)) }
    }

    /// Runs `call`, unless too many run already; gives up after the longest time a call may take.
    /// An error is told by `refuse`.
    pub async fn limited(
        &self,
        call: impl Future<Output = Response>,
        refuse: impl FnOnce(ApiError) -> Response,
    ) -> Response {
        let Ok(_place) = self.places.try_acquire() else {
            return refuse(ApiError::BUSY);
        };
        match timeout(REQUEST_TIMEOUT, call).await {
            Ok(response) => response,
            Err(_) => refuse(ApiError::Deadline),
        }
    }

    /// Answers a call in the protocol that it came by.
    pub async fn answer(&self, request: Request) -> Response {
        let headers = request.headers().clone();
        if STREAMS.iter().any(|stream| request.uri().path().starts_with(stream)) {
            return self.run(request).await;
        }
        if is_connect_stream(&headers) {
            return refused(ApiError::Unimplemented, &headers);
        }
        let call = async {
            let response = self.run(request).await;
            match is_grpc(&headers) {
                true => complete_grpc(response, &headers).await,
                false => complete_connect(response).await,
            }
        };
        self.limited(call, |error| refused(error, &headers)).await
    }

    /// Answers a call as the framework does, but for the numbers in JSON objects.
    pub async fn run(&self, mut request: Request) -> Response {
        let objects = OBJECTS.contains(&request.uri().path());
        if objects {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        let response = match self.rpc.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        match objects {
            true => json::with_whole_numbers(response).await,
            false => response,
        }
    }
}

/// Whether a call came by gRPC or gRPC-Web.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Whether a call asks for Connect's form of a stream, which no other method has.
fn is_connect_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/connect+"))
}

/// An error in the form of the protocol that the call came by.
fn refused(error: ApiError, headers: &HeaderMap) -> Response {
    let error = ConnectError::from(error);
    match is_grpc(headers) {
        true => rendered(error, headers),
        false => {
            let outcome = Extension(Outcome(Some(error.code)));
            (error.response_headers().clone(), outcome, error.into_response()).into_response()
        }
    }
}
