//! Errors that the RPC framework raises by itself, given the table's text, id and detail.

use connectrpc::{ConnectError, ErrorCode};

use super::error::ApiError;

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
