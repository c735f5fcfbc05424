//! Why something was not done with a passkey.

use passlink_domain::{NotReachable, TextError};

use crate::{
    callers::CallerError,
    codes::CodeError,
    ports::{StoreError, WebAuthnError},
};

#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The token that asks speaks for nobody, or may not do this.
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error("the user does not exist")]
    UserNotFound,
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// The code that was presented, or the link that began the ceremony, does not hold.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The ceremony was begun with a bearer token of the user, and is finished with none.
    #[error("the user's bearer token is missing")]
    NoBearer,
    /// The user has no such passkey, and no such ceremony was begun.
    #[error("there is no passkey with this id; `passlink passkey list` shows them")]
    NotFound,
    #[error("the WebAuthn answer does not verify")]
    NotVerified,
    /// The credential is registered already, for this user or another.
    #[error("the credential is registered already")]
    Exists,
    #[error("the user has as many passkeys as a user may have")]
    TooMany,
    /// The handle that was drawn for the user names another one; another try draws another.
    #[error("the new user handle names another user")]
    HandleTaken,
    #[error(transparent)]
    Name(#[from] TextError),
    #[error("no passkeys are registered under this host")]
    Domain,
    #[error("the registration ceremony can't be begun")]
    Ceremony(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WebAuthnError> for PasskeyError {
    fn from(error: WebAuthnError) -> Self {
        match error {
            WebAuthnError::NotVerified(_) => Self::NotVerified,
            WebAuthnError::Broken(cause) => Self::Ceremony(cause),
        }
    }
}
