//! Why a link was not made, listed or revoked.

use passlink_domain::{LinkState, NotReachable, TooManyLinks};

use crate::{callers::CallerError, links::LinkTemplateError, ports::StoreError};

/// Why a link for a user was not made.
#[derive(Debug, thiserror::Error)]
pub enum UserLinkError {
    /// The token that asks speaks for nobody, or may not do this.
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error("the user does not exist")]
    UserNotFound,
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// The token that asks was revoked a moment ago, or has expired.
    #[error("the token does not hold any more")]
    TokenEnded,
    #[error("links are not returned to callers")]
    NotOffered,
    #[error("the URL template {0}")]
    UrlTemplate(#[from] LinkTemplateError),
    /// A link was sent a moment ago, or too many were in the last hour.
    #[error(transparent)]
    TooMany(#[from] TooManyLinks),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a link was not revoked or listed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("there is no user with this id; `passlink user list` shows them")]
    UserNotFound,
    #[error("there is no link with this id; `passlink link list` shows them")]
    NotFound,
    #[error("the link has ended already: it is {0:?}")]
    Ended(LinkState),
    #[error(transparent)]
    Store(#[from] StoreError),
}
