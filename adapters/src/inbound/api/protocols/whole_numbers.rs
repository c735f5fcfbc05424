//! JSON in messages: `google.protobuf.Struct`, whose numbers are all floating point.

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use buffa_types::google::protobuf::Struct;
use http::header;
use serde_json::Value;

use super::error_form;
use crate::inbound::api::services::{error_table::ApiError, failure::Failure};

/// Largest JSON answer whose numbers are looked at.
const MAX_ANSWER: usize = 1024 * 1024;
/// Largest whole number that a floating-point one holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The object that a JSON text of ours holds.
pub(crate) fn object(text: &str) -> Result<Struct, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::because(ApiError::Internal, error))
}

/// The JSON text of an object that a caller sent.
pub(crate) fn text(object: &Struct) -> Result<String, ApiError> {
    let value = serde_json::to_value(object).map_err(|_| ApiError::Malformed)?;
    Ok(whole(value).to_string())
}

/// Writes whole numbers without a fraction, as programs that read integers expect: `-7`, not `-7.0`.
pub(crate) async fn without_fraction(response: Response) -> Response {
    let json =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
    if !json || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_ANSWER).await else {
        return error_form::rest(ApiError::Internal);
    };
    if !body.windows(2).any(|pair| pair == b".0") {
        return Response::from_parts(parts, Body::from(body));
    }
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = value.map_or(body, |value| whole(value).to_string().into());
    Response::from_parts(parts, Body::from(body))
}

fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => {
                (float as i64).into()
            }
            _ => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(whole).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, whole(value))).collect()
        }
        other => other,
    }
}
