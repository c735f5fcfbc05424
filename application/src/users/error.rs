//! Why a user was not added, shown or changed.

use passlink_domain::{ChangeRefused, User, UserId};

use crate::ports::{Repositories, StoreError, StoreResult};

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no user with this id; `passlink user list` shows them")]
    NotFound,
    #[error("there is a user with the id {0} already, or was one")]
    IdTaken(UserId),
    /// The address belongs to another user of the organisation, unless that has just changed.
    #[error("the address belongs to another user of the organisation{}", named(.0))]
    EmailTaken(Option<UserId>),
    #[error("the handle names another user to authenticators")]
    HandleTaken,
    #[error("the issuer's subject is another user, or was one who is removed")]
    IdentityTaken,
    #[error("the address is too long to be the username; give one")]
    Username,
    #[error("* stands for all organisations, and is the id of none")]
    Organisation,
    #[error(transparent)]
    Refused(#[from] ChangeRefused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn named(user: &Option<UserId>) -> String {
    user.as_ref().map(|user| format!(", {user}")).unwrap_or_default()
}

/// Whose address it is that the user can't have.
pub(crate) async fn email_taken(user: &User, tx: &mut dyn Repositories) -> StoreResult<UserError> {
    let Some(email) = &user.email else { return Ok(UserError::EmailTaken(None)) };
    Ok(UserError::EmailTaken(tx.owner_of(&user.organisation, &email.address).await?))
}
