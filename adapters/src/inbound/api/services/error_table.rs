//! The error table: what callers are told of every error, with its code, text and id.

use std::{borrow::Cow, fmt::Display, time::Duration};

use buffa::Message;
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::details::duration;
use crate::inbound::api::proto;

#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(strum::EnumIter))]
pub(crate) enum ApiError {
    AuthMissing,
    AuthInvalid,
    StepUp { max_age: Duration },
    Denied,
    UserNotFound,
    UserNotActive,
    EmailNotVerified,
    EmailTaken,
    TooManyLinks { retry_after: Duration },
    CodeInvalid,
    UrlTemplate,
    InstanceNotFound,
    PasskeyNotFound,
    ValidateFailed,
    PasskeyExists,
    TooManyPasskeys,
    Invalid { field: &'static str, why: String },
    Malformed,
    TooLarge,
    TooManyRequests { retry_after: Duration },
    Deadline,
    Unimplemented,
    UnknownPath,
    WrongMethod,
    Unavailable,
    Internal,
}

impl ApiError {
    /// More calls than are answered at a time, for longer than this one may wait.
    pub const BUSY: Self = Self::TooManyRequests { retry_after: Duration::from_secs(1) };

    pub fn invalid(field: &'static str, why: impl Display) -> Self {
        Self::Invalid { field, why: why.to_string() }
    }

    /// The table's row: code, text and id.
    #[rustfmt::skip]
    fn row(&self) -> (ErrorCode, Cow<'static, str>, &'static str) {
        use ErrorCode as Code;
        let (code, text, id) = match self {
            Self::AuthMissing => (Code::Unauthenticated, "auth header missing", "AUTH-Missing"),
            Self::AuthInvalid => (Code::Unauthenticated, "Errors.Token.Invalid", "AUTH-Invalid"),
            Self::StepUp { .. } => (Code::Unauthenticated, "Errors.Token.StepUpRequired", "AUTH-StepUp"),
            Self::Denied => (Code::PermissionDenied, "Errors.PermissionDenied", "AUTH-Denied"),
            Self::UserNotFound => (Code::NotFound, "Errors.User.NotFound", "USER-NotFound"),
            Self::UserNotActive => (Code::FailedPrecondition, "Errors.User.NotActive", "USER-NotActive"),
            Self::EmailNotVerified => (Code::FailedPrecondition, "Errors.User.Email.NotVerified", "USER-EmailNotVerified"),
            Self::EmailTaken => (Code::AlreadyExists, "Errors.User.Email.Taken", "USER-EmailTaken"),
            Self::TooManyLinks { .. } => (Code::ResourceExhausted, "Errors.User.Passwordless.TooManyLinks", "LINK-TooMany"),
            Self::CodeInvalid => (Code::InvalidArgument, "Errors.User.Code.Invalid", "LINK-CodeInvalid"),
            Self::UrlTemplate => (Code::InvalidArgument, "Errors.User.Passwordless.URLTemplate", "LINK-URLTemplate"),
            Self::InstanceNotFound => (Code::NotFound, "Errors.Instance.NotFound", "INSTANCE-NotFound"),
            Self::PasskeyNotFound => (Code::NotFound, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound"),
            Self::ValidateFailed => (Code::InvalidArgument, "Errors.User.WebAuthN.ValidateFailed", "PASSKEY-ValidateFailed"),
            Self::PasskeyExists => (Code::AlreadyExists, "Errors.User.WebAuthN.AlreadyExists", "PASSKEY-Exists"),
            Self::TooManyPasskeys => (Code::FailedPrecondition, "Errors.User.WebAuthN.TooMany", "PASSKEY-TooMany"),
            Self::Invalid { field, why } => {
                let text = format!("Errors.Invalid: {field}: {why}");
                return (Code::InvalidArgument, text.into(), "REQUEST-Invalid");
            }
            Self::Malformed => (Code::InvalidArgument, "Errors.Request.Malformed", "REQUEST-Malformed"),
            Self::TooLarge => (Code::ResourceExhausted, "Errors.Request.TooLarge", "REQUEST-TooLarge"),
            Self::TooManyRequests { .. } => (Code::ResourceExhausted, "Errors.Request.TooMany", "REQUEST-TooMany"),
            Self::Deadline => (Code::DeadlineExceeded, "Errors.Request.Deadline", "REQUEST-Deadline"),
            Self::Unimplemented | Self::WrongMethod => (Code::Unimplemented, "Errors.Unimplemented", "REQUEST-Unimplemented"),
            Self::UnknownPath => (Code::NotFound, "Errors.Request.NotFound", "REQUEST-NotFound"),
            Self::Unavailable => (Code::Unavailable, "Errors.Unavailable", "SERVICE-Unavailable"),
            Self::Internal => (Code::Internal, "Errors.Internal", "SERVICE-Internal"),
        };
        (code, Cow::Borrowed(text), id)
    }

    /// The HTTP status, where it isn't the one that belongs to the code.
    fn http_status(&self) -> Option<StatusCode> {
        match self {
            Self::TooLarge => Some(StatusCode::PAYLOAD_TOO_LARGE),
            Self::WrongMethod => Some(StatusCode::METHOD_NOT_ALLOWED),
            _ => None,
        }
    }

    /// RFC 6750, section 3; RFC 9470, section 3; RFC 9110, section 10.2.3.
    fn headers(&self) -> HeaderMap {
        let header = match self {
            Self::AuthMissing | Self::AuthInvalid => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::StepUp { max_age } => {
                let challenge = format!(
                    "Bearer error=\"insufficient_user_authentication\", \
                     error_description=\"A more recent sign-in is required\", max_age=\"{}\"",
                    max_age.as_secs()
                );
                let challenge = HeaderValue::try_from(challenge).ok();
                challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge))
            }
            _ => self.retry_after().map(|wait| (header::RETRY_AFTER, wait.as_secs().into())),
        };
        header.into_iter().collect()
    }

    /// When the same call may succeed, in whole seconds.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyLinks { retry_after } | Self::TooManyRequests { retry_after } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }

    fn details(&self, text: &str, id: &str) -> Vec<ErrorDetail> {
        let (id, message) = (id.to_owned(), text.to_owned());
        let what = proto::zitadel::v1::ErrorDetail { id, message, ..Default::default() };
        let mut details = vec![detail("zitadel.v1.ErrorDetail", &what)];
        if let Some(wait) = self.retry_after() {
            let retry_delay = duration(Duration::from_secs(wait.as_secs())).into();
            let when = proto::google::rpc::RetryInfo { retry_delay, ..Default::default() };
            details.push(detail("google.rpc.RetryInfo", &when));
        }
        details
    }
}

/// A detail with its JSON, which REST and Connect tell.
fn detail(name: &str, message: &(impl Message + Serialize)) -> ErrorDetail {
    let debug = serde_json::to_value(message).ok();
    ErrorDetail { debug, ..ErrorDetail::from_message(name, message) }
}

impl From<ApiError> for ConnectError {
    fn from(error: ApiError) -> Self {
        let (code, text, id) = error.row();
        let mut answer = Self::new(code, format!("{text} ({id})")).with_headers(error.headers());
        answer.details = error.details(&text, id);
        match error.http_status() {
            Some(status) => answer.with_http_status(status),
            None => answer,
        }
    }
}

#[cfg(test)]
mod tests;
