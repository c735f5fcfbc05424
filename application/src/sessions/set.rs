//! Changing a session: the answer of a passkey, another challenge, metadata, lifetime.

use std::time::Duration;

use passlink_domain::{MAX_SESSION_LIFETIME, Passkey, Session, SessionId, TokenHash, later};

use super::{
    change::ChallengeRequest,
    change::ChangedSession,
    change::UserCheck,
    error::SessionError,
    expect::expect,
    manage::ManageSessions,
    sign_in::{Signed, refused, sign_in},
};
use crate::{
    callers::{Asker, SessionAccess},
    ports::{Repositories, SignIn, SignInRefused},
};

#[derive(Debug, Clone)]
pub struct SessionChange {
    pub id: SessionId,
    /// Who is to sign in, or who has.
    pub user: Option<UserCheck>,
    /// The browser's answer to the challenge, JSON.
    pub assertion: Option<String>,
    /// Asked for when all else is done.
    pub challenge: Option<ChallengeRequest>,
    /// An empty value takes its key away.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// How long it lasts from now on, but no longer than 30 days after somebody has signed in.
    pub lifetime: Option<Duration>,
}

/// What came of a change.
enum Done {
    /// The session, the passkeys that may answer its challenge, and who signed in, if somebody was to.
    Changed(Box<Session>, Vec<Passkey>, Option<SignIn>),
    /// Nobody signed in, and nothing else was changed.
    Refused(SignIn),
}

impl ManageSessions {
    /// Changes a session, which has a new token then; the old one ends. What is changed is durable when this
    /// returns.
    ///
    /// Errors: [`SessionError`]; the session stays as it was then, and keeps its token. Whatever is wrong with
    /// an assertion is [`SessionError::NotVerified`].
    #[tracing::instrument(name = "passlink.set_session", skip_all)]
    pub async fn set(
        &self,
        asker: impl Into<Asker<SessionAccess>>,
        change: SessionChange,
    ) -> Result<ChangedSession, SessionError> {
        let asker = asker.into();
        self.check_domain(change.challenge.as_ref())?;
        if change.lifetime.is_some() {
            self.expiry(change.lifetime, self.ports.clock.now())?;
        }
        // Where the asker is known, others may be writing, and a signature takes long: it is verified before, so
        // that they don't wait for it.
        let signed = match (&asker, &change.assertion) {
            (Asker::Known(access), Some(answer)) => {
                access.organisations()?;
                self.ports.observer.session(&change.id, None);
                let verified = self.verified(access, &change.id, answer).await?;
                Some(verified.map_err(|tried| refused(&self.ports, &tried))?)
            }
            _ => None,
        };
        let (token, is_asked) = (self.new_token(&change.id), change.challenge.is_some());
        let changing = Changing { this: self.clone(), asker, change, signed, token: token.hash() };
        let done = self
            .ports
            .store
            .write(changing, |changing, tx| Box::pin(async move { changing.apply(tx).await }));
        match done.await? {
            Done::Changed(session, allow, signed_in) => {
                self.observe(&session);
                signed_in.iter().for_each(|it| self.ports.observer.sign_in(it));
                self.changed(*session, token, &allow, is_asked)
            }
            Done::Refused(tried) => Err(refused(&self.ports, &tried)),
        }
    }
}

struct Changing {
    this: ManageSessions,
    asker: Asker<SessionAccess>,
    change: SessionChange,
    /// The assertion, if it was verified before.
    signed: Option<Signed>,
    token: TokenHash,
}

impl Changing {
    async fn apply(&self, tx: &mut dyn Repositories) -> Result<Done, SessionError> {
        let Self { this, asker, change, token, .. } = self;
        let access = &asker.grant(tx).await?;
        access.organisations()?;
        this.ports.observer.session(&change.id, None);
        let signed = match (&self.signed, &change.assertion) {
            (None, Some(answer)) => match this.verify(access, &change.id, answer, tx).await? {
                Ok(signed) => Some(signed),
                Err(tried) => return Ok(Done::Refused(tried)),
            },
            (signed, _) => signed.clone(),
        };
        // Users are locked before sessions, so that nobody waits for somebody who waits.
        let user = match (&signed, &change.user) {
            (Some(signed), _) => tx.user_for_update(&signed.passkey.user).await?,
            (None, Some(UserCheck::Id(named))) => tx.user_for_update(named).await?,
            (None, _) => None,
        };
        // Read behind the lock: changes have the order of their dates.
        let session = tx.session_for_update(&change.id).await?;
        let now = this.ports.clock.now();
        let session = session.filter(|it| it.holds_at(now) && access.reaches(it));
        let Some(mut session) = session else {
            return match signed {
                Some(signed) => {
                    Ok(Done::Refused(signed.refused(&change.id, SignInRefused::Session)))
                }
                None => Err(SessionError::NotFound),
            };
        };
        if let Some(check) = &change.user {
            expect(check, &mut session, access, now, tx).await?;
        }
        let mut signed_in = None;
        if let Some(signed) = &signed {
            let tried = sign_in(signed, user, &mut session, (access, now), tx).await?;
            if tried.outcome.is_err() {
                return Ok(Done::Refused(tried));
            }
            signed_in = Some(tried);
        }
        session.metadata = session.metadata.changed(change.metadata.iter().cloned())?;
        if let Some(lifetime) = change.lifetime {
            session.expires = later(now, lifetime);
            if let Some(factor) = &session.factor {
                let longest = later(factor.verified, MAX_SESSION_LIFETIME);
                session.expires = session.expires.min(longest);
            }
        }
        (session.changed, session.sequence) = (now, session.sequence.saturating_add(1));
        let mut allow = Vec::new();
        if let Some(ask) = &change.challenge {
            let (challenge, passkeys) = this.ask(&session, ask, now, tx).await?;
            (session.challenge, allow) = (Some(challenge), passkeys);
        }
        tx.change_session(&session, token).await?;
        Ok(Done::Changed(Box::new(session), allow, signed_in))
    }
}
