//! Removing a passkey: by its user, by an operator, or by the code that undoes its registration.

use jiff::Timestamp;
use passlink_domain::{Actor, LinkKind, LinkState, ObjectDetails, Passkey, PasskeyId, Token};

use crate::{
    callers::{Acting, RevokedToken, tokens::revoke},
    codes::{CodeChecker, CodeError, PresentedCode},
    passkeys::{
        PasskeyError, PasskeyRegistry,
        registry::{Notice, passkey_of_user},
    },
    ports::{Ports, Repositories, StoreResult},
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
        let details = removed.await?;
        self.0.wake.wake();
        Ok(details)
    }

    /// Removes a passkey, as an operator may, however its user stands; returns it as it then is.
    pub async fn remove_for_operator(&self, passkey: PasskeyId) -> Result<Passkey, PasskeyError> {
        let notice = self.0.notice(passkey, Actor::Operator);
        let removed = self.0.ports.store.write(notice, |notice, tx| {
            Box::pin(async move {
                let passkey = tx.passkey(&notice.passkey).await?.ok_or(PasskeyError::NotFound)?;
                let user = tx.user_for_update(&passkey.user).await?;
                let user = user.ok_or(PasskeyError::UserNotFound)?;
                let details = notice.removed(&user, notice.registry.ports.clock.now(), tx).await?;
                Ok::<_, PasskeyError>(Passkey { removed: Some(details.changed), ..passkey })
            })
        });
        let removed = removed.await?;
        self.0.wake.wake();
        Ok(removed)
    }

    /// Removes the passkey whose registration the code undoes. It is no error when the passkey is removed
    /// already: nothing is left to be done. With `revoke_token`, revokes the user's own token
    /// that made the link of the registration as well, if there is one, and so ends all links of that.
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
        if let Some(RevokedToken { mailed, returned, .. }) = undone.await? {
            observer.links(LinkState::Revoked, LinkKind::Mailed, mailed);
            observer.links(LinkState::Revoked, LinkKind::Returned, returned);
        }
        self.0.wake.wake();
        Ok(())
    }
}

async fn undo(
    notice: &Notice,
    revoke_token: bool,
    tx: &mut dyn Repositories,
) -> Result<Option<RevokedToken>, PasskeyError> {
    let gone = || PasskeyError::from(CodeError::Invalid);
    let user = tx.passkey(&notice.passkey).await?.ok_or_else(gone)?.user;
    let user = tx.user_for_update(&user).await?.ok_or_else(gone)?;
    let passkey = tx.passkey(&notice.passkey).await?.ok_or_else(gone)?;
    let now = notice.registry.ports.clock.now();
    if passkey.removed.is_none() {
        if !passkey.can_be_undone_at(now) {
            return Err(gone());
        }
        notice.removed(&user, now, tx).await?;
    }
    match revocable_token(&passkey, now, tx).await? {
        Some(token) if revoke_token => Ok(revoke(&token.id, now, tx).await?),
        _ => Ok(None),
    }
}

/// The token that undoing the passkey's registration can revoke: the user's own, which made the link
/// that the passkey was registered with and still holds. Nobody else's, and no other one.
pub(crate) async fn revocable_token(
    passkey: &Passkey,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<Token>> {
    let undo = passkey.undo.as_ref().filter(|undo| now < undo.until);
    let Some(id) = undo.and_then(|undo| undo.token.as_ref()) else { return Ok(None) };
    let token = tx.token(id).await?;
    let is_own = |token: &Token| token.holder.person() == Some(&passkey.user);
    Ok(token.filter(|token| is_own(token) && token.holds_at(now)))
}

#[cfg(test)]
mod tests;
