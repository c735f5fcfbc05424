//! Where a bearer token becomes a caller, and a caller one who acts for a user.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{
    Actor, BearerToken, Holder, OrganisationId, Organisations, Permission, Permissions, Reach,
    Session, SessionId, Text, Token, TokenHash, TokenId, User, UserId, earlier,
};

use super::{Acting, Claims, SpeaksFor};
use crate::{
    domains::Domain,
    ports::{Identities, IdentityError, MayAsk, Ports, Repositories, StoreError, StoreResult},
};

/// How exact the time is when a service's token was last used.
const LAST_USED_EXACT_TO: Duration = Duration::from_secs(60);

/// Who calls, as a bearer token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub holder: Holder,
    /// What the token permits for users other than its holder.
    pub permissions: Permissions,
    /// The organisation of a person, where it was looked at: the token is about no other.
    pub organisation: Option<OrganisationId>,
    pub token_name: Option<Text>,
    /// The token, if it was made here.
    pub token: Option<TokenId>,
    /// The session, if the token is that of one.
    pub session: Option<SessionId>,
    /// When the person signed in, if the token says so.
    pub authenticated: Option<Timestamp>,
}

/// Why a bearer token speaks for nobody, or not for this.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// Unknown, malformed, expired or revoked; with the reason, which is for an operator.
    #[error("the token does not hold: {0}")]
    Invalid(String),
    /// The sign-in is too old for this, or nobody knows when it was (RFC 9470).
    #[error("the person has to sign in anew; a sign-in holds for {} s", max_age.as_secs())]
    StepUp { max_age: Duration },
    #[error("the token lacks the permission to do this for this user")]
    Denied,
    /// The token's person is no user, or the caller is a service where only persons are served.
    #[error("the token speaks for no user: {0}")]
    NoUser(&'static str),
    /// The issuer says of no address that it is the person's, so that no user was added.
    #[error("the issuer knows no verified e-mail address of the person")]
    EmailNotVerified,
    #[error("the person's e-mail address belongs to another user of the organisation")]
    EmailTaken,
    #[error("the person's username belongs to another user of the organisation")]
    UsernameTaken,
    /// The issuer is needed, and can't be asked.
    #[error("the issuer of the token does not answer as it should: {0}")]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn invalid(why: &str) -> CallerError {
    CallerError::Invalid(why.to_owned())
}

impl From<IdentityError> for CallerError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(reason) => Self::Invalid(reason),
            IdentityError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

/// Says who calls, and for whom they may act.
#[derive(Clone)]
pub struct Callers {
    pub ports: Ports,
    pub identities: Arc<dyn Identities>,
    /// Where they call: the tokens of those whom this domain does not serve are unknown here.
    pub domain: Arc<Domain>,
    /// How long ago a person may have signed in to change links and passkeys; for ever if none.
    pub max_auth_age: Option<Duration>,
}

impl Callers {
    /// Who presents the token. `may_ask` is as [`Identities::verify`] has it.
    pub async fn caller(
        &self,
        token: &BearerToken,
        may_ask: MayAsk<'_>,
    ) -> Result<Caller, CallerError> {
        if token.is_ours() {
            let (caller, token) = self.holder(token).await?;
            if let Some(token) = token {
                self.note_use(&token).await;
            }
            return Ok(caller);
        }
        let claims = self.claims(token, may_ask).await?;
        self.foreigner(token, claims).await
    }

    /// The caller as one who acts for the user, or for themselves where none is named.
    ///
    /// Errors: [`CallerError::NoUser`], [`CallerError::Denied`], [`CallerError::StepUp`].
    pub fn acting(
        &self,
        caller: Caller,
        user: Option<&UserId>,
        permission: Permission,
    ) -> Result<Acting, CallerError> {
        let within = caller.organisation.map(Organisations::One);
        let (user, actor, within) = match (caller.holder, user) {
            (Holder::Person(own), None) => (own.clone(), Actor::Person(own), within),
            (Holder::Person(own), Some(user)) if own == *user => {
                (own.clone(), Actor::Person(own), within)
            }
            (Holder::Service { .. }, None) => {
                return Err(CallerError::NoUser(
                    "it speaks for a service, and this method is for persons",
                ));
            }
            (_, Some(_)) if !caller.permissions.has(permission) => return Err(CallerError::Denied),
            (Holder::Person(own), Some(user)) => {
                // Without an organisation of their own, their permissions reach nobody.
                let within = within.ok_or(CallerError::Denied)?;
                (user.clone(), Actor::Person(own), Some(within))
            }
            (Holder::Service { name, reach }, Some(user)) => {
                let within = match reach {
                    Reach::Organisation(organisation) => Organisations::One(organisation),
                    Reach::All => self.domain.organisations.clone(),
                };
                (user.clone(), Actor::Service(name), Some(within))
            }
        };
        if permission == Permission::PasskeyWrite
            && let Some(max_age) = self.max_auth_age
            && matches!(actor, Actor::Person(_))
        {
            let oldest = earlier(self.ports.clock.now(), max_age);
            if caller.authenticated.is_none_or(|at| at < oldest) {
                return Err(CallerError::StepUp { max_age });
            }
        }
        let token_name = match &actor {
            Actor::Service(name) => caller.token_name.or(Some(name.clone())),
            _ => caller.token_name,
        };
        let session = caller.session;
        let token = caller.token.or_else(|| session.as_ref().map(TokenId::from));
        Ok(Acting { user, actor, within, token_name, token, session })
    }

    /// Who holds a token that was made here, with the token, unless it is that of a session.
    pub(super) async fn holder(
        &self,
        token: &BearerToken,
    ) -> Result<(Caller, Option<Token>), CallerError> {
        let given = (self.clone(), token.hash());
        let find = self
            .ports
            .store
            .read_in_set(given, |(callers, hash), tx| Box::pin(callers.find_holder(hash, tx)));
        find.await
    }

    /// The same, in a turn with what comes of it.
    pub(super) async fn find_holder(
        &self,
        hash: &TokenHash,
        tx: &mut dyn Repositories,
    ) -> Result<(Caller, Option<Token>), CallerError> {
        if hash.session().is_some() {
            return Ok((self.signed_in(hash, tx).await?, None));
        }
        let unknown = || invalid("Passlink knows no such token");
        let token = tx.token_by_hash(hash).await?.ok_or_else(unknown)?;
        if token.revoked.is_some() {
            return Err(invalid("it was revoked"));
        }
        if !token.holds_at(self.ports.clock.now()) {
            return Err(invalid("it has expired"));
        }
        let needs_user = !self.domain.organisations.are_all();
        let user = match &token.holder {
            Holder::Person(user) if needs_user || !token.permissions.is_empty() => {
                tx.user(user).await?
            }
            _ => None,
        };
        let organisation = match (&token.holder, &user) {
            (Holder::Service { reach: Reach::Organisation(own), .. }, _) => Some(own),
            (_, user) => user.as_ref().map(|user| &user.organisation),
        };
        self.check_served(organisation)?;
        let may_act = |user: &User| !token.permissions.is_empty() && user.active().is_ok();
        let organisation = user.filter(may_act).map(|user| user.organisation);
        let caller = Caller {
            holder: token.holder.clone(),
            permissions: token.permissions.clone(),
            organisation,
            token_name: token.name.clone(),
            token: Some(token.id.clone()),
            session: None,
            authenticated: None,
        };
        Ok((caller, Some(token)))
    }

    /// Whoever signed in, in the session that has this token.
    async fn signed_in(
        &self,
        hash: &TokenHash,
        tx: &mut dyn Repositories,
    ) -> Result<Caller, CallerError> {
        let session = tx.session_by_token(hash).await?;
        let holds = |session: &Session| session.holds_at(self.ports.clock.now());
        let session =
            session.filter(holds).ok_or_else(|| invalid("no session has it, or has it now"))?;
        let unproven = || invalid("nobody has signed in with user verification in its session");
        let user = session.speaks_for().ok_or_else(unproven)?.clone();
        if !self.domain.knows_relying_party(&session.rp_id) {
            return Err(invalid("it is of a session at another domain"));
        }
        let organisation = match &session.reach {
            Reach::Organisation(organisation) => Some(organisation),
            Reach::All => None,
        };
        self.check_served(organisation)?;
        Ok(Caller {
            holder: Holder::Person(user),
            permissions: Permissions::default(),
            organisation: None,
            token_name: None,
            token: None,
            authenticated: session.factor.map(|factor| factor.verified),
            session: Some(session.id),
        })
    }

    /// What a token of another issuer says, if its domain is this one.
    pub(super) async fn claims(
        &self,
        token: &BearerToken,
        may_ask: MayAsk<'_>,
    ) -> Result<Claims, CallerError> {
        let claims = self.identities.verify(token, &self.domain.organisations, may_ask).await?;
        self.check_served(Some(&claims.organisation))?;
        Ok(claims)
    }

    /// `organisation` is that of who calls, if there is one.
    fn check_served(&self, organisation: Option<&OrganisationId>) -> Result<(), CallerError> {
        if organisation.is_none_or(|organisation| self.domain.serves(organisation)) {
            Ok(())
        } else {
            Err(invalid("this domain does not serve its organisation"))
        }
    }

    /// Notes when a service's token was used.
    pub(super) async fn note_use(&self, token: &Token) {
        let now = self.ports.clock.now();
        let recent = earlier(now, LAST_USED_EXACT_TO);
        let is_noted = token.last_used.is_some_and(|at| at > recent);
        if is_noted || token.holder.person().is_some() {
            return;
        }
        let note = self.ports.store.write(token.id.clone(), move |id, tx| tx.note_use(id, now));
        let noted: StoreResult<()> = note.await;
        if let Err(error) = noted {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a use of a token is not noted");
        }
    }

    /// Whom a token of another issuer speaks for.
    async fn foreigner(&self, token: &BearerToken, claims: Claims) -> Result<Caller, CallerError> {
        let authenticated = claims.authenticated;
        let organisation = claims.organisation.clone();
        let (holder, permissions) = match claims.speaks_for {
            SpeaksFor::Service { name, permissions } => {
                if self.known(&claims.identity).await?.is_some() {
                    return Err(invalid("its client is a service, and its subject is a user here"));
                }
                let reach = Reach::Organisation(organisation.clone());
                (Holder::Service { name, reach }, permissions)
            }
            SpeaksFor::Person { .. } => {
                (Holder::Person(self.user(token, claims).await?), Permissions::default())
            }
        };
        Ok(Caller {
            holder,
            permissions,
            organisation: Some(organisation),
            token_name: None,
            token: None,
            session: None,
            authenticated,
        })
    }
}

#[cfg(test)]
mod tests;
