//! How a call ended, for spans, metrics and the log.

use std::time::Duration;

use connectrpc::{ConnectError, ErrorCode};
use http::StatusCode;

use crate::inbound::api::limits::REQUEST_TIMEOUT;

/// The code that a call ended with, noted on its response; `None` is success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome(pub Option<ErrorCode>);

impl From<&ConnectError> for Outcome {
    fn from(error: &ConnectError) -> Self {
        Self(Some(error.code))
    }
}

impl Outcome {
    /// What is noted on a response, or what its status says.
    pub fn read<B>(response: &http::Response<B>) -> Self {
        let noted = response.extensions().get::<Self>().copied();
        noted.unwrap_or_else(|| Self(by_status(response.status())))
    }

    /// gRPC's name of the code.
    pub fn name(self) -> &'static str {
        use ErrorCode as Code;
        match self.0 {
            None => "OK",
            Some(Code::Canceled) => "CANCELLED",
            Some(Code::InvalidArgument) => "INVALID_ARGUMENT",
            Some(Code::DeadlineExceeded) => "DEADLINE_EXCEEDED",
            Some(Code::NotFound) => "NOT_FOUND",
            Some(Code::AlreadyExists) => "ALREADY_EXISTS",
            Some(Code::PermissionDenied) => "PERMISSION_DENIED",
            Some(Code::ResourceExhausted) => "RESOURCE_EXHAUSTED",
            Some(Code::FailedPrecondition) => "FAILED_PRECONDITION",
            Some(Code::Aborted) => "ABORTED",
            Some(Code::OutOfRange) => "OUT_OF_RANGE",
            Some(Code::Unimplemented) => "UNIMPLEMENTED",
            Some(Code::Internal) => "INTERNAL",
            Some(Code::Unavailable) => "UNAVAILABLE",
            Some(Code::DataLoss) => "DATA_LOSS",
            Some(Code::Unauthenticated) => "UNAUTHENTICATED",
            Some(_) => "UNKNOWN",
        }
    }

    /// Whether the fault is ours and not the caller's, of a request that took so long: a deadline that
    /// comes before ours is the caller's own.
    pub fn is_our_fault(self, duration: Duration) -> bool {
        match self.0 {
            Some(ErrorCode::DeadlineExceeded) => duration >= REQUEST_TIMEOUT,
            Some(ErrorCode::Unimplemented) => false,
            _ => self.is_error_of_rpc(),
        }
    }

    /// Whether OpenTelemetry's conventions call it an error of an RPC's server.
    pub fn is_error_of_rpc(self) -> bool {
        use ErrorCode as Code;
        let errors = [
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Unimplemented,
            Code::Internal,
            Code::Unavailable,
            Code::DataLoss,
        ];
        self.0.is_some_and(|code| errors.contains(&code))
    }
}

fn by_status(status: StatusCode) -> Option<ErrorCode> {
    match status.as_u16() {
        ..400 => None,
        401 => Some(ErrorCode::Unauthenticated),
        403 => Some(ErrorCode::PermissionDenied),
        404 => Some(ErrorCode::NotFound),
        405 | 415 | 501 => Some(ErrorCode::Unimplemented),
        413 | 429 => Some(ErrorCode::ResourceExhausted),
        400..=499 => Some(ErrorCode::InvalidArgument),
        503 => Some(ErrorCode::Unavailable),
        504 => Some(ErrorCode::DeadlineExceeded),
        _ => Some(ErrorCode::Internal),
    }
}

#[cfg(test)]
mod tests;
