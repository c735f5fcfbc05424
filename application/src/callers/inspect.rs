//! Whom a token would speak for, for an operator who wonders.

use jiff::Timestamp;
use passlink_domain::{BearerToken, Holder, Identity, OrganisationId, Permissions, Reach};

use super::{CallerError, Callers, SpeaksFor};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// None where the person is no user yet.
    pub holder: Option<Holder>,
    /// Whether the person would become a user by a call.
    pub would_be_added: bool,
    pub permissions: Permissions,
    /// The organisation whose users a person's token can be about, where it is about one.
    pub organisation: Option<OrganisationId>,
    /// Who it is at another issuer, if one made the token.
    pub identity: Option<Identity>,
    pub authenticated: Option<Timestamp>,
}

impl Callers {
    /// Looks at a token as a call would, and adds and changes nothing.
    pub async fn inspect(&self, token: &BearerToken) -> Result<Inspected, CallerError> {
        if token.is_ours() {
            let (caller, _) = self.holder(token).await?;
            return Ok(Inspected {
                holder: Some(caller.holder),
                would_be_added: false,
                permissions: caller.permissions,
                organisation: caller.organisation,
                identity: None,
                authenticated: None,
            });
        }
        let claims = self.identities.verify(token, true).await?;
        let known = self.known(&claims).await?.map(|known| known.user);
        let (holder, would_be_added, permissions) = match claims.speaks_for {
            SpeaksFor::Service { name, permissions } => {
                let reach = Reach::Organisation(claims.organisation.clone());
                (Some(Holder::Service { name, reach }), false, permissions)
            }
            SpeaksFor::Person { user, profile } => {
                let user = user.or(known);
                let would_be_added = user.is_none() && profile.is_some();
                (user.map(Holder::Person), would_be_added, Permissions::default())
            }
        };
        Ok(Inspected {
            holder,
            would_be_added,
            permissions,
            organisation: Some(claims.organisation),
            identity: Some(claims.identity),
            authenticated: claims.authenticated,
        })
    }
}
