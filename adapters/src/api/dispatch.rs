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
use tokio::{sync::Semaphore, time::timeout};
use tower::ServiceExt;

use super::{
    MAX_BODY, REQUEST_TIMEOUT, deadline,
    error::ApiError,
    form::Form,
    framework_error::{FRAME_HEAD, complete_connect, complete_grpc},
    health,
    intake::Intake,
    json,
    media::{self, Media, is_grpc},
    streams::{self, Streams},
};

/// Calls that are answered with a `google.protobuf.Struct`.
const OBJECTS: [&str; 1] = ["/zitadel.user.v2.UserService/RegisterPasskey"];

/// Answers RPC calls.
#[derive(Clone)]
pub(super) struct Dispatch {
    rpc: ConnectRpcService,
    intake: Arc<Intake>,
    places: Arc<Semaphore>,
    streams: Streams,
}

impl Dispatch {
    /// Answers by `rpc`, at most `concurrent` calls at a time.
    pub fn new(rpc: ConnectRpcService, concurrent: usize, streams: Streams) -> Self {
        let (intake, places) = (Arc::new(Intake::new()), Arc::new(Semaphore::new(concurrent)));
        Self { rpc, intake, places, streams }
    }

    /// Takes in a request and runs `call` with it, unless too many run already: one that has not
    /// come whole takes no other's place. Gives up after what its caller or any call may take.
    pub async fn limited<F>(
        &self,
        request: Request,
        call: impl FnOnce(Parts, Bytes) -> F,
    ) -> Result<Response, ApiError>
    where
        F: Future<Output = Result<Response, ApiError>>,
    {
        let asked = deadline::asked_for(request.headers()).unwrap_or(REQUEST_TIMEOUT);
        let answer = async {
            let (parts, body) = self.whole(request).await?;
            let _place = match parts.uri.path() {
                health::CHECK => None,
                _ => Some(self.places.try_acquire().map_err(|_| ApiError::BUSY)?),
            };
            call(parts, body).await
        };
        timeout(asked.min(REQUEST_TIMEOUT), answer).await.unwrap_or(Err(ApiError::Deadline))
    }

    async fn whole(&self, request: Request) -> Result<(Parts, Bytes), ApiError> {
        let (parts, body) = request.into_parts();
        let limit = match is_grpc(&parts.headers) {
            true => MAX_BODY + FRAME_HEAD,
            false => MAX_BODY,
        };
        Ok((parts, self.intake.read(body, limit).await?))
    }

    /// Answers a call in the protocol that it came by.
    pub async fn answer(&self, mut request: Request) -> Response {
        media::normalise(request.headers_mut());
        let form = Form::of(&request);
        let media = Media::of(request.headers());
        let is_stream = streams::is_one(request.uri().path()) && request.method() == Method::POST;
        let answer = match media {
            Media::Grpc | Media::GrpcWeb | Media::ConnectStream if is_stream => {
                timeout(REQUEST_TIMEOUT, self.stream(request))
                    .await
                    .unwrap_or(Err(ApiError::Deadline))
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
        if request.uri().path() == streams::WATCH {
            let (parts, body) = self.whole(request).await?;
            request = Request::from_parts(parts, body.into());
        }
        let headers = request.headers().clone();
        let lease = self.streams.lease(request.uri().path(), &headers)?;
        Ok(lease.keep(self.run(request).await, headers))
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
