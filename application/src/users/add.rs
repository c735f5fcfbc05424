//! Adding a user.

use jiff::Timestamp;
use passlink_domain::{
    EmailAddress, EventKind, LanguageTag, OrganisationId, Sequence, Text, User, UserEmail,
    UserEvent, UserHandle, UserId, UserState,
};

use crate::{
    ids::new_id,
    ports::{Random, Repositories, StoreResult},
    users::{ManageUsers, UserError, error::email_taken},
};

/// What a new user is given. What is left out is derived from the address.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user's id; a new UUIDv7 when left out.
    pub id: Option<UserId>,
    pub organisation: OrganisationId,
    pub email: EmailAddress,
    pub email_verified: bool,
    /// What the user signs in as; the address when left out.
    pub username: Option<Text>,
    /// What the user is called; the username when left out.
    pub display_name: Option<Text>,
    pub language: Option<LanguageTag>,
}

impl NewUser {
    /// The user as it will be, with the first change in the history.
    pub(crate) fn into_user(self, now: Timestamp, random: &dyn Random) -> Result<User, UserError> {
        let username = match self.username {
            Some(username) => username,
            None => Text::parse(self.email.as_str()).map_err(|_| UserError::Username)?,
        };
        Ok(User {
            id: self.id.unwrap_or_else(|| new_id(now, random)),
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

impl ManageUsers {
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
        let now = self.0.clock.now();
        let user = new.into_user(now, &*self.0.random)?;
        let added = self.0.store.write((user.clone(), handle), move |(user, handle), tx| {
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
        });
        added.await?;
        Ok(user)
    }
}

/// What stood in a new user's way.
async fn taken(user: &User, tx: &mut dyn Repositories) -> StoreResult<UserError> {
    match tx.user(&user.id).await? {
        Some(_) => Ok(UserError::IdTaken(user.id.clone())),
        None => email_taken(user, tx).await,
    }
}
