//! The REST bindings. A REST call is the RPC of the same name with a JSON body, so it is handed to
//! the same service as a Connect call; only the path and the form of an error differ.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};

use super::{
    MAX_BODY,
    dispatch::{Dispatch, is_grpc},
    error::{ApiError, rest_response},
    framework_error::{completed, connect_error},
};

/// A REST path and the RPC that it stands for.
struct Binding {
    method: MethodFilter,
    path: &'static str,
    rpc: &'static str,
}

/// All REST paths. Adding a method is one line here and one method of its service.
const BINDINGS: &[Binding] = &[
    Binding {
        method: MethodFilter::POST,
        path: "/auth/v1/users/me/passwordless/_send_link",
        rpc: "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink",
    },
    Binding {
        method: MethodFilter::POST,
        path: "/auth/v1/users/me/passwordless/_link",
        rpc: "/zitadel.auth.v1.AuthService/AddMyPasswordlessLink",
    },
];

/// REST on its paths, RPC on everything that looks like it, and an error for the rest.
pub(super) fn router(dispatch: Dispatch) -> Router {
    let mut router = Router::new();
    for binding in BINDINGS {
        let dispatch = dispatch.clone();
        let handler = async move |request| call(&dispatch, binding, request).await;
        router = router.route(binding.path, on(binding.method, handler));
    }
    router
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .fallback(async move |request| other(&dispatch, request).await)
}

async fn call(dispatch: &Dispatch, binding: &'static Binding, mut request: Request) -> Response {
    *request.uri_mut() = Uri::from_static(binding.rpc);
    if is_grpc(request.headers()) {
        return dispatch.answer(request).await;
    }
    let call = async {
        match as_connect(request).await {
            Ok(request) => as_rest(dispatch.run(request).await).await,
            Err(error) => error.into_response(),
        }
    };
    dispatch.limited(call, ApiError::into_response).await
}

async fn other(dispatch: &Dispatch, request: Request) -> Response {
    if looks_like_rpc(request.uri().path()) || is_grpc(request.headers()) {
        dispatch.answer(request).await
    } else {
        ApiError::UnknownPath.into_response()
    }
}

/// The RPC that a REST path, by its template, stands for.
pub(super) fn rpc_of(template: &str) -> Option<&'static str> {
    BINDINGS.iter().find(|binding| binding.path == template).map(|binding| binding.rpc)
}

/// The RPC at a path, if it is one of ours.
pub(super) fn known_rpc(path: &str) -> Option<&'static str> {
    BINDINGS.iter().find(|binding| binding.rpc == path).map(|binding| binding.rpc)
}

/// `/<package>.<Service>/<Method>`.
pub(super) fn looks_like_rpc(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let service = segments.next().unwrap_or_default();
    service.contains('.') && segments.next().is_some() && segments.next().is_none()
}

/// Makes a Connect request of a REST one: any body is a JSON object, and none is `{}`.
async fn as_connect(request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let mut body = to_bytes(body, MAX_BODY).await.map_err(|_| ApiError::TooLarge)?;
    if body.is_empty() {
        body = Bytes::from_static(b"{}");
        parts.headers.remove(header::CONTENT_ENCODING);
    }
    let compressed = parts.headers.contains_key(header::CONTENT_ENCODING);
    if !compressed && body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::Malformed);
    }
    parts.method = Method::POST;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Gives a failed Connect answer the form that REST callers know.
async fn as_rest(response: Response) -> Response {
    if response.status() == StatusCode::OK {
        return response;
    }
    let (parts, error) = connect_error(response).await;
    let mut answer = rest_response(completed(error));
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
