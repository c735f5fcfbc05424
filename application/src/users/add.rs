//! Adding a user.

use jiff::Timestamp;
use passlink_domain::{
    ALL_ORGANISATIONS, Actor, EmailAddress, EventKind, Identity, LanguageTag, OrganisationId,
    Sequence, Text, User, UserEmail, UserEvent, UserHandle, UserId, UserState,
};

use crate::{
    ids::new_id,
    ports::{Random, Repositories},
    users::{ManageUsers, UserError},
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
        if self.organisation.as_str() == ALL_ORGANISATIONS {
            return Err(UserError::Organisation);
        }
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

/// What others know a new user by.
#[derive(Debug, Clone, Default)]
pub struct KnownAs {
    /// What authenticators know the user by.
    pub handle: Option<UserHandle>,
    /// Who the user is at an issuer of tokens.
    pub identity: Option<Identity>,
}

impl ManageUsers {
    /// Adds a user; the first change in the user's history.
    pub async fn add(&self, new: NewUser) -> Result<User, UserError> {
        self.add_known(new, KnownAs::default()).await
    }

    /// Adds a user whom others know already.
    pub async fn add_known(&self, new: NewUser, known_as: KnownAs) -> Result<User, UserError> {
        let now = self.0.clock.now();
        let user = new.into_user(now, &*self.0.random)?;
        let added = self.0.store.write((user.clone(), known_as), move |(user, known_as), tx| {
            Box::pin(async move {
                record_new(user, Actor::Operator, now, tx).await?;
                if let Some(handle) = &known_as.handle
                    && !tx.set_handle(&user.id, handle).await?
                {
                    return Err(UserError::HandleTaken);
                }
                if let Some(identity) = &known_as.identity
                    && !tx.keep_identity(identity, &user.id, None).await?
                {
                    return Err(UserError::IdentityTaken);
                }
                Ok(())
            })
        });
        added.await?;
        Ok(user)
    }
}

/// Adds the user, with the first change in the history.
pub(crate) async fn record_new(
    user: &User,
    actor: Actor,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<(), UserError> {
    tx.add_user(user, now).await??;
    let kind = EventKind::UserAdded;
    let event = UserEvent { user: user.id.clone(), sequence: user.sequence, kind, actor, at: now };
    Ok(tx.record(&event).await?)
}
