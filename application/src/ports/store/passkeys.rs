//! Passkeys and registration ceremonies, as they are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{Ceremony, CredentialId, Passkey, PasskeyId, Text, UserId};

use crate::ports::StoreResult;

#[async_trait]
pub trait Passkeys {
    /// The user's passkeys that are not removed, the oldest first.
    async fn passkeys_of(&mut self, user: &UserId) -> StoreResult<Vec<Passkey>>;
    /// Up to `limit` passkeys that are not removed, of the user or of all, by id, after `after`.
    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> StoreResult<Vec<Passkey>>;
    /// Whether the user has a passkey, or had one that was removed.
    async fn had_passkeys(&mut self, user: &UserId) -> StoreResult<bool>;
    /// The passkey, removed or not.
    async fn passkey(&mut self, id: &PasskeyId) -> StoreResult<Option<Passkey>>;
    /// The passkey of a credential, unless it was removed.
    async fn passkey_of_credential(&mut self, id: &CredentialId) -> StoreResult<Option<Passkey>>;
    /// Notes that the passkey signed in: what its authenticator said of itself, and when.
    async fn note_sign_in(
        &mut self,
        id: &PasskeyId,
        sign_count: u32,
        backup_state: bool,
        at: Timestamp,
    ) -> StoreResult<()>;
    /// Adds a passkey; `false` when its credential is registered already, for any user.
    async fn add_passkey(&mut self, passkey: &Passkey) -> StoreResult<bool>;
    async fn rename_passkey(&mut self, id: &PasskeyId, name: &Text) -> StoreResult<()>;
    /// Removes a passkey; `false` when it is not there or removed already.
    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> StoreResult<bool>;
    /// Deletes all that the user has of passkeys: those that were removed, ceremonies and the
    /// user's handle as well.
    async fn delete_passkeys_of(&mut self, user: &UserId) -> StoreResult<()>;
}

#[async_trait]
pub trait Ceremonies {
    /// Adds a ceremony; of the user's others, the newest remain, so that there are at most `most`.
    async fn add_ceremony(&mut self, ceremony: &Ceremony, most: u64) -> StoreResult<()>;
    /// The ceremony that makes this passkey.
    async fn ceremony(&mut self, id: &PasskeyId) -> StoreResult<Option<Ceremony>>;
    async fn ceremonies_of(&mut self, user: &UserId) -> StoreResult<Vec<Ceremony>>;
    /// Ends a ceremony; `false` when it has ended already.
    async fn end_ceremony(&mut self, id: &PasskeyId) -> StoreResult<bool>;
}
