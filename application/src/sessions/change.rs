//! What creating and changing a session have in common: the lifetime, the challenge, the new token.

use std::time::Duration;

use jiff::Timestamp;
use passlink_domain::{
    BearerToken, Credential, Expected, LoginName, MAX_SESSION_LIFETIME, Passkey, Session,
    SessionChallenge, SessionId, UserId, UserVerification, later,
};
use zeroize::Zeroizing;

use super::{error::SessionError, manage::ManageSessions};
use crate::{
    keys::retire::signing_key,
    ports::{AssertionRequest, Repositories, StoreResult},
};

/// Who a caller says is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCheck {
    Id(UserId),
    LoginName(LoginName),
}

/// What a passkey shall sign.
#[derive(Debug, Clone)]
pub struct ChallengeRequest {
    /// The host of the page that asks for the passkey: no other page can answer then. Or the relying party's
    /// id, or empty: any page of the relying party's can.
    pub domain: String,
    pub user_verification: UserVerification,
}

/// A session as it is after a change.
#[derive(Debug)]
pub struct ChangedSession {
    pub session: Session,
    /// Its token from now on. The plain one is returned here and can't be had again.
    pub token: BearerToken,
    /// The options for `navigator.credentials.get`, if a challenge was asked for: JSON, an object with the key
    /// `publicKey`.
    pub options: Option<String>,
}

impl ManageSessions {
    /// Has the current span say which session it is about, and who has signed in to it.
    pub(super) fn observe(&self, session: &Session) {
        let user = session.factor.as_ref().map(|factor| &factor.user);
        self.ports.observer.session(&session.id, user);
    }

    pub(super) fn new_token(&self, session: &SessionId) -> BearerToken {
        let mut random = Zeroizing::new([0; 32]);
        self.ports.random.fill(&mut *random);
        BearerToken::generate_for_session(session, &random)
    }

    /// When a session of this lifetime ends that begins, or is changed, now.
    pub(super) fn expiry(
        &self,
        lifetime: Option<Duration>,
        now: Timestamp,
    ) -> Result<Timestamp, SessionError> {
        let lifetime = lifetime.unwrap_or(self.lifetime);
        if lifetime.is_zero() || lifetime > MAX_SESSION_LIFETIME {
            return Err(SessionError::Lifetime);
        }
        Ok(later(now, lifetime))
    }

    /// Checks that passkeys can sign in for what is asked.
    pub(super) fn check_domain(
        &self,
        request: Option<&ChallengeRequest>,
    ) -> Result<(), SessionError> {
        let domain = request.map(|request| &*request.domain).unwrap_or_default();
        if domain.is_empty() || self.webauthn.serves(domain) {
            Ok(())
        } else {
            Err(SessionError::Domain)
        }
    }

    /// The host of the page that asks, as far as the caller says: the relying party's id may stand for any.
    fn host_of(&self, request: &ChallengeRequest) -> Option<String> {
        let host = request.domain.to_ascii_lowercase();
        (!host.is_empty() && !host.eq_ignore_ascii_case(self.webauthn.rp_id())).then_some(host)
    }

    /// A challenge for the session as it is after its next change, and the passkeys that may answer it: those of
    /// a user who was named by id, or has signed in. For anybody else the list is empty.
    pub(super) async fn ask(
        &self,
        session: &Session,
        request: &ChallengeRequest,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<(SessionChallenge, Vec<Passkey>)> {
        let challenge = SessionChallenge {
            key: signing_key(&self.keys, tx).await?.id().clone(),
            number: session.sequence,
            user_verification: request.user_verification,
            host: self.host_of(request),
            expires: SessionChallenge::expiry(now),
        };
        let user = match (&session.factor, &session.expected) {
            (Some(factor), _) => Some(&factor.user),
            (None, Expected::User { id, .. }) => Some(id),
            (None, Expected::Anybody | Expected::LoginName(_)) => None,
        };
        let mut passkeys = match user {
            Some(user) => tx.passkeys_of(user).await?,
            None => Vec::new(),
        };
        passkeys.retain(|passkey| passkey.rp_id == session.rp_id);
        Ok((challenge, passkeys))
    }

    /// The session with what its caller gets.
    pub(super) fn changed(
        &self,
        session: Session,
        token: BearerToken,
        allow: &[Passkey],
        is_asked: bool,
    ) -> Result<ChangedSession, SessionError> {
        let challenge = session.challenge_by(&self.keys).filter(|_| is_asked);
        let options = match (&challenge, &session.challenge) {
            (Some(challenge), Some(SessionChallenge { user_verification, host, .. })) => {
                let (user_verification, host) = (*user_verification, host.as_deref());
                let request = AssertionRequest { challenge, user_verification, host };
                let allow: Vec<&Credential> = allow.iter().map(|it| &it.credential).collect();
                Some(self.webauthn.request_options(&request, &allow)?)
            }
            _ => None,
        };
        Ok(ChangedSession { session, token, options })
    }
}
