//! Removing a passkey: by its user, by an operator, or by the code that undoes its registration.

use jiff::Timestamp;
use passlink_domain::{
    Actor, LinkKind, LinkState, ObjectDetails, Passkey, PasskeyId, SessionId, TokenId,
};

use crate::{
    callers::{Acting, RevokedToken, tokens::revoke},
    codes::{CodeChecker, CodeError, PresentedCode},
    passkeys::{
        PasskeyError, PasskeyRegistry,
        registry::{Notice, RemovedPasskey, passkey_of_user},
    },
    ports::{Ports, Repositories, SessionEnd, StoreResult},
    sessions::ended::{Ended, end_session},
};

/// Removes passkeys. Each removal is a change in the user's history, and the user gets a mail.
pub struct RemovePasskey(pub PasskeyRegistry);

impl RemovePasskey {
    #[tracing::instrument(name = "passlink.remove_passkey", skip_all, fields(passlink.passkey.id = %passkey))]
    pub async fn remove(
        &self,
        acting: Acting,
        passkey: PasskeyId,
    ) -> Result<ObjectDetails, PasskeyError> {
        let notice = self.0.notice(passkey, acting.actor.clone());
        let removed = self.0.ports.store.write((acting, notice), |(acting, notice), tx| {
            Box::pin(async move {
                let (user, now) = notice.registry.active_user(acting, tx).await?;
                passkey_of_user(&user.id, &notice.passkey, &notice.registry.domain, tx).await?;
                notice.removed(&user, now, tx).await
            })
        });
        let removed = removed.await?;
        self.ended(removed.sessions);
        self.0.wake.wake();
        Ok(removed.details)
    }

    /// Removes a passkey, as an operator may, however its user stands; returns it as it then is.
    pub async fn remove_for_operator(&self, passkey: PasskeyId) -> Result<Passkey, PasskeyError> {
        let notice = self.0.notice(passkey, Actor::Operator);
        let removed = self.0.ports.store.write(notice, |notice, tx| {
            Box::pin(async move {
                let passkey = tx.passkey(&notice.passkey).await?.ok_or(PasskeyError::NotFound)?;
                let user = tx.user_for_update(&passkey.user).await?;
                let user = user.ok_or(PasskeyError::UserNotFound)?;
                let now = notice.registry.ports.clock.now();
                let RemovedPasskey { details, sessions } = notice.removed(&user, now, tx).await?;
                let passkey = Passkey { removed: Some(details.changed), ..passkey };
                Ok::<_, PasskeyError>((passkey, sessions))
            })
        });
        let (removed, sessions) = removed.await?;
        self.ended(sessions);
        self.0.wake.wake();
        Ok(removed)
    }

    /// Removes the passkey whose registration the code undoes. It is no error when the passkey is removed
    /// already: nothing is left to be done. With `revoke_token`, revokes the user's own token
    /// or session that made the link of the registration as well, if there is one, and so ends all links of that.
    ///
    /// Errors: [`PasskeyError::Code`], whatever is wrong.
    #[tracing::instrument(name = "passlink.undo_registration", skip_all)]
    pub async fn undo(
        &self,
        codes: &CodeChecker,
        presented: PresentedCode<PasskeyId>,
        revoke_token: bool,
    ) -> Result<(), PasskeyError> {
        let (passkey, _) = codes.passkey(&presented).await?;
        let notice = self.0.notice(passkey.id, Actor::CodeHolder);
        let Ports { store, observer, .. } = &self.0.ports;
        let undone =
            store.write(notice, move |notice, tx| Box::pin(undo(notice, revoke_token, tx)));
        let (sessions, own, revoked) = undone.await?;
        self.ended(sessions);
        own.report(SessionEnd::Deleted, &**observer);
        if let Some(RevokedToken { mailed, returned, .. }) = revoked {
            observer.links(LinkState::Revoked, LinkKind::Mailed, mailed);
            observer.links(LinkState::Revoked, LinkKind::Returned, returned);
        }
        self.0.wake.wake();
        Ok(())
    }

    /// Reports the sessions that a removal ended.
    fn ended(&self, sessions: Ended) {
        sessions.report(SessionEnd::PasskeyRemoved, &*self.0.ports.observer);
    }
}

/// The sessions that ended with the passkey, the one that asked for it, and the token that was revoked.
async fn undo(
    notice: &Notice,
    revoke_token: bool,
    tx: &mut dyn Repositories,
) -> Result<(Ended, Ended, Option<RevokedToken>), PasskeyError> {
    let gone = || PasskeyError::from(CodeError::Invalid);
    let user = tx.passkey(&notice.passkey).await?.ok_or_else(gone)?.user;
    let user = tx.user_for_update(&user).await?.ok_or_else(gone)?;
    let passkey = tx.passkey(&notice.passkey).await?.ok_or_else(gone)?;
    let now = notice.registry.ports.clock.now();
    let mut sessions = Ended::default();
    if passkey.removed.is_none() {
        if !passkey.can_be_undone_at(now) {
            return Err(gone());
        }
        sessions = notice.removed(&user, now, tx).await?.sessions;
    }
    Ok(match revocable(&passkey, now, tx).await? {
        Some(Revocable::Token(token)) if revoke_token => {
            (sessions, Ended::default(), revoke(&token, now, tx).await?)
        }
        Some(Revocable::Session(session)) if revoke_token => {
            (sessions, end_session(&session, now, tx).await?, None)
        }
        _ => (sessions, Ended::default(), None),
    })
}

/// What made the link that a passkey was registered with, and speaks for the user.
pub(crate) enum Revocable {
    Token(TokenId),
    Session(SessionId),
}

/// What undoing the passkey's registration can revoke: the user's own token or session, which made the link
/// that the passkey was registered with and still holds. Nobody else's, and no other one.
pub(crate) async fn revocable(
    passkey: &Passkey,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<Revocable>> {
    let undo = passkey.undo.as_ref().filter(|undo| now < undo.until);
    let Some(id) = undo.and_then(|undo| undo.token.as_ref()) else { return Ok(None) };
    if let Some(token) = tx.token(id).await? {
        let is_own = token.holder.person() == Some(&passkey.user);
        return Ok((is_own && token.holds_at(now)).then_some(Revocable::Token(token.id)));
    }
    let session = tx.session(&SessionId::from(id)).await?;
    let session = session.filter(|session| session.holds_at(now));
    let own = session.filter(|session| session.speaks_for() == Some(&passkey.user));
    Ok(own.map(|session| Revocable::Session(session.id)))
}

#[cfg(test)]
mod tests;
