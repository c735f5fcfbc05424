//! The error table: every error of the application, with its code, text and id.

use std::{borrow::Cow, error::Error, time::Duration};

use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use passlink_application::{
    codes::CodeError,
    limits::{Full, TooMany},
    links::{ResendError, UserLinkError},
    passkeys::PasskeyError,
    ports::{AuthenticateError, StoreError},
};
use passlink_domain::NotReachable;
use serde::Serialize;
use serde_json::{Value, json};

use super::fields::{invalid, refused_template};
use crate::inbound::api::{proto, protocols::call::Outcome};

#[cfg(test)]
mod tests;

/// What a caller is told when a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(strum::EnumIter))]
pub(crate) enum ApiError {
    AuthMissing,
    AuthInvalid,
    Denied,
    UserNotFound,
    UserNotActive,
    EmailNotVerified,
    TooManyLinks { retry_after: Duration },
    CodeInvalid,
    UrlTemplate,
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

    /// Tells what went wrong with a passkey; a name that can't be one is the field's fault.
    pub fn named(field: &'static str) -> impl Fn(PasskeyError) -> Self {
        move |error| match error {
            PasskeyError::Name(why) => invalid(field, why),
            other => other.into(),
        }
    }

    /// The table's row: code, text and id.
    fn row(&self) -> (ErrorCode, Cow<'static, str>, &'static str) {
        use ErrorCode as Code;
        let (code, text, id) = match self {
            Self::AuthMissing => (Code::Unauthenticated, "auth header missing", "AUTH-Missing"),
            Self::AuthInvalid => (Code::Unauthenticated, "Errors.Token.Invalid", "AUTH-Invalid"),
            Self::Denied => (Code::PermissionDenied, "Errors.PermissionDenied", "AUTH-Denied"),
            Self::UserNotFound => (Code::NotFound, "Errors.User.NotFound", "USER-NotFound"),
            Self::UserNotActive => {
                (Code::FailedPrecondition, "Errors.User.NotActive", "USER-NotActive")
            }
            Self::EmailNotVerified => {
                (Code::FailedPrecondition, "Errors.User.Email.NotVerified", "USER-EmailNotVerified")
            }
            Self::TooManyLinks { .. } => {
                (Code::ResourceExhausted, "Errors.User.Passwordless.TooManyLinks", "LINK-TooMany")
            }
            Self::CodeInvalid => {
                (Code::InvalidArgument, "Errors.User.Code.Invalid", "LINK-CodeInvalid")
            }
            Self::UrlTemplate => {
                (Code::InvalidArgument, "Errors.User.Passwordless.URLTemplate", "LINK-URLTemplate")
            }
            Self::PasskeyNotFound => {
                (Code::NotFound, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound")
            }
            Self::ValidateFailed => (
                Code::InvalidArgument,
                "Errors.User.WebAuthN.ValidateFailed",
                "PASSKEY-ValidateFailed",
            ),
            Self::PasskeyExists => {
                (Code::AlreadyExists, "Errors.User.WebAuthN.AlreadyExists", "PASSKEY-Exists")
            }
            Self::TooManyPasskeys => {
                (Code::FailedPrecondition, "Errors.User.WebAuthN.TooMany", "PASSKEY-TooMany")
            }
            Self::Invalid { field, why } => {
                let text = format!("Errors.Invalid: {field}: {why}");
                return (Code::InvalidArgument, text.into(), "REQUEST-Invalid");
            }
            Self::Malformed => {
                (Code::InvalidArgument, "Errors.Request.Malformed", "REQUEST-Malformed")
            }
            Self::TooLarge => {
                (Code::ResourceExhausted, "Errors.Request.TooLarge", "REQUEST-TooLarge")
            }
            Self::TooManyRequests { .. } => {
                (Code::ResourceExhausted, "Errors.Request.TooMany", "REQUEST-TooMany")
            }
            Self::Deadline => {
                (Code::DeadlineExceeded, "Errors.Request.Deadline", "REQUEST-Deadline")
            }
            Self::Unimplemented | Self::WrongMethod => {
                (Code::Unimplemented, "Errors.Unimplemented", "REQUEST-Unimplemented")
            }
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

    /// RFC 6750, section 3; RFC 9110, section 10.2.3.
    fn headers(&self) -> HeaderMap {
        let header: Option<(HeaderName, HeaderValue)> = match self {
            Self::AuthMissing | Self::AuthInvalid => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
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

    fn error_details(&self, text: &str, id: &str) -> Vec<ErrorDetail> {
        let detail = proto::zitadel::v1::ErrorDetail {
            id: id.to_owned(),
            message: text.to_owned(),
            ..Default::default()
        };
        let mut details = vec![ErrorDetail {
            debug: Some(json!({"id": id, "message": text})),
            ..ErrorDetail::from_message("zitadel.v1.ErrorDetail", &detail)
        }];
        if let Some(retry_after) = self.retry_after() {
            let seconds = retry_after.as_secs();
            let retry = proto::google::rpc::RetryInfo {
                retry_delay: buffa_types::google::protobuf::Duration {
                    seconds: seconds.try_into().unwrap_or(i64::MAX),
                    ..Default::default()
                }
                .into(),
                ..Default::default()
            };
            details.push(ErrorDetail {
                debug: Some(json!({"retryDelay": format!("{seconds}s")})),
                ..ErrorDetail::from_message("google.rpc.RetryInfo", &retry)
            });
        }
        details
    }
}

impl From<ApiError> for ConnectError {
    fn from(error: ApiError) -> Self {
        let (code, text, id) = error.row();
        let mut answer = Self::new(code, format!("{text} ({id})")).with_headers(error.headers());
        answer.details = error.error_details(&text, id);
        match error.http_status() {
            Some(status) => answer.with_http_status(status),
            None => answer,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        rest_response(self.into())
    }
}

/// The REST form of an error: numeric code, text, and the details as JSON with their types.
pub(crate) fn rest_response(error: ConnectError) -> Response {
    let status = error.http_status();
    let headers = error.response_headers().clone();
    let details: Vec<Value> = error.details.into_iter().map(rest_detail).collect();
    let body = RestError {
        code: error.code.grpc_code(),
        message: error.message.unwrap_or_default(),
        details,
    };
    (status, headers, Extension(Outcome(Some(error.code))), Json(body)).into_response()
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

/// Logs what went wrong and tells the caller nothing of it.
pub(crate) fn unforeseen(error: &(dyn Error + 'static)) -> ApiError {
    tracing::error!(error, "a request failed");
    ApiError::Internal
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(cause) => {
                tracing::error!(error = &**cause as &dyn Error, "the database is out of reach");
                Self::Unavailable
            }
            StoreError::KeyRetired(_) => {
                tracing::error!(
                    error = &error as &dyn Error,
                    "nothing can be made with the newest key"
                );
                Self::Unavailable
            }
            StoreError::Broken(cause) => unforeseen(&**cause),
        }
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid => Self::AuthInvalid,
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<NotReachable> for ApiError {
    fn from(error: NotReachable) -> Self {
        match error {
            NotReachable::Removed => Self::UserNotFound,
            NotReachable::NotActive => Self::UserNotActive,
            NotReachable::EmailNotVerified => Self::EmailNotVerified,
        }
    }
}

impl From<Full> for ApiError {
    fn from(Full: Full) -> Self {
        Self::BUSY
    }
}

impl From<TooMany> for ApiError {
    fn from(limit: TooMany) -> Self {
        Self::TooManyRequests { retry_after: limit.retry_after }
    }
}

impl From<CodeError> for ApiError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Invalid => Self::CodeInvalid,
            CodeError::TooMany(limit) => limit.into(),
            CodeError::Store(error) => error.into(),
        }
    }
}

impl From<ResendError> for ApiError {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::Code(error) => error.into(),
            ResendError::TooMany(limit) => Self::TooManyLinks { retry_after: limit.retry_after },
            ResendError::Store(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for ApiError {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::UserNotFound => Self::UserNotFound,
            PasskeyError::NotReachable(why) => why.into(),
            PasskeyError::Code(error) => error.into(),
            PasskeyError::NoBearer => Self::AuthMissing,
            PasskeyError::NotFound => Self::PasskeyNotFound,
            PasskeyError::NotVerified => Self::ValidateFailed,
            PasskeyError::Exists => Self::PasskeyExists,
            PasskeyError::TooMany => Self::TooManyPasskeys,
            PasskeyError::Name(why) => invalid("name", why),
            PasskeyError::Domain => {
                invalid("domain", "must be a host where passkeys are registered")
            }
            PasskeyError::Store(error) => error.into(),
        }
    }
}

impl From<UserLinkError> for ApiError {
    fn from(error: UserLinkError) -> Self {
        match error {
            UserLinkError::UserNotFound => Self::UserNotFound,
            UserLinkError::NotReachable(why) => why.into(),
            UserLinkError::TokenEnded => Self::AuthInvalid,
            UserLinkError::NotOffered => Self::Unimplemented,
            UserLinkError::UrlTemplate(why) => refused_template(&why),
            UserLinkError::TooMany(limit) => Self::TooManyLinks { retry_after: limit.retry_after },
            UserLinkError::Store(error) => error.into(),
        }
    }
}
