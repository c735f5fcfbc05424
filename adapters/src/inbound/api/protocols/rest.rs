//! A REST call is answered as a Connect call with JSON; only the path and the form of an error differ.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{RawPathParams, Request, rejection::RawPathParamsRejection},
    response::Response,
};
use connectrpc::ErrorCode;
use http::{HeaderValue, Method, StatusCode, Uri, header};

use super::{
    error_form,
    framework::{Framework, compression},
    framework_error::{completed, connect_error},
    json_messages::UrlFields,
};
use crate::inbound::api::{limits::MAX_BODY, services::error_table::ApiError};

/// What a path names in braces, unless that is no text.
pub(crate) type Path = Result<RawPathParams, RawPathParamsRejection>;

pub(crate) async fn answer(
    framework: &Framework,
    rpc: &'static str,
    path: Path,
    request: Request,
) -> Result<Response, ApiError> {
    let path = path.map_err(|_| ApiError::Malformed)?;
    let request = as_connect(rpc, &path, request).await?;
    Ok(as_rest(framework.run(request).await).await)
}

/// The body is JSON whatever it is called, and what the URL names goes with it.
async fn as_connect(
    rpc: &'static str,
    path: &RawPathParams,
    request: Request,
) -> Result<Request, ApiError> {
    let (mut parts, mut body) = request.into_parts();
    if matches!(parts.method, Method::GET | Method::HEAD) {
        // What it holds has no meaning (RFC 9110, section 9.3.1).
        body = Body::empty();
        parts.headers.remove(header::CONTENT_ENCODING);
    }
    if let Some(encoding) = parts.headers.remove(header::CONTENT_ENCODING) {
        body = decompressed(&encoding, body).await?.into();
    }
    let query = match parts.method {
        Method::GET | Method::HEAD | Method::DELETE => parts.uri.query().unwrap_or_default(),
        _ => "",
    };
    if !query.is_empty() || path.iter().next().is_some() {
        parts.extensions.insert(UrlFields::new(path, query));
    }
    (parts.method, parts.uri) = (Method::POST, Uri::from_static(rpc));
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Request::from_parts(parts, body))
}

/// The body as the framework would decompress it.
async fn decompressed(encoding: &HeaderValue, body: Body) -> Result<Bytes, ApiError> {
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| ApiError::Malformed)?;
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
    let mut answer = error_form::rest(completed(error));
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
