//! Bearer tokens, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{Token, TokenHash, TokenId, UserId};

use crate::ports::StoreError;

#[async_trait]
pub trait Tokens {
    /// Adds a token, of which only the hash is kept.
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError>;
    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError>;
    async fn token(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError>;
    /// The user's tokens, by id.
    async fn tokens_of(&mut self, user: &UserId) -> Result<Vec<Token>, StoreError>;
    async fn delete_tokens_of(&mut self, user: &UserId) -> Result<(), StoreError>;
    /// Revokes a token and returns it as it then is; one that was revoked stays as it was.
    async fn revoke_token(
        &mut self,
        id: &TokenId,
        at: Timestamp,
    ) -> Result<Option<Token>, StoreError>;
}
