//! The REST bindings. A REST call is the RPC of the same name with a JSON body, so it is handed to
//! the same service as a Connect call; only the path and the form of an error differ.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{MatchedPath, RawPathParams, Request, rejection::RawPathParamsRejection},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use connectrpc::ErrorCode;
use http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use tower::ServiceExt;

use super::{
    dispatch::Dispatch,
    framework_error::{completed, connect_error},
    media::{is_grpc, prefers_html},
};
use crate::inbound::api::{
    MAX_BODY, compression,
    protocols::json::PathFields,
    services::error::{ApiError, rest_response},
};

/// A REST path and the RPC that it stands for.
struct Binding {
    method: MethodFilter,
    path: &'static str,
    rpc: &'static str,
}

const fn post(path: &'static str, rpc: &'static str) -> Binding {
    Binding { method: MethodFilter::POST, path, rpc }
}

const fn delete(path: &'static str, rpc: &'static str) -> Binding {
    Binding { method: MethodFilter::DELETE, path, rpc }
}

/// All REST paths. Adding a method is one line here and one method of its service. What a path
/// names in braces is the field of that name.
#[rustfmt::skip]
const BINDINGS: &[Binding] = &[
    post("/auth/v1/users/me/passwordless/_send_link", "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink"),
    post("/auth/v1/users/me/passwordless/_link", "/zitadel.auth.v1.AuthService/AddMyPasswordlessLink"),
    post("/auth/v1/users/me/passwordless/_search", "/zitadel.auth.v1.AuthService/ListMyPasswordless"),
    post("/auth/v1/users/me/passwordless", "/zitadel.auth.v1.AuthService/AddMyPasswordless"),
    post("/auth/v1/users/me/passwordless/_verify", "/zitadel.auth.v1.AuthService/VerifyMyPasswordless"),
    delete("/auth/v1/users/me/passwordless/{token_id}", "/zitadel.auth.v1.AuthService/RemoveMyPasswordless"),
    post("/v2/users/{user_id}/passkeys/registration_link", "/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink"),
    post("/v2/users/{user_id}/passkeys", "/zitadel.user.v2.UserService/RegisterPasskey"),
    post("/v2/users/{user_id}/passkeys/_search", "/zitadel.user.v2.UserService/ListPasskeys"),
    post("/v2/users/{user_id}/passkeys/{passkey_id}", "/zitadel.user.v2.UserService/VerifyPasskeyRegistration"),
    delete("/v2/users/{user_id}/passkeys/{passkey_id}", "/zitadel.user.v2.UserService/RemovePasskey"),
    post("/passlink/v1/links/{link_id}/_inspect", "/passlink.v1.LinkService/InspectLink"),
    post("/passlink/v1/links/{link_id}/_resend", "/passlink.v1.LinkService/ResendLink"),
    post("/passlink/v1/links/{link_id}/_revoke", "/passlink.v1.LinkService/RevokeLink"),
    post("/passlink/v1/links/{link_id}/_inspect_revocation", "/passlink.v1.LinkService/InspectRevocation"),
    post("/passlink/v1/passkeys/{passkey_id}/_undo", "/passlink.v1.LinkService/UndoRegistration"),
    post("/passlink/v1/passkeys/{passkey_id}/_inspect_undo", "/passlink.v1.LinkService/InspectUndo"),
];

/// REST on its paths, RPC on everything that looks like it, and an error for the rest; `missing`
/// answers it to browsers.
pub(crate) fn router(dispatch: Dispatch, missing: Router) -> Router {
    let mut router = Router::new();
    for binding in BINDINGS {
        let dispatch = dispatch.clone();
        let handler =
            async move |path: Path, request| call(&dispatch, binding.rpc, path, request).await;
        router = router.route(binding.path, on(binding.method, handler));
    }
    router.fallback(async move |request| other(&dispatch, &missing, request).await)
}

/// What a path names in braces, unless that is no text.
type Path = Result<RawPathParams, RawPathParamsRejection>;

async fn call(
    dispatch: &Dispatch,
    rpc: &'static str,
    path: Path,
    mut request: Request,
) -> Response {
    *request.uri_mut() = Uri::from_static(rpc);
    if is_grpc(request.headers()) {
        *request.method_mut() = Method::POST;
        return dispatch.answer(request).await;
    }
    let answer = dispatch.limited(request, async |parts, body| {
        let path = path.map_err(|_| ApiError::Malformed)?;
        let request = as_connect(&path, parts, body)?;
        Ok(as_rest(dispatch.run(request).await).await)
    });
    answer.await.unwrap_or_else(ApiError::into_response)
}

/// Answers a request to a known path with a method that it does not take. gRPC posts, whatever REST
/// does there.
pub(crate) async fn wrong_method(
    dispatch: &Dispatch,
    missing: &Router,
    path: Option<MatchedPath>,
    mut request: Request,
) -> Response {
    if wants_page(&request) {
        let mut answer = no_page(missing, request).await;
        if answer.status() == StatusCode::NOT_FOUND {
            *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        }
        return answer;
    }
    if request.method() != Method::POST || !is_grpc(request.headers()) {
        return ApiError::WrongMethod.into_response();
    }
    if let Some(rpc) = path.and_then(|path| rpc_of(request.method(), path.as_str())) {
        *request.uri_mut() = Uri::from_static(rpc);
    }
    dispatch.answer(request).await
}

async fn other(dispatch: &Dispatch, missing: &Router, request: Request) -> Response {
    let path = request.uri().path();
    if wants_page(&request) && known_rpc(path).is_none() {
        no_page(missing, request).await
    } else if looks_like_rpc(path) || is_grpc(request.headers()) {
        dispatch.answer(request).await
    } else {
        ApiError::UnknownPath.into_response()
    }
}

/// Whether somebody opened the path in a browser.
fn wants_page(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    reads && prefers_html(request.headers()) && !is_grpc(request.headers())
}

async fn no_page(missing: &Router, request: Request) -> Response {
    missing.clone().oneshot(request).await.into_response()
}

/// The RPC that a REST path, by its template, stands for; with a method that it does not take, one
/// of those that it stands for with another.
pub(crate) fn rpc_of(method: &Method, template: &str) -> Option<&'static str> {
    let method = MethodFilter::try_from(method.clone()).ok();
    let at = || BINDINGS.iter().filter(|binding| binding.path == template);
    let bound = at().find(|binding| Some(binding.method) == method).or_else(|| at().next());
    bound.map(|binding| binding.rpc)
}

/// The RPC at a path, if it is one of ours.
pub(crate) fn known_rpc(path: &str) -> Option<&'static str> {
    BINDINGS.iter().find(|binding| binding.rpc == path).map(|binding| binding.rpc)
}

/// `/<package>.<Service>/<Method>`.
pub(crate) fn looks_like_rpc(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let service = segments.next().unwrap_or_default();
    service.contains('.') && segments.next().is_some() && segments.next().is_none()
}

/// Makes a Connect request of a REST one, whose body is JSON whatever it is called; what the path
/// names goes with it.
fn as_connect(
    path: &RawPathParams,
    mut parts: Parts,
    mut body: Bytes,
) -> Result<Request, ApiError> {
    if let Some(encoding) = parts.headers.remove(header::CONTENT_ENCODING) {
        body = decompressed(&encoding, body)?;
    }
    if path.iter().next().is_some() {
        parts.extensions.insert(PathFields::of(path));
    }
    parts.method = Method::POST;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// The body as the framework would decompress it.
fn decompressed(encoding: &HeaderValue, body: Bytes) -> Result<Bytes, ApiError> {
    let encoding = encoding.to_str().map_err(|_| ApiError::Malformed)?.to_ascii_lowercase();
    compression().decompress_with_limit(&encoding, body, MAX_BODY).map_err(|error| {
        match error.code {
            ErrorCode::ResourceExhausted => ApiError::TooLarge,
            ErrorCode::Unimplemented => ApiError::Unimplemented,
            _ => ApiError::Malformed,
        }
    })
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

#[cfg(test)]
mod tests;
