//! What can be done with users, by an operator; here, to show and list them.

use passlink_domain::{User, UserId};

use crate::{
    ports::{Ports, StoreResult},
    users::UserError,
};

/// Adds, lists, changes and removes users, for an operator.
pub struct ManageUsers(pub Ports);

impl ManageUsers {
    pub async fn show(&self, id: UserId) -> Result<User, UserError> {
        let user = self.0.store.read(id, |id, tx| tx.user(id)).await?;
        user.ok_or(UserError::NotFound)
    }

    /// Up to `limit` users who were not removed, by id, after `after`.
    pub async fn list(&self, after: Option<UserId>, limit: u64) -> StoreResult<Vec<User>> {
        self.0.store.read(after, move |after, tx| tx.users_after(after.as_ref(), limit)).await
    }
}
