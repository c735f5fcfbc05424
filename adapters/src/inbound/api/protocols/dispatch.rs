//! From an RPC request to its answer: the limits that hold for every call, the framework, and the
//! table's words for the errors that the framework raises by itself.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::Response,
};
use connectrpc::ConnectRpcService;
use http::{Method, header, request::Parts};
use passlink_application::limits::{ConnectionPermit, FairPool};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use super::{
    form::Form,
    framework_error::{FRAME_HEAD, complete_connect, complete_grpc},
    media::{self, Media, is_grpc},
    streams::{self, Streams},
};
use crate::inbound::api::{
    MAX_BODY, QUEUE,
    edge::{deadline, intake::Intake},
    protocols::numbers,
    services::{error::ApiError, fields::network, health},
};

/// Calls that are answered with a `google.protobuf.Struct`.
const OBJECTS: [&str; 1] = ["/zitadel.user.v2.UserService/RegisterPasskey"];

/// Answers RPC calls.
#[derive(Clone)]
pub(crate) struct Dispatch {
    rpc: ConnectRpcService,
    intake: Arc<Intake>,
    permits: Arc<FairPool>,
    streams: Streams,
}

impl Dispatch {
    /// Answers by `rpc`, at most `concurrent` calls at a time; others wait.
    pub fn new(rpc: ConnectRpcService, concurrent: usize, streams: Streams) -> Self {
        let permits = FairPool::firm(concurrent, QUEUE);
        Self { rpc, intake: Arc::new(Intake::new()), permits, streams }
    }

    /// Takes in a request and runs `call` with it as soon as there is a permit: one that has not
    /// come whole takes no other's permit. Gives up after what its caller or any call may take.
    pub async fn limited<F>(
        &self,
        request: Request,
        call: impl FnOnce(Parts, Bytes) -> F,
    ) -> Result<Response, ApiError>
    where
        F: Future<Output = Result<Response, ApiError>>,
    {
        let until = deadline::of(request.headers());
        let (mut parts, body) = self.whole(request, until).await?;
        let connection = parts.extensions.remove::<ConnectionPermit>();
        let _permit = match parts.uri.path() {
            health::CHECK => None,
            _ => Some(self.permits.acquire(network(&parts.extensions), until).await?),
        };
        // Not before: who only sends by halves, or waits, must not keep others from connecting.
        let _in_use = connection.map(|connection| connection.0.in_use()).transpose()?;
        timeout_at(until, call(parts, body)).await.unwrap_or(Err(ApiError::Deadline))
    }

    async fn whole(&self, request: Request, until: Instant) -> Result<(Parts, Bytes), ApiError> {
        let (parts, body) = request.into_parts();
        let network = network(&parts.extensions);
        let limit = match is_grpc(&parts.headers) {
            true => MAX_BODY + FRAME_HEAD,
            false => MAX_BODY,
        };
        Ok((parts, self.intake.read(body, limit, network, until).await?))
    }

    /// Answers a call in the protocol that it came by.
    pub async fn answer(&self, mut request: Request) -> Response {
        media::normalise(request.headers_mut());
        let form = Form::of(&request);
        let media = Media::of(request.headers());
        let is_stream = streams::is_one(request.uri().path()) && request.method() == Method::POST;
        let answer = match media {
            Media::Grpc | Media::GrpcWeb | Media::ConnectStream if is_stream => {
                self.stream(request).await
            }
            // No other method has that form.
            Media::ConnectStream => Err(ApiError::Unimplemented),
            Media::Grpc | Media::GrpcWeb | Media::Other => self.message(request).await,
        };
        answer.unwrap_or_else(|error| form.refuse(error))
    }

    /// Answers a call with one message.
    async fn message(&self, request: Request) -> Result<Response, ApiError> {
        self.limited(request, async |parts, body| {
            let headers = parts.headers.clone();
            let response = self.run(Request::from_parts(parts, body.into())).await;
            Ok(match is_grpc(&headers) {
                true => complete_grpc(response, &headers).await,
                false => complete_connect(response).await,
            })
        })
        .await
    }

    /// Answers a call with a stream.
    async fn stream(&self, mut request: Request) -> Result<Response, ApiError> {
        let until = deadline::of(request.headers());
        let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
        let network = network(request.extensions());
        if path == streams::WATCH {
            let (parts, body) = self.whole(request, until).await?;
            request = Request::from_parts(parts, body.into());
        }
        let lease = self.streams.lease(&path, &headers, network, until).await?;
        let response = timeout_at(until, self.run(request)).await;
        Ok(lease.keep(response.map_err(|_| ApiError::Deadline)?, headers))
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
            true => numbers::with_whole_numbers(response).await,
            false => response,
        }
    }
}
