//! Who calls.

use async_trait::async_trait;
use passlink_domain::BearerToken;

use crate::{callers::Caller, ports::StoreError};

#[async_trait]
pub trait Identity: Send + Sync {
    /// Who the token speaks for. Errors: [`AuthenticateError::Invalid`] for a token that doesn't hold.
    async fn caller(&self, token: &BearerToken) -> Result<Caller, AuthenticateError>;
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
