//! Creating a session, with the first challenge.

use std::time::Duration;

use jiff::Timestamp;
use passlink_domain::{Expected, Metadata, Passkey, Session, SessionId, TokenHash, UserAgent};

use super::{
    change::ChallengeRequest, change::ChangedSession, change::UserCheck, error::SessionError,
    expect::expect, manage::ManageSessions, sign_in::refused,
};
use crate::{
    callers::{Asker, SessionAccess},
    ids::new_id,
    ports::{Repositories, SignIn, SignInRefused},
};

#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// Who is to sign in; anybody where it is left out.
    pub user: Option<UserCheck>,
    /// An assertion, JSON. Nothing has asked for one yet, so that none holds.
    pub assertion: Option<String>,
    pub challenge: Option<ChallengeRequest>,
    pub metadata: Vec<(String, Vec<u8>)>,
    pub user_agent: Option<UserAgent>,
    pub lifetime: Option<Duration>,
}

impl ManageSessions {
    /// Creates a session. It is durable when this returns.
    ///
    /// Errors: [`SessionError`]; nothing is kept then.
    #[tracing::instrument(name = "passlink.create_session", skip_all)]
    pub async fn create(
        &self,
        asker: impl Into<Asker<SessionAccess>>,
        new: NewSession,
    ) -> Result<ChangedSession, SessionError> {
        self.check_domain(new.challenge.as_ref())?;
        let now = self.ports.clock.now();
        let id = new_id(now, &*self.ports.random);
        let token = self.new_token(&id);
        let is_asked = new.challenge.is_some();
        let creating = Creating {
            this: self.clone(),
            asker: asker.into(),
            id,
            token: token.hash(),
            user: new.user,
            has_assertion: new.assertion.is_some(),
            ask: new.challenge,
            metadata: Metadata::default().changed(new.metadata)?,
            user_agent: new.user_agent.map(UserAgent::checked).transpose()?,
            now,
            expires: self.expiry(new.lifetime, now)?,
        };
        let created = self
            .ports
            .store
            .write(creating, |creating, tx| Box::pin(async move { creating.apply(tx).await }));
        let created = created.await.map_err(|error| match error {
            SessionError::NotVerified => {
                let outcome = Err(SignInRefused::Challenge);
                refused(&self.ports, &SignIn { session: None, passkey: None, outcome })
            }
            error => error,
        });
        let (session, allow) = created?;
        self.ports.observer.session_created();
        self.changed(session, token, &allow, is_asked)
    }
}

struct Creating {
    this: ManageSessions,
    asker: Asker<SessionAccess>,
    id: SessionId,
    token: TokenHash,
    user: Option<UserCheck>,
    has_assertion: bool,
    ask: Option<ChallengeRequest>,
    metadata: Metadata,
    user_agent: Option<UserAgent>,
    now: Timestamp,
    expires: Timestamp,
}

impl Creating {
    async fn apply(
        &self,
        tx: &mut dyn Repositories,
    ) -> Result<(Session, Vec<Passkey>), SessionError> {
        let Self { this, id, now, .. } = self;
        let access = self.asker.grant(tx).await?;
        let reach = access.reach()?;
        this.ports.observer.session(id, None);
        if self.has_assertion {
            // Nothing has asked for one.
            return Err(SessionError::NotVerified);
        }
        let mut session = Session {
            id: id.clone(),
            reach,
            rp_id: this.webauthn.rp_id().to_owned(),
            expected: Expected::Anybody,
            factor: None,
            challenge: None,
            metadata: self.metadata.clone(),
            user_agent: self.user_agent.clone(),
            created: *now,
            changed: *now,
            expires: self.expires,
            ended: None,
            sequence: 1,
        };
        if let Some(UserCheck::Id(user)) = &self.user {
            // Removing a user deletes the sessions that exist by then. The lock keeps others from being added.
            tx.user_for_update(user).await?;
        }
        if let Some(user) = &self.user {
            expect(user, &mut session, &access, *now, tx).await?;
        }
        let mut allow = Vec::new();
        if let Some(ask) = &self.ask {
            let (challenge, passkeys) = this.ask(&session, ask, *now, tx).await?;
            (session.challenge, allow) = (Some(challenge), passkeys);
        }
        tx.add_session(&session, &self.token).await?;
        Ok((session, allow))
    }
}
