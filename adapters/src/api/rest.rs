//! The REST bindings. A REST call is the RPC of the same name with a JSON body, so it is handed to
//! the same service as a Connect call; only the path and the form of an error differ.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use connectrpc::{ConnectError, ConnectRpcService};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use tower::ServiceExt;

use super::{MAX_BODY, access_log::AccessRecord, error::{ApiError, rest_response}, framework_error::completed};

/// A REST path and the RPC that it stands for.
struct Binding {
    method: MethodFilter,
    path: &'static str,
    rpc: &'static str,
}

/// All REST paths. Adding a method is one line here and one method of its service.
const BINDINGS: &[Binding] = &[Binding {
    method: MethodFilter::POST,
    path: "/auth/v1/users/me/passwordless/_send_link",
    rpc: "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink",
}];

/// REST on its paths, RPC on everything that looks like it, and an error for the rest.
pub(super) fn router(rpc: ConnectRpcService) -> Router {
    let mut router = Router::new();
    for binding in BINDINGS {
        let rpc = rpc.clone();
        let handler = move |request| call(rpc, binding, request);
        router = router.route(binding.path, on(binding.method, handler));
    }
    router
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .fallback(move |request| other(rpc, request))
}

async fn call(rpc: ConnectRpcService, binding: &'static Binding, mut request: Request) -> Response {
    set_route(&request, binding.path);
    *request.uri_mut() = Uri::from_static(binding.rpc);
    if is_grpc(&request) {
        return dispatch(rpc, request).await;
    }
    match as_connect(request).await {
        Ok(request) => as_rest(dispatch(rpc, request).await).await,
        Err(error) => error.into_response(),
    }
}

async fn other(rpc: ConnectRpcService, request: Request) -> Response {
    let path = request.uri().path();
    if let Some(binding) = BINDINGS.iter().find(|binding| binding.rpc == path) {
        set_route(&request, binding.rpc);
    }
    if looks_like_rpc(path) || is_grpc(&request) {
        dispatch(rpc, request).await
    } else {
        ApiError::UnknownPath.into_response()
    }
}

async fn dispatch(rpc: ConnectRpcService, request: Request) -> Response {
    match rpc.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

fn set_route(request: &Request, route: &'static str) {
    if let Some(record) = request.extensions().get::<AccessRecord>() {
        record.set_route(route);
    }
}

/// `/<package>.<Service>/<Method>`.
fn looks_like_rpc(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let service = segments.next().unwrap_or_default();
    service.contains('.') && segments.next().is_some() && segments.next().is_none()
}

fn is_grpc(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Makes a Connect request of a REST one: any body is JSON, and none is `{}`.
async fn as_connect(request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let mut body = to_bytes(body, MAX_BODY).await.map_err(|_| ApiError::TooLarge)?;
    if body.is_empty() {
        body = Bytes::from_static(b"{}");
        parts.headers.remove(header::CONTENT_ENCODING);
    }
    parts.method = Method::POST;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Gives a failed Connect answer the form that REST callers know.
async fn as_rest(response: Response) -> Response {
    if response.status() == StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    let parsed = to_bytes(body, MAX_BODY)
        .await
        .ok()
        .and_then(|body| serde_json::from_slice::<ConnectError>(&body).ok());
    let Some(error) = parsed else {
        return ApiError::Internal.into_response();
    };
    let mut answer = rest_response(completed(error));
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
