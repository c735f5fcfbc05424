//! Adding and showing users.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use passlink_domain::{
    ChangeRefused, EmailAddress, EventKind, OrganisationId, Sequence, Text, User, UserEmail,
    UserEvent, UserHandle, UserId, UserState,
};

use crate::{
    ids::new_id,
    ports::{Clock, Random, Repositories, Store, StoreError},
};

/// What a new user is given. What is left out is derived from the address.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user's id; a new UUIDv7 when left out.
    pub id: Option<UserId>,
    /// Who the user belongs to.
    pub organisation: OrganisationId,
    /// Where mail goes.
    pub email: EmailAddress,
    /// Whether the address is known to be the user's.
    pub email_verified: bool,
    /// What the user signs in as; the address when left out.
    pub username: Option<Text>,
    /// What the user is called; the username when left out.
    pub display_name: Option<Text>,
    /// The language for mails and pages, a BCP 47 tag, if it is known.
    pub language: Option<String>,
}

impl NewUser {
    /// The user as it will be, with the first change in the history.
    pub(crate) fn into_user(self, now: Timestamp, random: &dyn Random) -> Result<User, UserError> {
        let id = match self.id {
            Some(id) => id,
            None => new_id(now, random)?,
        };
        let username = match self.username {
            Some(username) => username,
            None => Text::parse(self.email.as_str()).map_err(|_| UserError::Username)?,
        };
        Ok(User {
            id,
            organisation: self.organisation,
            display_name: self.display_name.unwrap_or_else(|| username.clone()),
            username,
            language: self.language,
            email: Some(UserEmail { address: self.email, verified: self.email_verified }),
            state: UserState::Active,
            sequence: Sequence::NONE.next(),
        })
    }
}

/// Why a user was not added, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// There is no such user.
    #[error("there is no user with this id; `passlink user list` shows them")]
    NotFound,
    /// The id is taken.
    #[error("there is a user with the id {0} already, or was one")]
    IdTaken(UserId),
    /// The address belongs to another user of the organisation, unless that has just changed.
    #[error("the address belongs to another user of the organisation{}", Named(.0))]
    EmailTaken(Option<UserId>),
    /// The handle names another user.
    #[error("the handle names another user to authenticators")]
    HandleTaken,
    /// The address is longer than a username may be.
    #[error("the address is too long to be the username; give one")]
    Username,
    /// The user can't be changed so.
    #[error(transparent)]
    Refused(#[from] ChangeRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Named<'u>(&'u Option<UserId>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |user| write!(f, ", {user}"))
    }
}

/// What can be done with users.
pub struct UserUseCases {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl UserUseCases {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, clock, random }
    }

    /// Adds a user; the first change in the user's history.
    pub async fn add(&self, new: NewUser) -> Result<User, UserError> {
        self.add_with_handle(new, None).await
    }

    /// Adds a user, whom authenticators know already by `handle`, if it is given.
    pub async fn add_with_handle(
        &self,
        new: NewUser,
        handle: Option<UserHandle>,
    ) -> Result<User, UserError> {
        let now = self.clock.now();
        let user = new.into_user(now, &*self.random)?;
        self.store
            .write((user.clone(), handle), move |(user, handle), tx| {
                Box::pin(async move {
                    if !tx.add_user(user, now).await? {
                        return Err(taken(user, tx).await?);
                    }
                    if let Some(handle) = handle
                        && !tx.set_handle(&user.id, handle).await?
                    {
                        return Err(UserError::HandleTaken);
                    }
                    tx.record(&UserEvent {
                        user: user.id.clone(),
                        sequence: user.sequence,
                        kind: EventKind::UserAdded,
                        at: now,
                    })
                    .await?;
                    Ok(())
                })
            })
            .await?;
        Ok(user)
    }

    /// The user.
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

/// What stood in a new user's way.
async fn taken(user: &User, tx: &mut dyn Repositories) -> Result<UserError, StoreError> {
    match tx.user(&user.id).await? {
        Some(_) => Ok(UserError::IdTaken(user.id.clone())),
        None => email_taken(user, tx).await,
    }
}

/// Whose address it is that the user can't have.
pub(crate) async fn email_taken(
    user: &User,
    tx: &mut dyn Repositories,
) -> Result<UserError, StoreError> {
    let Some(email) = &user.email else { return Ok(UserError::EmailTaken(None)) };
    Ok(UserError::EmailTaken(tx.owner_of(&user.organisation, &email.address).await?))
}
