//! Errors of the RPC framework, given the table's text, id and detail in each protocol. Why:
//! `docs/decisions/framework-errors.md`.

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use buffa::Message;
use connectrpc::{ConnectError, ErrorCode};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use super::{classify::Call, error_form, outcome::Outcome};
use crate::inbound::api::{
    limits::MAX_BODY, proto::google::rpc::Status, services::error_table::ApiError,
};

const DETAILS: &str = "grpc-status-details-bin";
/// Marks the trailers among the frames of a gRPC-Web body.
pub(crate) const TRAILERS: u8 = 0x80;
/// Flags and length, before the octets of a frame.
pub(crate) const FRAME_HEAD: usize = 5;

/// The table's row for an error that bears no detail of ours; any other is left as it is.
pub(crate) fn completed(error: ConnectError) -> ConnectError {
    if !error.details.is_empty() {
        return error;
    }
    let row = match error.code {
        ErrorCode::InvalidArgument | ErrorCode::OutOfRange => ApiError::Malformed,
        ErrorCode::ResourceExhausted => ApiError::TooLarge,
        ErrorCode::DeadlineExceeded | ErrorCode::Canceled => ApiError::Deadline,
        ErrorCode::Unimplemented => ApiError::Unimplemented,
        ErrorCode::NotFound => ApiError::UnknownPath,
        ErrorCode::Unavailable => ApiError::Unavailable,
        _ if error.message.as_deref().is_some_and(is_callers_fault) => ApiError::Malformed,
        code => {
            tracing::error!(code = code.as_str(), error = error.message, "a request failed");
            ApiError::Internal
        }
    };
    row.into()
}

/// Whether a text of the framework tells of a request that no client should have sent, though its
/// code says "internal".
fn is_callers_fault(text: &str) -> bool {
    text.starts_with("received compressed message without")
        || text.starts_with("failed to read request body")
}

pub(crate) async fn complete_connect(response: Response) -> Response {
    if response.status() == StatusCode::OK {
        return response;
    }
    let (parts, error) = connect_error(response).await;
    // What the framework says by these is finer than a code.
    let is_finer =
        [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::UNSUPPORTED_MEDIA_TYPE]
            .contains(&parts.status);
    let is_ours = !error.details.is_empty();
    let error = completed(error);
    let outcome = Outcome::from(&error);
    let mut answer = error.into_response();
    answer.extensions_mut().insert(outcome);
    if is_finer || is_ours {
        *answer.status_mut() = parts.status;
    }
    for (name, value) in &parts.headers {
        if name != header::CONTENT_LENGTH {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().entry(header::ALLOW).or_insert(HeaderValue::from_static("POST"));
    }
    answer
}

pub(crate) async fn connect_error(response: Response) -> (http::response::Parts, ConnectError) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let error = match parts.status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::METHOD_NOT_ALLOWED => {
            ConnectError::unimplemented("")
        }
        _ => serde_json::from_slice(&body).unwrap_or_else(|_| {
            ConnectError::internal("an answer of the framework could not be read")
        }),
    };
    (parts, error)
}

/// Completes the answer to a gRPC or gRPC-Web call with one message.
pub(crate) async fn complete_grpc(response: Response, call: &Call) -> Response {
    let (mut parts, body) = response.into_parts();
    if parts.status != StatusCode::OK {
        return refused(parts.status, call);
    }
    let Ok(collected) = body.collect().await else {
        return error_form::render(ApiError::Internal, call);
    };
    let trailers = collected.trailers().cloned();
    let body = collected.to_bytes();
    let status = trailers.clone().or_else(|| web_trailers(&body));
    let status = status.as_ref().unwrap_or(&parts.headers);
    let outcome = Outcome(code_in(status));
    match failure_in(status) {
        Some(error) => error_form::render(completed(error), call),
        None => {
            parts.extensions.insert(outcome);
            let data = (!body.is_empty()).then(|| Frame::data(body));
            let frames = data.into_iter().chain(trailers.map(Frame::trailers));
            let frames = stream::iter(frames.map(Ok::<_, Infallible>));
            Response::from_parts(parts, Body::new(StreamBody::new(frames)))
        }
    }
}

/// The answer to a call that the framework has refused with an HTTP status.
pub(crate) fn refused(status: StatusCode, call: &Call) -> Response {
    let mut refused = error_form::render(ApiError::Unimplemented, call);
    *refused.status_mut() = status;
    refused
}

/// The error that a status without details of ours tells of.
pub(crate) fn failure_in(status: &HeaderMap) -> Option<ConnectError> {
    let code = code_in(status).filter(|_| !has_details(status))?;
    let message = status.get("grpc-message").and_then(|value| value.to_str().ok());
    Some(ConnectError::new(code, message.unwrap_or_default()))
}

/// The code of a status that is not success.
pub(crate) fn code_in(status: &HeaderMap) -> Option<ErrorCode> {
    let code: u32 = status.get("grpc-status")?.to_str().ok()?.parse().ok()?;
    (code != 0).then(|| ErrorCode::from_grpc_code(code).unwrap_or(ErrorCode::Unknown))
}

/// Whether a status bears details; the framework's own has none.
fn has_details(status: &HeaderMap) -> bool {
    status
        .get(DETAILS)
        .and_then(|value| BASE64_STANDARD_NO_PAD.decode(value.as_bytes()).ok())
        .and_then(|bytes| Status::decode_from_slice(&bytes).ok())
        .is_some_and(|status| !status.details.is_empty())
}

pub(crate) fn web_trailers(body: &[u8]) -> Option<HeaderMap> {
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
        let parsed = pairs.filter_map(|(name, value)| {
            let name = name.trim().parse::<HeaderName>().ok()?;
            Some((name, value.trim().parse().ok()?))
        });
        return Some(parsed.collect());
    }
}
