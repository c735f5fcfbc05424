//! A mistake of ours costs one request, not its connection.

use std::panic::AssertUnwindSafe;

use axum::{extract::Request, middleware::Next, response::Response};
use futures_util::FutureExt;

use crate::inbound::api::{protocols::form::Form, services::error::ApiError};

/// Answers a request that made us panic by the table. The process's panic hook says where.
pub(crate) async fn contain(request: Request, next: Next) -> Response {
    let form = Form::of(&request);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| form.refuse(ApiError::Internal))
}

#[cfg(test)]
mod tests;
