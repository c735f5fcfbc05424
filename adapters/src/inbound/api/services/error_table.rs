//! The error table: what callers are told of every error, with its code, text and id.

use std::{borrow::Cow, fmt::Display, time::Duration};

use buffa::Message;
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{
    details::duration,
    error_rows::{self as rows, Row},
};
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
    UsernameTaken,
    TooManyLinks { retry_after: Duration },
    CodeInvalid,
    UrlTemplate,
    InstanceNotFound,
    PasskeyNotFound,
    ValidateFailed,
    PasskeyExists,
    TooManyPasskeys,
    SessionNotFound,
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

    fn row(&self) -> Row {
        match self {
            Self::AuthMissing => rows::AUTH_MISSING,
            Self::AuthInvalid => rows::AUTH_INVALID,
            Self::StepUp { .. } => rows::STEP_UP,
            Self::Denied => rows::DENIED,
            Self::UserNotFound => rows::USER_NOT_FOUND,
            Self::UserNotActive => rows::USER_NOT_ACTIVE,
            Self::EmailNotVerified => rows::EMAIL_NOT_VERIFIED,
            Self::EmailTaken => rows::EMAIL_TAKEN,
            Self::UsernameTaken => rows::USERNAME_TAKEN,
            Self::TooManyLinks { .. } => rows::TOO_MANY_LINKS,
            Self::CodeInvalid => rows::CODE_INVALID,
            Self::UrlTemplate => rows::URL_TEMPLATE,
            Self::InstanceNotFound => rows::INSTANCE_NOT_FOUND,
            Self::PasskeyNotFound => rows::PASSKEY_NOT_FOUND,
            Self::ValidateFailed => rows::VALIDATE_FAILED,
            Self::PasskeyExists => rows::PASSKEY_EXISTS,
            Self::TooManyPasskeys => rows::TOO_MANY_PASSKEYS,
            Self::SessionNotFound => rows::SESSION_NOT_FOUND,
            Self::Invalid { .. } => rows::INVALID,
            Self::Malformed => rows::MALFORMED,
            Self::TooLarge => rows::TOO_LARGE,
            Self::TooManyRequests { .. } => rows::TOO_MANY_REQUESTS,
            Self::Deadline => rows::DEADLINE,
            Self::Unimplemented => rows::UNIMPLEMENTED,
            Self::WrongMethod => rows::WRONG_METHOD,
            Self::UnknownPath => rows::UNKNOWN_PATH,
            Self::Unavailable => rows::UNAVAILABLE,
            Self::Internal => rows::INTERNAL,
        }
    }

    /// The row's text, with what is wrong with which field.
    fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Invalid { field, why } => format!("Errors.Invalid: {field}: {why}").into(),
            _ => Cow::Borrowed(self.row().text),
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
        let (Row { status, code, id, .. }, text) = (error.row(), error.text());
        let code = ErrorCode::from_grpc_code(code).unwrap_or(ErrorCode::Internal);
        let mut answer = Self::new(code, format!("{text} ({id})")).with_headers(error.headers());
        answer.details = error.details(&text, id);
        match StatusCode::from_u16(status) {
            // Connect has mappings of its own for what the code stands for.
            Ok(status) if status != code.http_status() => answer.with_http_status(status),
            _ => answer,
        }
    }
}

#[cfg(test)]
mod tests;
