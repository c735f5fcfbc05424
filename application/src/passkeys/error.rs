//! Why something was not done with a passkey.

use passlink_domain::{NotReachable, TextError};

use crate::{
    codes::CodeError,
    ports::{StoreError, WebAuthnError},
};

/// Why something was not done with a passkey.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// There is no such user.
    #[error("the user does not exist")]
    UserNotFound,
    /// The user may not act.
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
    /// The authenticator's answer does not verify.
    #[error("the WebAuthn answer does not verify")]
    NotVerified,
    /// The credential is registered already, for this user or another.
    #[error("the credential is registered already")]
    Exists,
    /// The user has as many passkeys as a user may have.
    #[error("the user has as many passkeys as a user may have")]
    TooMany,
    /// The handle that was drawn for the user names another one; another try draws another.
    #[error("the new user handle names another user")]
    HandleTaken,
    /// The name can't be one.
    #[error(transparent)]
    Name(#[from] TextError),
    /// Passkeys are registered under other hosts here.
    #[error("no passkeys are registered under this host")]
    Domain,
    /// The options for the browser can't be made.
    #[error("the registration ceremony can't be begun")]
    Ceremony(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store failed.
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
