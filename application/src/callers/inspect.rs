//! Whom a token would speak for, for an operator who wonders.

use jiff::Timestamp;
use passlink_domain::{
    BearerToken, Holder, Identity, OrganisationId, Permissions, Reach, User, UserId,
};

use super::{CallerError, Callers, SpeaksFor};

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
    /// Somebody who is no user yet, and would become one by a call if the issuer knows a verified address.
    Newcomer,
}

const NO_ID: &str = "there is no user with the id that it names";
const NO_SUCH_USER: CallerError = CallerError::NoUser(NO_ID);

impl Callers {
    /// Looks at a token as a call would, and adds and changes nothing.
    pub async fn inspect(&self, token: &BearerToken) -> Result<Inspected, CallerError> {
        if token.is_ours() {
            let (caller, _) = self.holder(token).await?;
            return Ok(Inspected {
                speaks_for: match caller.holder {
                    Holder::Person(user) => Inspection::User(self.found(user, None).await?),
                    service => Inspection::Service(service),
                },
                permissions: caller.permissions,
                organisation: caller.organisation,
                identity: None,
                authenticated: None,
            });
        }
        let claims = self.identities.verify(token, &|| true).await?;
        let known = self.known(&claims.identity).await?.map(|known| known.user);
        let (speaks_for, permissions) = match claims.speaks_for {
            SpeaksFor::Service { name, permissions } => {
                let reach = Reach::Organisation(claims.organisation.clone());
                (Inspection::Service(Holder::Service { name, reach }), permissions)
            }
            SpeaksFor::Person { user, profile } => {
                let contradicts = known.is_some() && user.is_some() && known != user;
                let speaks_for = match user.or(known) {
                    Some(_) if contradicts => return Err(super::provision::ANOTHER_USER),
                    Some(user) => match self.found(user, Some(&claims.organisation)).await {
                        Err(CallerError::NoUser(why)) if why == NO_ID && profile.is_some() => {
                            Inspection::Newcomer
                        }
                        found => Inspection::User(found?),
                    },
                    None if profile.is_some() => Inspection::Newcomer,
                    None => return Err(super::provision::UNKNOWN),
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

    /// The user, of that organisation if one is named.
    async fn found(
        &self,
        user: UserId,
        organisation: Option<&OrganisationId>,
    ) -> Result<Box<User>, CallerError> {
        let user = self.ports.store.read(user, |user, tx| tx.user(user)).await?;
        let user = user.ok_or(NO_SUCH_USER)?;
        match organisation {
            Some(organisation) if user.organisation != *organisation => {
                Err(super::provision::ANOTHER_ORGANISATION)
            }
            _ => Ok(Box::new(user)),
        }
    }
}
