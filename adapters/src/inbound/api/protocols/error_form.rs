//! Errors in the form of the protocol that the call came by.

use axum::{
    Extension, Json,
    body::Body,
    response::{IntoResponse, Response},
};
use connectrpc::{ConnectError, ErrorDetail};
use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::Value;

use super::{classify::Call, media::Protocol, outcome::Outcome};

/// An error in the form of the call's protocol.
pub(crate) fn render(error: impl Into<ConnectError>, call: &Call) -> Response {
    let error = error.into();
    match call.protocol {
        Protocol::Rest | Protocol::Http => rest(error),
        Protocol::Grpc | Protocol::GrpcWeb | Protocol::Connect => rpc(error, call),
    }
}

fn rpc(error: ConnectError, call: &Call) -> Response {
    let outcome = Outcome::from(&error);
    let media_type = HeaderMap::from_iter([(header::CONTENT_TYPE, call.media_type.clone())]);
    let mut response = error.into_http_response(&media_type).map(Body::new);
    response.extensions_mut().insert(outcome);
    response
}

/// The REST form: numeric code, text, and the details as JSON with their types.
pub(crate) fn rest(error: impl Into<ConnectError>) -> Response {
    let error = error.into();
    let (status, outcome) = (error.http_status(), Outcome::from(&error));
    let headers = error.response_headers().clone();
    let body = RestError {
        code: error.code.grpc_code(),
        message: error.message.unwrap_or_default(),
        details: error.details.into_iter().map(rest_detail).collect(),
    };
    (status, headers, Extension(outcome), Json(body)).into_response()
}

#[derive(Serialize)]
struct RestError {
    code: u32,
    message: String,
    details: Vec<Value>,
}

fn rest_detail(detail: ErrorDetail) -> Value {
    let mut fields = match detail.debug {
        Some(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let full_name = format!("type.googleapis.com/{}", detail.type_url);
    fields.insert("@type".to_owned(), full_name.into());
    fields.into()
}
