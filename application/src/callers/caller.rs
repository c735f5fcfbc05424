//! Where a bearer token becomes a caller.

use passlink_domain::{BearerToken, Text, TokenId, UserId};

use crate::{callers::ManageTokens, ports::StoreError};

/// Who calls, as a bearer token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub token_name: Option<Text>,
    /// The token; none where an operator acts for the user.
    pub token: Option<TokenId>,
}

/// Why a bearer token does not speak for anybody.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown, malformed, expired or revoked.
    #[error("the token does not hold")]
    Invalid,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ManageTokens {
    /// Who the token speaks for.
    ///
    /// Errors: [`AuthenticateError::Invalid`] for a token that doesn't hold.
    pub async fn caller(&self, token: &BearerToken) -> Result<Caller, AuthenticateError> {
        let stored = self.0.store.read(token.hash(), |hash, tx| tx.token_by_hash(hash)).await?;
        match stored {
            Some(stored) if stored.holds_at(self.0.clock.now()) => {
                let (token_name, token) = (stored.name, Some(stored.id));
                Ok(Caller { user: stored.user, token_name, token })
            }
            _ => Err(AuthenticateError::Invalid),
        }
    }
}
