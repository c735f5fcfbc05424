//! Users, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{EmailAddress, OrganisationId, User, UserHandle, UserId};

use crate::ports::StoreError;

#[async_trait]
pub trait Users {
    /// The user; within a writing transaction, nobody else changes the user before it ends.
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Up to `limit` users who were not removed, whose id is greater than `after`, by id.
    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError>;
    /// Whose the address is in the organisation.
    async fn owner_of(
        &mut self,
        organisation: &OrganisationId,
        address: &EmailAddress,
    ) -> Result<Option<UserId>, StoreError>;
    /// Adds a user; `false` when the id or the address in the organisation is taken.
    async fn add_user(&mut self, user: &User, at: Timestamp) -> Result<bool, StoreError>;
    /// Changes all of a user but id, organisation and sequence; `false` when the address in the
    /// organisation is taken.
    async fn change_user(&mut self, user: &User) -> Result<bool, StoreError>;
    /// What names the user to authenticators, once it was needed.
    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError>;
    /// Sets what names the user to authenticators; `false` when it names another user.
    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> Result<bool, StoreError>;
}
