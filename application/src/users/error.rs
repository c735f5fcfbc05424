//! Why a user was not added, shown or changed.

use passlink_domain::{ChangeRefused, UserId};

use crate::ports::{StoreError, Taken};

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no user with this id; `passlink user list` shows them")]
    NotFound,
    #[error("there is a user with the id {0} already, or was one")]
    IdTaken(UserId),
    #[error("the address belongs to another user of the organisation, {0}")]
    EmailTaken(UserId),
    #[error("the username belongs to another user of the organisation, {0}; give another")]
    UsernameTaken(UserId),
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

impl From<Taken> for UserError {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::Id(user) => Self::IdTaken(user),
            Taken::Email(user) => Self::EmailTaken(user),
            Taken::Username(user) => Self::UsernameTaken(user),
        }
    }
}
