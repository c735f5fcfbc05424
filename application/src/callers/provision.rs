//! From a person at another issuer to a user here, who is added and changed as that issuer says.

use passlink_domain::{Actor, BearerToken, Changed, Identity, Text, User, UserId, UserState};

use super::{CallerError, Callers, Claims, Profile, SpeaksFor};
use crate::{
    ports::{IdentityError, KnownIdentity, Ports, Repositories, Taken},
    users::{NewUser, UserError, add::record_new, change::record},
};

/// What a newer token is about to change, or to add.
#[derive(Clone)]
struct News {
    claims: Claims,
    user: Option<UserId>,
    profile: Profile,
    ports: Ports,
}

impl Callers {
    /// The user whom a person's token speaks for. Where the issuer's users are taken over, an unknown
    /// person with a verified address becomes one, and a newer token than the last changes what is known.
    pub(super) async fn user(
        &self,
        token: &BearerToken,
        claims: Claims,
    ) -> Result<UserId, CallerError> {
        let SpeaksFor::Person { user, profile } = claims.speaks_for.clone() else {
            return Err(CallerError::NoUser(
                "it speaks for a service, and this method is for persons",
            ));
        };
        let known = match (&profile, user.clone()) {
            (None, Some(user)) => return Ok(user),
            _ => self.known(&claims.identity).await?,
        };
        let known = match (known, &user) {
            (Some(known), Some(user)) if known.user != *user => return Err(ANOTHER_USER),
            (known, _) => known,
        };
        let profile = match (profile, &known) {
            (Some(profile), None) => profile,
            (Some(profile), Some(known)) if claims.issued > known.claims_of => profile,
            (_, Some(known)) => return Ok(known.user.clone()),
            (None, None) => return Err(UNKNOWN),
        };
        let is_unknown = known.is_none();
        let profile = match (self.filled(token, &claims, profile).await, known) {
            // Nothing is lost: the next call asks again.
            (Err(error), Some(known)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "a user is taken as known: UserInfo can't be had");
                return Ok(known.user);
            }
            (filled, _) => filled?,
        };
        let news = News { claims, user, profile, ports: self.ports.clone() };
        let work = |news| self.ports.store.write(news, |news, tx| Box::pin(take_over(news, tx)));
        match work(news.clone()).await {
            // Another call of the same person may have come first, and is seen now.
            Err(CallerError::EmailTaken | CallerError::UsernameTaken | CallerError::NoUser(_))
                if is_unknown =>
            {
                work(news).await
            }
            taken_over => taken_over,
        }
    }

    /// What the token says, with what UserInfo adds where the token lacks something that matters.
    pub(super) async fn filled(
        &self,
        token: &BearerToken,
        claims: &Claims,
        profile: Profile,
    ) -> Result<Profile, CallerError> {
        if !profile.lacks_address() {
            return Ok(profile);
        }
        match self.identities.user_info(token, claims).await {
            Ok(said) => Ok(profile.filled_from(said)),
            // The issuer says nothing more of the person.
            Err(IdentityError::Refused(reason)) => {
                tracing::info!(reason, "UserInfo can't be used");
                Ok(profile)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn known(
        &self,
        identity: &Identity,
    ) -> Result<Option<KnownIdentity>, CallerError> {
        let known = self.ports.store.read(identity.clone(), |identity, tx| tx.identity(identity));
        Ok(known.await?)
    }
}

pub(super) const ANOTHER_USER: CallerError =
    CallerError::NoUser("its issuer and subject belong to another user");
pub(super) const ANOTHER_ORGANISATION: CallerError =
    CallerError::NoUser("it is for users of another organisation");
pub(super) const UNKNOWN: CallerError =
    CallerError::NoUser("nobody here is known by its issuer and subject");

async fn take_over(news: &News, tx: &mut dyn Repositories) -> Result<UserId, CallerError> {
    let (identity, issued) = (&news.claims.identity, news.claims.issued);
    let known = tx.identity(identity).await?;
    let user = match known.as_ref().map(|known| &known.user).or(news.user.as_ref()) {
        Some(user) => tx.user_for_update(user).await?,
        None => None,
    };
    // Another call may have taken over something newer before the user was locked.
    let known = tx.identity(identity).await?;
    let is_news = known.as_ref().is_none_or(|known| issued > known.claims_of);
    let user = match user {
        // Somebody else has taken over what a newer token says.
        Some(user) if !is_news => return Ok(user.id),
        Some(user) if user.organisation != news.claims.organisation => {
            return Err(ANOTHER_ORGANISATION);
        }
        Some(user) if user.state == UserState::Removed => return Ok(user.id),
        Some(user) => {
            if let Some(changed) = changed(&user, &news.profile, tx).await? {
                let actor = Actor::Issuer(identity.issuer.clone());
                record(changed, actor, news.ports.clock.now(), tx).await?;
            }
            user.id
        }
        None => add(news, tx).await?,
    };
    if !tx.keep_identity(identity, &user, issued).await? {
        return Err(ANOTHER_USER);
    }
    Ok(user)
}

/// What is to be different about a user who is known. A username that somebody else has is left as it is:
/// issuers promise nobody that it is unique (OpenID Connect Core 1.0, section 5.1).
async fn changed(
    user: &User,
    profile: &Profile,
    tx: &mut dyn Repositories,
) -> Result<Option<Changed>, CallerError> {
    let mut changes = profile.changes(user);
    let wanted = user.changed(changes.clone()).map_err(UserError::from)?;
    let Some(changed) = &wanted else { return Ok(None) };
    if changed.user.username == user.username
        || !matches!(tx.taken(&changed.user).await?, Some(Taken::Username(_)))
    {
        return Ok(wanted);
    }
    changes.username = Some(user.username.clone());
    Ok(user.changed(changes).map_err(UserError::from)?)
}

async fn add(news: &News, tx: &mut dyn Repositories) -> Result<UserId, CallerError> {
    let mut user = newcomer(&news.claims, news.user.clone(), &news.profile, &news.ports)?;
    // Nobody chose this username: it is the address, which somebody else is called.
    if news.profile.username.is_none()
        && let Some(Taken::Username(_)) = tx.taken(&user).await?
    {
        user.username = Text::parse(user.id.as_str()).map_err(|_| UserError::Username)?;
    }
    let actor = Actor::Issuer(news.claims.identity.issuer.clone());
    record_new(&user, actor, news.ports.clock.now(), tx).await?;
    Ok(user.id)
}

/// The user that somebody unknown becomes, as the issuer says; `id` is the one that it names, if any.
pub(super) fn newcomer(
    claims: &Claims,
    id: Option<UserId>,
    profile: &Profile,
    ports: &Ports,
) -> Result<User, CallerError> {
    let address = profile.email.clone().filter(|_| profile.is_verified());
    let new = NewUser {
        id,
        organisation: claims.organisation.clone(),
        email: address.ok_or(CallerError::EmailNotVerified)?,
        email_verified: true,
        username: profile.username.clone(),
        display_name: profile.display_name.clone(),
        language: profile.language.clone(),
    };
    Ok(new.into_user(ports.clock.now(), &*ports.random)?)
}

impl From<UserError> for CallerError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::EmailTaken(_) => Self::EmailTaken,
            UserError::UsernameTaken(_) => Self::UsernameTaken,
            UserError::Store(error) => Self::Store(error),
            UserError::NotFound
            | UserError::IdTaken(_)
            | UserError::HandleTaken
            | UserError::IdentityTaken
            | UserError::Username
            | UserError::Organisation
            | UserError::Refused(_) => Self::NoUser("what its issuer says makes no user"),
        }
    }
}

#[cfg(test)]
mod tests;
