//! Users, their history and their tokens, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{
    Identity, LoginName, Organisations, Sequence, Text, Token, TokenHash, TokenId, User, UserEvent,
    UserHandle, UserId,
};

use crate::ports::StoreResult;

/// What a user can't have, as this other user has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// By a user who is there, or was.
    Id(UserId),
    Email(UserId),
    Username(UserId),
}

#[async_trait]
pub trait Users {
    /// The user; within a writing transaction, nobody else changes the user before it ends.
    async fn user_for_update(&mut self, id: &UserId) -> StoreResult<Option<User>>;
    async fn user(&mut self, id: &UserId) -> StoreResult<Option<User>>;
    /// Those of these users that there are, in any order.
    async fn some_users(&mut self, ids: &[UserId]) -> StoreResult<Vec<User>>;
    /// Up to `limit` users who were not removed, whose id is greater than `after`, by id.
    async fn users_after(&mut self, after: Option<&UserId>, limit: u64) -> StoreResult<Vec<User>>;
    /// Who can sign in by this name: the users of these organisations whose username or verified address
    /// it is, in any order. Two at the most: what fits two signs nobody in.
    async fn users_named(
        &mut self,
        name: &LoginName,
        organisations: &Organisations,
    ) -> StoreResult<Vec<UserId>>;
    /// What of address and username another user of the organisation has; of both, the address.
    async fn taken(&mut self, user: &User) -> StoreResult<Option<Taken>>;
    /// Adds a user, or says what is taken.
    async fn add_user(&mut self, user: &User, at: Timestamp) -> StoreResult<Result<(), Taken>>;
    /// Changes all of a user but id, organisation and sequence, or says what is taken. Who had the address
    /// or the username before keeps it, whoever else has it.
    async fn change_user(&mut self, user: &User) -> StoreResult<Result<(), Taken>>;
    /// What names the user to authenticators, once it was needed.
    async fn handle_of(&mut self, user: &UserId) -> StoreResult<Option<UserHandle>>;
    /// Sets what names the user to authenticators; `false` when it names another user.
    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> StoreResult<bool>;
}

#[async_trait]
pub trait History {
    /// Records a change and makes its number the user's sequence.
    async fn record(&mut self, event: &UserEvent) -> StoreResult<()>;
    /// When a change was recorded.
    ///
    /// Errors: [`StoreError::Broken`](crate::ports::StoreError::Broken) as well when it was not.
    async fn recorded_at(&mut self, user: &UserId, sequence: Sequence) -> StoreResult<Timestamp>;
}

#[async_trait]
pub trait Tokens {
    /// Adds a token, of which only the hash is kept.
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> StoreResult<()>;
    async fn token_by_hash(&mut self, hash: &TokenHash) -> StoreResult<Option<Token>>;
    async fn token(&mut self, id: &TokenId) -> StoreResult<Option<Token>>;
    /// The token, which nobody revokes before the transaction ends.
    async fn token_for_share(&mut self, id: &TokenId) -> StoreResult<Option<Token>>;
    /// The user's tokens, by id.
    async fn tokens_of(&mut self, user: &UserId) -> StoreResult<Vec<Token>>;
    /// The tokens of the services with this name, by id.
    async fn tokens_of_service(&mut self, name: &Text) -> StoreResult<Vec<Token>>;
    async fn note_use(&mut self, id: &TokenId, at: Timestamp) -> StoreResult<()>;
    async fn delete_tokens_of(&mut self, user: &UserId) -> StoreResult<()>;
    /// Revokes a token and returns it as it then is; one that was revoked stays as it was.
    async fn revoke_token(&mut self, id: &TokenId, at: Timestamp) -> StoreResult<Option<Token>>;
}

/// A person at another issuer who is a user here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIdentity {
    pub user: UserId,
    /// When the token was issued that the user was last changed by, if one was.
    pub claims_of: Option<Timestamp>,
}

#[async_trait]
pub trait KnownIdentities {
    async fn identity(&mut self, identity: &Identity) -> StoreResult<Option<KnownIdentity>>;
    /// Makes the identity the user's, or notes the token that the user was changed by; `false` when the
    /// identity is another user's.
    async fn keep_identity(
        &mut self,
        identity: &Identity,
        user: &UserId,
        claims_of: Option<Timestamp>,
    ) -> StoreResult<bool>;
    /// Erases what the user is called elsewhere. That the identities are this user's is kept: nobody
    /// else becomes a user by them.
    async fn erase_identities_of(&mut self, user: &UserId) -> StoreResult<()>;
}
