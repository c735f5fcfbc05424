//! The history of each user.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{Sequence, UserEvent, UserId};

use crate::ports::StoreError;

#[async_trait]
pub trait History {
    /// Records a change and makes its number the user's sequence.
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError>;
    /// When a change was recorded.
    ///
    /// Errors: [`StoreError::Broken`] as well when it was not.
    async fn recorded_at(
        &mut self,
        user: &UserId,
        sequence: Sequence,
    ) -> Result<Timestamp, StoreError>;
}
