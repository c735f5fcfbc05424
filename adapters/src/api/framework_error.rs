//! Errors that the RPC framework raises by itself, given the table's text, id and detail, in
//! whichever protocol they are told.

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use buffa::Message;
use connectrpc::{ConnectError, ErrorCode};
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use super::{MAX_BODY, error::ApiError, proto::google::rpc::Status};

/// Where gRPC's error details stand.
const DETAILS: &str = "grpc-status-details-bin";
/// Marks the trailers among the frames of a gRPC-Web body.
const TRAILERS: u8 = 0x80;

/// The table's row for an error that bears no detail of ours; any other is left as it is.
pub(super) fn completed(error: ConnectError) -> ConnectError {
    if !error.details.is_empty() {
        return error;
    }
    let row = match error.code {
        ErrorCode::InvalidArgument | ErrorCode::OutOfRange => ApiError::Malformed,
        ErrorCode::ResourceExhausted => ApiError::TooLarge,
        ErrorCode::DeadlineExceeded | ErrorCode::Canceled => ApiError::Deadline,
        ErrorCode::Unimplemented => ApiError::Unimplemented,
        ErrorCode::Unavailable => ApiError::Unavailable,
        code => {
            tracing::error!(code = code.as_str(), error = error.message, "a request failed");
            ApiError::Internal
        }
    };
    row.into()
}

/// Completes the answer to a Connect call.
pub(super) async fn complete_connect(response: Response) -> Response {
    if response.status() == StatusCode::OK {
        return response;
    }
    let (parts, error) = connect_error(response).await;
    let status = match (parts.status, error.details.is_empty()) {
        // What the framework says by these is finer than a code.
        (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, true)
        | (StatusCode::UNSUPPORTED_MEDIA_TYPE, true)
        | (_, false) => Some(parts.status),
        (_, true) => None,
    };
    let mut answer = completed(error).into_response();
    *answer.status_mut() = status.unwrap_or(answer.status());
    for (name, value) in &parts.headers {
        if name != header::CONTENT_LENGTH {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// Takes a failed Connect answer apart.
pub(super) async fn connect_error(response: Response) -> (http::response::Parts, ConnectError) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let error = serde_json::from_slice(&body).unwrap_or_else(|_| match parts.status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::METHOD_NOT_ALLOWED => {
            ConnectError::unimplemented("")
        }
        _ => ConnectError::internal("an answer of the framework could not be read"),
    });
    (parts, error)
}

/// Completes the answer to a unary gRPC or gRPC-Web call; `request` has the headers of the call.
pub(super) async fn complete_grpc(response: Response, request: &HeaderMap) -> Response {
    let (parts, body) = response.into_parts();
    if parts.status != StatusCode::OK {
        let mut refused =
            ConnectError::from(ApiError::Unimplemented).into_http_response(request).map(Body::new);
        *refused.status_mut() = parts.status;
        return refused;
    }
    let Ok(collected) = body.collect().await else {
        return rendered(ApiError::Internal.into(), request);
    };
    let trailers = collected.trailers().cloned();
    let body = collected.to_bytes();
    let status = trailers.clone().or_else(|| web_trailers(&body));
    match failure_in(status.as_ref().unwrap_or(&parts.headers)) {
        Some(error) => rendered(completed(error), request),
        None => {
            let data = (!body.is_empty()).then(|| Frame::data(body));
            let frames = data.into_iter().chain(trailers.map(Frame::trailers));
            let frames = stream::iter(frames.map(Ok::<_, Infallible>));
            Response::from_parts(parts, Body::new(StreamBody::new(frames)))
        }
    }
}

/// An error in the form of the protocol that the call came by.
pub(super) fn rendered(error: ConnectError, request: &HeaderMap) -> Response {
    error.into_http_response(request).map(Body::new)
}

/// The error that a status without details of ours tells of.
fn failure_in(status: &HeaderMap) -> Option<ConnectError> {
    let text = |name| status.get(name).and_then(|value| value.to_str().ok());
    let code: u32 = text("grpc-status")?.parse().ok()?;
    if code == 0 || has_details(status) {
        return None;
    }
    let code = ErrorCode::from_grpc_code(code).unwrap_or(ErrorCode::Unknown);
    Some(ConnectError::new(code, text("grpc-message").unwrap_or_default()))
}

/// Whether a status bears details; the framework's own has none.
fn has_details(status: &HeaderMap) -> bool {
    status
        .get(DETAILS)
        .and_then(|value| BASE64_STANDARD_NO_PAD.decode(value.as_bytes()).ok())
        .and_then(|bytes| Status::decode_from_slice(&bytes).ok())
        .is_some_and(|status| !status.details.is_empty())
}

/// The trailers at the end of a gRPC-Web body.
fn web_trailers(body: &[u8]) -> Option<HeaderMap> {
    let mut rest = body;
    loop {
        let (flags, tail) = rest.split_first()?;
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (frame, tail) = tail.split_at_checked(length)?;
        if flags & TRAILERS == 0 {
            rest = tail;
            continue;
        }
        let lines = std::str::from_utf8(frame).ok()?.lines();
        let pairs = lines.filter_map(|line| line.split_once(':'));
        return Some(
            pairs
                .filter_map(|(name, value)| {
                    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
                })
                .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
                .into_iter()
                .collect(),
        );
    }
}
