//! Passkeys, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{Passkey, PasskeyId, UserId};

use crate::ports::StoreError;

#[async_trait]
pub trait Passkeys {
    /// The user's passkeys that are not removed, the oldest first.
    async fn passkeys_of(&mut self, user: &UserId) -> Result<Vec<Passkey>, StoreError>;
    /// Up to `limit` passkeys that are not removed, of the user or of all, by id, after `after`.
    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> Result<Vec<Passkey>, StoreError>;
    /// Whether the user has a passkey, or had one that was removed.
    async fn had_passkeys(&mut self, user: &UserId) -> Result<bool, StoreError>;
    /// The passkey, removed or not.
    async fn passkey(&mut self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError>;
    /// Adds a passkey; `false` when its credential is registered already, for any user.
    async fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool, StoreError>;
    /// Removes a passkey; `false` when it is not there or removed already.
    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> Result<bool, StoreError>;
    /// Deletes all that the user has of passkeys: those that were removed, ceremonies and the
    /// user's handle as well.
    async fn delete_passkeys_of(&mut self, user: &UserId) -> Result<(), StoreError>;
}
