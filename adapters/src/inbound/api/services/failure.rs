//! From the errors of the application to the rows of the error table, with their causes for the log.

use std::error::Error;

use connectrpc::{
    ConnectError, ErrorCode, Interceptor, Next,
    interceptor::{UnaryRequest, UnaryResponse},
};
use passlink_application::{
    callers::CallerError,
    codes::CodeError,
    limits::{Full, TooMany},
    links::{ResendError, UserLinkError},
    passkeys::PasskeyError,
    ports::StoreError,
    sessions::SessionError,
};
use passlink_domain::NotReachable;

use super::error_table::ApiError;

/// Why a call failed: what its caller is told, and what only the log tells.
#[derive(Debug)]
pub(crate) struct Failure {
    error: ApiError,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure whose cause the caller is not told.
    pub fn because(error: ApiError, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error, cause: Some(cause.into()) }
    }
}

pub(crate) struct LogCauses;

#[connectrpc::async_trait]
impl Interceptor for LogCauses {
    async fn intercept_unary(
        &self,
        request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let answer = next.run(request).await;
        if let Err(failure) = &answer
            && let Some(cause) = failure.source()
        {
            match failure.code {
                ErrorCode::InvalidArgument
                | ErrorCode::Unauthenticated
                | ErrorCode::PermissionDenied
                | ErrorCode::NotFound
                | ErrorCode::FailedPrecondition
                | ErrorCode::AlreadyExists => {
                    tracing::info!(reason = %cause, "a request was refused");
                }
                _ => tracing::error!(error = cause, "a request failed"),
            }
        }
        answer
    }
}

impl From<Failure> for ConnectError {
    fn from(Failure { error, cause }: Failure) -> Self {
        match cause {
            Some(cause) => Self::from(error).with_source(cause),
            None => error.into(),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, cause: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::because(ApiError::Unavailable, cause),
            StoreError::KeyRetired(_) => Self::because(ApiError::Unavailable, error),
            StoreError::NotRun => Self::because(ApiError::Internal, error),
            StoreError::Broken(cause) => Self::because(ApiError::Internal, cause),
        }
    }
}

impl From<CallerError> for Failure {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Invalid(reason) => Self::because(ApiError::AuthInvalid, reason),
            CallerError::StepUp { max_age } => Self::because(ApiError::StepUp { max_age }, error),
            CallerError::Denied => Self::because(ApiError::Denied, error),
            CallerError::NoUser(why) => Self::because(ApiError::UserNotFound, why),
            CallerError::EmailNotVerified => Self::because(ApiError::EmailNotVerified, error),
            CallerError::EmailTaken => Self::because(ApiError::EmailTaken, error),
            CallerError::UsernameTaken => Self::because(ApiError::UsernameTaken, error),
            // Whoever asked the issuer has logged why it can't be had.
            CallerError::Unavailable(_) => ApiError::Unavailable.into(),
            CallerError::Store(error) => error.into(),
        }
    }
}

impl From<NotReachable> for Failure {
    fn from(error: NotReachable) -> Self {
        match error {
            NotReachable::Removed => ApiError::UserNotFound.into(),
            NotReachable::NotActive => ApiError::UserNotActive.into(),
            NotReachable::EmailNotVerified => ApiError::EmailNotVerified.into(),
        }
    }
}

impl From<Full> for ApiError {
    fn from(Full: Full) -> Self {
        Self::BUSY
    }
}

impl From<TooMany> for Failure {
    fn from(limit: TooMany) -> Self {
        ApiError::TooManyRequests { retry_after: limit.retry_after }.into()
    }
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Invalid => ApiError::CodeInvalid.into(),
            CodeError::TooMany(limit) => limit.into(),
            CodeError::Store(error) => error.into(),
        }
    }
}

impl From<ResendError> for Failure {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::Code(error) => error.into(),
            ResendError::TooMany(limit) => {
                ApiError::TooManyLinks { retry_after: limit.retry_after }.into()
            }
            ResendError::Store(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for Failure {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Caller(error) => error.into(),
            PasskeyError::UserNotFound => ApiError::UserNotFound.into(),
            PasskeyError::NotReachable(why) => why.into(),
            PasskeyError::Code(error) => error.into(),
            PasskeyError::NoBearer => ApiError::AuthMissing.into(),
            PasskeyError::NotFound => ApiError::PasskeyNotFound.into(),
            PasskeyError::NotVerified => ApiError::ValidateFailed.into(),
            PasskeyError::Exists => ApiError::PasskeyExists.into(),
            PasskeyError::TooMany => ApiError::TooManyPasskeys.into(),
            PasskeyError::HandleTaken => Self::because(ApiError::Internal, error),
            PasskeyError::Name(why) => ApiError::invalid("name", why).into(),
            PasskeyError::Domain => {
                ApiError::invalid("domain", "must be a host where passkeys are registered").into()
            }
            PasskeyError::Ceremony(cause) => Self::because(ApiError::Internal, cause),
            PasskeyError::Store(error) => error.into(),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Caller(error) => error.into(),
            SessionError::NotFound => ApiError::SessionNotFound.into(),
            SessionError::UserNotFound => ApiError::UserNotFound.into(),
            SessionError::NotReachable(why) => why.into(),
            SessionError::OtherUser => {
                let why = "must be the user that the session has, or be left out";
                ApiError::invalid("checks.user", why).into()
            }
            SessionError::NotVerified => ApiError::ValidateFailed.into(),
            SessionError::Domain => {
                let why = "must be a host where passkeys sign in, without scheme and port";
                ApiError::invalid("challenges.web_auth_n.domain", why).into()
            }
            SessionError::Lifetime => ApiError::invalid("lifetime", error).into(),
            SessionError::Metadata(why) => ApiError::invalid("metadata", why).into(),
            SessionError::UserAgent(why) => ApiError::invalid("user_agent", why).into(),
            SessionError::Ceremony(cause) => Self::because(ApiError::Internal, cause),
            SessionError::Store(error) => error.into(),
        }
    }
}

impl From<UserLinkError> for Failure {
    fn from(error: UserLinkError) -> Self {
        match error {
            UserLinkError::Caller(error) => error.into(),
            UserLinkError::UserNotFound => ApiError::UserNotFound.into(),
            UserLinkError::NotReachable(why) => why.into(),
            UserLinkError::TokenEnded => ApiError::AuthInvalid.into(),
            UserLinkError::NotOffered => ApiError::Unimplemented.into(),
            // The answer has one text for all that is wrong with a template.
            UserLinkError::UrlTemplate(why) => Self::because(ApiError::UrlTemplate, why),
            UserLinkError::TooMany(limit) => {
                ApiError::TooManyLinks { retry_after: limit.retry_after }.into()
            }
            UserLinkError::Store(error) => error.into(),
        }
    }
}
