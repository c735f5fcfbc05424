//! Why something was not done with a session.

use passlink_domain::{MetadataError, NotReachable, UserAgentError};

use crate::{
    callers::CallerError,
    ports::{StoreError, WebAuthnError},
};

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The caller may not do this.
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error("there is no such session, or it has ended, or the token is not its own")]
    NotFound,
    /// The user who was named by id is not there.
    #[error("the user does not exist")]
    UserNotFound,
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// Somebody was named before, or has signed in.
    #[error("the session has a user")]
    OtherUser,
    /// The assertion does not sign anybody in, whatever is wrong with it.
    #[error("the WebAuthn answer does not verify")]
    NotVerified,
    #[error("passkeys of this host don't sign in here")]
    Domain,
    #[error("must be more than 0 s and at most 30 days")]
    Lifetime,
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    UserAgent(#[from] UserAgentError),
    #[error("the challenge can't be made")]
    Ceremony(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WebAuthnError> for SessionError {
    fn from(error: WebAuthnError) -> Self {
        match error {
            WebAuthnError::NotVerified(_) => Self::NotVerified,
            WebAuthnError::Broken(cause) => Self::Ceremony(cause),
        }
    }
}
