//! What can go wrong, one enum a need, without a word of transport.

use passlink_domain::{KeyId, NotReachable, TextError, TooManyLinks};

use crate::{CodeError, LinkTemplateError, MailReason};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is locked for too long, or is full. Trying again may help.
    #[error("the database is out of reach")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// New codes would be derived from a key that was retired at once.
    #[error(
        "the key {0} was retired, and no newer one is loaded: add one with `passlink key add`, or copy \
         the key file of another node, and restart the server"
    )]
    KeyRetired(KeyId),
    /// Anything else: a row that makes no sense, a statement that is wrong.
    #[error("the database did not do as expected")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a link for a user was not made.
#[derive(Debug, thiserror::Error)]
pub enum UserLinkError {
    /// There is no such user.
    #[error("the user does not exist")]
    UserNotFound,
    /// The user can't have a link now.
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// The token that asks was revoked a moment ago, or has expired.
    #[error("the token does not hold any more")]
    TokenEnded,
    /// Links are not returned to callers here.
    #[error("links are not returned to callers")]
    NotOffered,
    /// The link can't lead where its template says.
    #[error("the URL template {0}")]
    UrlTemplate(#[from] LinkTemplateError),
    /// A link was sent a moment ago, or too many were in the last hour.
    #[error(transparent)]
    TooMany(#[from] TooManyLinks),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a bearer token does not speak for anybody.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown, malformed, expired or revoked.
    #[error("the token does not hold")]
    Invalid,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a mail was not handed over. The text is the other side's answer, fit for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Refused for good; the same mail will not be taken later either.
    #[error("refused: {1}")]
    Refused(MailReason, String),
    /// Not taken now; a later try may work.
    #[error("not taken now: {1}")]
    Unavailable(MailReason, String),
    /// Not taken now: the other side asks for fewer mails to this domain.
    #[error("not taken now: {1}")]
    Busy(MailReason, String),
    /// Nothing is taken now, whatever the mail: there is no connection, no TLS, no sign-in, no room, or
    /// the other side is too busy.
    #[error("not taken now: {1}")]
    Down(MailReason, String),
    /// It may have been taken: all of it was sent, and no answer came that can be understood.
    #[error("neither refused nor clearly taken, so that it may arrive: {0}")]
    Unclear(String),
}

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
    /// The name can't be one.
    #[error(transparent)]
    Name(#[from] TextError),
    /// Passkeys are registered under other hosts here.
    #[error("no passkeys are registered under this host")]
    Domain,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a ceremony was not begun or its answer not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WebAuthnError {
    /// The answer does not verify.
    #[error("the WebAuthn answer does not verify")]
    NotVerified(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The ceremony could not be begun, or its state not be read.
    #[error("the ceremony is broken")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<WebAuthnError> for PasskeyError {
    fn from(error: WebAuthnError) -> Self {
        match error {
            WebAuthnError::NotVerified(cause) => {
                tracing::info!(cause, "a WebAuthn answer does not verify");
                Self::NotVerified
            }
            WebAuthnError::Broken(cause) => StoreError::Broken(cause).into(),
        }
    }
}
