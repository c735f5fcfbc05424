//! Whom a token would speak for, for an operator who wonders.

use jiff::Timestamp;
use passlink_domain::{
    BearerToken, Holder, Identity, OrganisationId, Permissions, Reach, User, UserId,
};

use super::{CallerError, Callers, Claims, Profile, SpeaksFor};
use crate::users::UserError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    pub speaks_for: Inspection,
    pub permissions: Permissions,
    /// The organisation whose users a person's token can be about, where it is about one.
    pub organisation: Option<OrganisationId>,
    /// Who it is at another issuer, if one made the token.
    pub identity: Option<Identity>,
    pub authenticated: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// This user, however the user stands.
    User(Box<User>),
    Service(Holder),
    /// Somebody who is no user yet, and would become one by a call.
    Newcomer,
}

impl Callers {
    /// Looks at a token as a call would, and adds and changes nothing.
    pub async fn inspect(&self, token: &BearerToken) -> Result<Inspected, CallerError> {
        if token.is_ours() {
            let (caller, _) = self.holder(token).await?;
            return Ok(Inspected {
                speaks_for: match caller.holder {
                    Holder::Person(user) => {
                        let user = self.found(user, None).await?;
                        Inspection::User(user.ok_or(super::provision::UNKNOWN)?)
                    }
                    service => Inspection::Service(service),
                },
                permissions: caller.permissions,
                organisation: caller.organisation,
                identity: None,
                authenticated: caller.authenticated,
            });
        }
        let claims = self.claims(token, &|| true).await?;
        let known = self.known(&claims.identity).await?.map(|known| known.user);
        let (speaks_for, permissions) = match claims.speaks_for {
            SpeaksFor::Service { ref name, ref permissions } => {
                let reach = Reach::Organisation(claims.organisation.clone());
                let name = name.clone();
                (Inspection::Service(Holder::Service { name, reach }), permissions.clone())
            }
            SpeaksFor::Person { ref user, ref profile } => {
                let contradicts = known.is_some() && user.is_some() && known != *user;
                let found = match user.clone().or(known) {
                    Some(_) if contradicts => return Err(super::provision::ANOTHER_USER),
                    Some(user) => self.found(user, Some(&claims.organisation)).await?,
                    None => None,
                };
                let speaks_for = match (found, profile) {
                    (Some(user), _) => Inspection::User(user),
                    (None, Some(profile)) => {
                        let (id, profile) = (user.clone(), profile.clone());
                        self.check_newcomer(token, &claims, id, profile).await?;
                        Inspection::Newcomer
                    }
                    (None, None) => return Err(super::provision::UNKNOWN),
                };
                (speaks_for, Permissions::default())
            }
        };
        Ok(Inspected {
            speaks_for,
            permissions,
            organisation: Some(claims.organisation),
            identity: Some(claims.identity),
            authenticated: claims.authenticated,
        })
    }

    /// The user, who must be of that organisation if one is named.
    async fn found(
        &self,
        user: UserId,
        organisation: Option<&OrganisationId>,
    ) -> Result<Option<Box<User>>, CallerError> {
        let user = self.ports.store.read(user, |user, tx| tx.user(user)).await?;
        match (user, organisation) {
            (Some(user), Some(organisation)) if user.organisation != *organisation => {
                Err(super::provision::ANOTHER_ORGANISATION)
            }
            (user, _) => Ok(user.map(Box::new)),
        }
    }

    /// Checks that somebody unknown would become a user, as far as that can be seen without adding one.
    async fn check_newcomer(
        &self,
        token: &BearerToken,
        claims: &Claims,
        id: Option<UserId>,
        profile: Profile,
    ) -> Result<(), CallerError> {
        let profile = self.filled(token, claims, profile).await?;
        let newcomer = super::provision::newcomer(claims, id, &profile, &self.ports)?;
        let taken = self.ports.store.read(newcomer, |user, tx| tx.taken(user)).await?;
        taken.map_or(Ok(()), |taken| Err(UserError::from(taken).into()))
    }
}
