//! Showing and listing users.

use passlink_domain::{User, UserId};

use crate::{
    ports::StoreError,
    users::{ManageUsers, UserError},
};

impl ManageUsers {
    pub async fn show(&self, id: UserId) -> Result<User, UserError> {
        self.store
            .read(id, |id, tx| {
                Box::pin(async move { tx.user(id).await?.ok_or(UserError::NotFound) })
            })
            .await
    }

    /// Up to `limit` users who were not removed, by id, after `after`.
    pub async fn list(&self, after: Option<UserId>, limit: u64) -> Result<Vec<User>, StoreError> {
        self.store
            .read(after, move |after, tx| Box::pin(tx.users_after(after.as_ref(), limit)))
            .await
    }
}
