//! Creating a session, with the first challenge.

use std::time::Duration;

use passlink_domain::{Expected, Metadata, Session, SessionId, UserAgent};

use super::{
    change::ChallengeRequest, change::ChangedSession, change::UserCheck, error::SessionError,
    expect::expect, manage::ManageSessions, sign_in::refused,
};
use crate::{
    callers::SessionAccess,
    ids::new_id,
    ports::{SignIn, SignInRefused},
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
        access: SessionAccess,
        new: NewSession,
    ) -> Result<ChangedSession, SessionError> {
        let reach = access.reach()?;
        self.check_domain(new.challenge.as_ref())?;
        let now = self.ports.clock.now();
        let expires = self.expiry(new.lifetime, now)?;
        let metadata = Metadata::default().changed(new.metadata)?;
        let user_agent = new.user_agent.map(UserAgent::checked).transpose()?;
        if new.assertion.is_some() {
            let outcome = Err(SignInRefused::Challenge);
            return Err(refused(&self.ports, &SignIn { session: None, passkey: None, outcome }));
        }
        let id: SessionId = new_id(now, &*self.ports.random);
        self.ports.observer.session(&id, None);
        let session = Session {
            id,
            reach,
            rp_id: self.webauthn.rp_id().to_owned(),
            expected: Expected::Anybody,
            factor: None,
            challenge: None,
            metadata,
            user_agent,
            created: now,
            changed: now,
            expires,
            ended: None,
            sequence: 1,
        };
        let (token, is_asked) = (self.new_token(&session.id), new.challenge.is_some());
        let creating =
            Creating { this: self.clone(), access, session, user: new.user, ask: new.challenge };
        let given = (creating, token.hash());
        let created = self.ports.store.write(given, |(creating, token), tx| {
            Box::pin(async move {
                let Creating { this, access, session, user, ask } = creating;
                let (mut session, now) = (session.clone(), session.created);
                if let Some(user) = user {
                    expect(user, &mut session, access, now, tx).await?;
                }
                let mut allow = Vec::new();
                if let Some(ask) = ask {
                    let (challenge, passkeys) = this.ask(&session, ask, now, tx).await?;
                    (session.challenge, allow) = (Some(challenge), passkeys);
                }
                tx.add_session(&session, token).await?;
                Ok::<_, SessionError>((session, allow))
            })
        });
        let (session, allow) = created.await?;
        self.ports.observer.session_created();
        self.changed(session, token, &allow, is_asked)
    }
}

struct Creating {
    this: ManageSessions,
    access: SessionAccess,
    session: Session,
    user: Option<UserCheck>,
    ask: Option<ChallengeRequest>,
}
