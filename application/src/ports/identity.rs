//! Issuers of tokens other than Passlink: identity providers.

use async_trait::async_trait;
use passlink_domain::{BearerToken, Organisations};

use crate::callers::{Claims, Profile};

/// The issuers whose access tokens are taken.
#[async_trait]
pub trait Identities: Send + Sync {
    /// What an access token says. It is verified: its issuer made it, for this service, and it holds now.
    /// Issuers who speak for none of the organisations `within` are unknown, and are asked nothing.
    /// `may_ask` is called right before the issuer is asked because of a token that was not seen before, and
    /// says whether it may be.
    async fn verify(
        &self,
        token: &BearerToken,
        within: &Organisations,
        may_ask: MayAsk<'_>,
    ) -> Result<Claims, IdentityError>;
    /// What the issuer says of the person at its UserInfo endpoint (OpenID Connect Core 1.0, section 5.3).
    async fn user_info(
        &self,
        token: &BearerToken,
        claims: &Claims,
    ) -> Result<Profile, IdentityError>;
}

/// Whether an issuer may be asked for a caller.
pub type MayAsk<'c> = &'c (dyn Fn() -> bool + Send + Sync);

/// Why nothing is known by a token.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The token does not hold. The reason is for an operator, and holds nothing of the token.
    #[error("{0}")]
    Refused(String),
    /// The issuer is needed, and does not answer as it should.
    #[error("the issuer does not answer as it should: {0}")]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
}
