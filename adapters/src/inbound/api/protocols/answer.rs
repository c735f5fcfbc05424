//! From what a request asks for to its answer.

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use futures_util::future::BoxFuture;
use http::{Method, StatusCode, Uri};
use tokio::time::timeout_at;
use tower::ServiceExt;

use super::{
    bindings::{BINDINGS, Verb},
    classify::{Call, Stream, Target},
    error_form,
    framework::Framework,
    framework_error::{complete_connect, complete_grpc},
    rest::{self, Path},
    streams::Streams,
};
use crate::inbound::api::services::{error_table::ApiError, fields::network};

#[derive(Clone)]
pub(crate) struct Protocols {
    pub framework: Framework,
    pub streams: Streams,
    /// What a browser is shown at a path without a page.
    pub missing: Router,
}

impl Protocols {
    /// Answers at the paths of REST, and at all that have no route.
    pub fn router(&self) -> Router {
        let rest = BINDINGS.iter().fold(Router::new(), |router, binding| {
            router.route(binding.path, on(filter(binding.verb), self.handler()))
        });
        rest.fallback(self.handler())
    }

    /// Answers what no handler of its own does.
    pub fn handler(
        &self,
    ) -> impl Fn(Path, Request) -> BoxFuture<'static, Response> + Clone + Send + Sync + 'static
    {
        let protocols = self.clone();
        move |path, request| {
            let protocols = protocols.clone();
            Box::pin(async move { protocols.answer(path, request).await })
        }
    }

    async fn answer(&self, path: Path, request: Request) -> Response {
        let call = Call::noted_on(&request);
        let answer = match call.target {
            Target::Rest(rpc) => rest::answer(&self.framework, rpc, path, request).await,
            Target::Rpc(rpc) => Ok(self.message(&call, rpc, request).await),
            Target::Stream(kind) => self.stream(&call, kind, request).await,
            Target::NotAStream => Err(ApiError::Unimplemented),
            Target::Page => Ok(no_page(&self.missing, request).await),
            Target::Route => Ok(error_form::rest(ApiError::WrongMethod)),
            Target::Nothing => Err(ApiError::UnknownPath),
        };
        answer.unwrap_or_else(|error| error_form::render(error, &call))
    }

    async fn message(
        &self,
        call: &Call,
        rpc: Option<&'static str>,
        mut request: Request,
    ) -> Response {
        if let Some(rpc) = rpc {
            // gRPC posts, whatever REST does at that path.
            *request.method_mut() = Method::POST;
            *request.uri_mut() = Uri::from_static(rpc);
        }
        let response = self.framework.run(request).await;
        if call.protocol.is_grpc() {
            complete_grpc(response, call).await
        } else {
            complete_connect(response).await
        }
    }

    async fn stream(
        &self,
        call: &Arc<Call>,
        kind: Stream,
        request: Request,
    ) -> Result<Response, ApiError> {
        let open = self.streams.admit(kind, call, network(request.extensions())).await?;
        let response = timeout_at(call.deadline(), self.framework.run(request)).await;
        Ok(open.keep(response.map_err(|_| ApiError::Deadline)?))
    }
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    }
}

/// Shows a page at a path that has none, or none for that method.
async fn no_page(missing: &Router, request: Request) -> Response {
    let is_route = request.extensions().get::<MatchedPath>().is_some();
    let mut answer = missing.clone().oneshot(request).await.into_response();
    if is_route && answer.status() == StatusCode::NOT_FOUND {
        *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    }
    answer
}

#[cfg(test)]
mod tests;
