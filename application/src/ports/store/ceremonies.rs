//! Registration ceremonies, as they are kept.

use async_trait::async_trait;
use passlink_domain::{Ceremony, PasskeyId, UserId};

use crate::ports::StoreError;

#[async_trait]
pub trait Ceremonies {
    /// Adds a ceremony; of the user's others, the newest remain, so that there are at most `most`.
    async fn add_ceremony(&mut self, ceremony: &Ceremony, most: u64) -> Result<(), StoreError>;
    /// The ceremony that makes this passkey.
    async fn ceremony(&mut self, id: &PasskeyId) -> Result<Option<Ceremony>, StoreError>;
    async fn ceremonies_of(&mut self, user: &UserId) -> Result<Vec<Ceremony>, StoreError>;
    /// Ends a ceremony; `false` when it has ended already.
    async fn end_ceremony(&mut self, id: &PasskeyId) -> Result<bool, StoreError>;
}
