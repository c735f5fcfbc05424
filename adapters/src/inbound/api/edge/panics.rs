//! A mistake of ours costs one request, not its connection.

use std::panic::AssertUnwindSafe;

use axum::{extract::Request, middleware::Next, response::Response};
use futures_util::FutureExt;

use crate::inbound::api::{
    protocols::{classify::Call, error_form},
    services::error_table::ApiError,
};

/// Answers a request that made us panic by the table. The process's panic hook says where.
pub(crate) async fn contain(request: Request, next: Next) -> Response {
    let call = Call::noted_on(&request);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| error_form::render(ApiError::Internal, &call))
}

#[cfg(test)]
mod tests;
