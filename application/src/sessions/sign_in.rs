//! Signing in: whose credential answered which challenge, and what is kept of that (WebAuthn, section 7.2).

use jiff::Timestamp;
use passlink_domain::{
    EventKind, Expected, Passkey, PasskeyFactor, PasskeyId, Reach, Session, SessionChallenge,
    SessionId, User, UserHandle, UserId,
};
use tracing::info_span;

use super::{error::SessionError, manage::ManageSessions};
use crate::{
    callers::SessionAccess,
    ports::{
        AssertionRequest, Ports, PresentedAssertion, Repositories, SignIn, SignInRefused, SignedIn,
        StoreResult, VerifiedAssertion,
    },
    users::history::record_change,
};

/// An assertion whose signature holds.
#[derive(Clone)]
pub(super) struct Signed {
    /// The passkey as it was when its signature was verified.
    pub passkey: Passkey,
    challenge: SessionChallenge,
    verified: VerifiedAssertion,
    /// Whom the authenticator named.
    user_handle: Option<UserHandle>,
}

impl Signed {
    /// That it did not sign in to the session.
    pub fn refused(&self, session: &SessionId, why: SignInRefused) -> SignIn {
        let (session, passkey) = (Some(session.clone()), Some(named(&self.passkey)));
        SignIn { session, passkey, outcome: Err(why) }
    }
}

/// Reports that nobody signed in. All reasons are one to the caller, but that the session has ended.
pub(super) fn refused(ports: &Ports, tried: &SignIn) -> SessionError {
    ports.observer.sign_in(tried);
    match tried.outcome {
        Err(SignInRefused::Session) => SessionError::NotFound,
        _ => SessionError::NotVerified,
    }
}

/// The passkey, and whose it is.
fn named(passkey: &Passkey) -> (PasskeyId, UserId) {
    (passkey.id.clone(), passkey.user.clone())
}

impl ManageSessions {
    /// As [`Self::verify`], outside of any unit of work that writes.
    pub(super) async fn verified(
        &self,
        access: &SessionAccess,
        id: &SessionId,
        answer: &str,
    ) -> StoreResult<Result<Signed, SignIn>> {
        let given = (self.clone(), access.clone(), id.clone(), answer.to_owned());
        let verify = self.ports.store.read(given, |(this, access, id, answer), tx| {
            Box::pin(async move { this.verify(access, id, answer, tx).await })
        });
        verify.await
    }

    /// Verifies that a passkey signed the session's challenge. If it did not, returns what is to be reported.
    pub(super) async fn verify(
        &self,
        access: &SessionAccess,
        id: &SessionId,
        answer: &str,
        tx: &mut dyn Repositories,
    ) -> StoreResult<Result<Signed, SignIn>> {
        let presented = self.webauthn.presented(answer);
        let session = tx.session(id).await?;
        let passkey = match &presented {
            Some(presented) => tx.passkey_of_credential(&presented.credential).await?,
            None => None,
        };
        let now = self.ports.clock.now();
        let session = session.filter(|it| it.holds_at(now) && access.reaches(it));
        let passkey_is = passkey.as_ref().map(named);
        let checked = match session {
            Some(session) => self.check(&session, presented, passkey, answer, now),
            None => Err(SignInRefused::Session),
        };
        Ok(match checked {
            Ok(signed) => {
                self.ports.observer.session(id, Some(&signed.passkey.user));
                Ok(signed)
            }
            Err(why) => {
                let (session, outcome) = (Some(id.clone()), Err(why));
                Err(SignIn { session, passkey: passkey_is, outcome })
            }
        })
    }

    fn check(
        &self,
        session: &Session,
        presented: Option<PresentedAssertion>,
        passkey: Option<Passkey>,
        answer: &str,
        now: Timestamp,
    ) -> Result<Signed, SignInRefused> {
        let PresentedAssertion { user_handle, .. } = presented.ok_or(SignInRefused::Malformed)?;
        let open = session.challenge.clone().filter(|challenge| challenge.is_open_at(now));
        let open = open.zip(session.challenge_by(&self.keys));
        let (asked, challenge) = open.ok_or(SignInRefused::Challenge)?;
        let here = |passkey: &Passkey| {
            passkey.rp_id == session.rp_id && session.rp_id == self.webauthn.rp_id()
        };
        let passkey = passkey.filter(here).ok_or(SignInRefused::UnknownCredential)?;
        let (user_verification, host) = (asked.user_verification, asked.host.as_deref());
        let request = AssertionRequest { challenge: &challenge, user_verification, host };
        let verified = info_span!("passlink.verify_assertion")
            .in_scope(|| self.webauthn.verify_assertion(&request, &passkey.credential, answer))?;
        Ok(Signed { passkey, challenge: asked, verified, user_handle })
    }
}

/// Signs the passkey's user, who is locked, in to the session, which is locked as well: unless something has
/// changed since the signature was verified, or the user is not the one. Returns what came of it.
pub(super) async fn sign_in(
    signed: &Signed,
    user: Option<User>,
    session: &mut Session,
    (access, now): (&SessionAccess, Timestamp),
    tx: &mut dyn Repositories,
) -> Result<SignIn, SessionError> {
    let admitted = admit(signed, user, session, (access, now), tx).await?;
    let outcome = admitted.map(|()| SignedIn {
        after: signed.challenge.age_at(now),
        user_verified: signed.verified.user_verified,
    });
    Ok(SignIn { session: Some(session.id.clone()), passkey: Some(named(&signed.passkey)), outcome })
}

async fn admit(
    signed: &Signed,
    user: Option<User>,
    session: &mut Session,
    (access, now): (&SessionAccess, Timestamp),
    tx: &mut dyn Repositories,
) -> Result<Result<(), SignInRefused>, SessionError> {
    let Signed { challenge, verified, .. } = signed;
    let is_open = session.challenge.as_ref() == Some(challenge) && challenge.is_open_at(now);
    if !is_open || tx.is_retired(&challenge.key).await? {
        return Ok(Err(SignInRefused::Challenge));
    }
    let passkey = tx.passkey(&signed.passkey.id).await?.filter(|passkey| passkey.removed.is_none());
    let (Some(user), Some(passkey)) = (user, passkey) else {
        return Ok(Err(SignInRefused::UnknownCredential));
    };
    if !session.admits(&user.id) || !access.serves(&user.organisation) {
        return Ok(Err(SignInRefused::OtherUser));
    }
    let handle = tx.handle_of(&user.id).await?;
    let is_named = match &signed.user_handle {
        Some(presented) => handle.as_ref() == Some(presented),
        // Where the session knows whom it expects, the authenticator need not name them.
        None => session.expected != Expected::Anybody || session.factor.is_some(),
    };
    if !is_named {
        return Ok(Err(SignInRefused::UserHandle));
    }
    if user.active().is_err() {
        return Ok(Err(SignInRefused::UserNotActive));
    }
    // A counter that stays at zero counts nothing.
    let counts = verified.sign_count > 0 || passkey.credential.sign_count > 0;
    if counts && verified.sign_count <= passkey.credential.sign_count {
        let kind = EventKind::PasskeyCounterWentBack(passkey.id.clone());
        record_change(&user, kind, access.actor.clone(), now, tx).await?;
        tx.end_challenge(&session.id).await?;
        return Ok(Err(SignInRefused::Counter));
    }
    tx.note_sign_in(&passkey.id, verified.sign_count, verified.backup_state, now).await?;
    session.factor = Some(PasskeyFactor {
        user: user.id,
        passkey: passkey.id,
        verified: now,
        user_verified: verified.user_verified,
    });
    session.reach = Reach::Organisation(user.organisation);
    session.challenge = None;
    Ok(Ok(()))
}
