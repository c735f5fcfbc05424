//! Removing a passkey: by its user, by an operator, or by the code that undoes its registration.

use passlink_domain::{ObjectDetails, Passkey, PasskeyId, UserId};

use crate::{
    CodeDesk, CodeError, PasskeyDesk, PasskeyError, PresentedCode, passkey_desk::own_passkey,
};

/// Removes passkeys. Each removal is a change in the user's history, and the user gets a mail.
pub struct RemovePasskey {
    desk: PasskeyDesk,
}

impl RemovePasskey {
    /// Takes where passkeys are kept.
    pub fn new(desk: PasskeyDesk) -> Self {
        Self { desk }
    }

    /// Removes a passkey of a caller.
    #[tracing::instrument(name = "passlink.remove_passkey", skip_all, fields(passlink.passkey.id = %passkey))]
    pub async fn of_caller(
        &self,
        user: UserId,
        passkey: PasskeyId,
    ) -> Result<ObjectDetails, PasskeyError> {
        let notice = self.desk.notice(passkey)?;
        let removed = self.desk.store.write((user, notice), |(user, notice), tx| {
            Box::pin(async move {
                let (user, now) = notice.desk.active_user(user, tx).await?;
                own_passkey(&user.id, &notice.passkey, tx).await?;
                notice.removed(&user, now, tx).await
            })
        });
        let details = removed.await?;
        self.desk.wake.wake();
        Ok(details)
    }

    /// Removes a passkey, as an operator may, however its user stands; returns it as it then is.
    pub async fn by_operator(&self, passkey: PasskeyId) -> Result<Passkey, PasskeyError> {
        self.whoever_may_act(passkey).await
    }

    /// Removes a passkey, however its user stands.
    async fn whoever_may_act(&self, passkey: PasskeyId) -> Result<Passkey, PasskeyError> {
        let notice = self.desk.notice(passkey)?;
        let removed = self.desk.store.write(notice, |notice, tx| {
            Box::pin(async move {
                let passkey = tx.passkey(&notice.passkey).await?.ok_or(PasskeyError::NotFound)?;
                let user = tx.user_for_update(&passkey.user).await?;
                let user = user.ok_or(PasskeyError::UserNotFound)?;
                let details = notice.removed(&user, notice.desk.clock.now(), tx).await?;
                Ok::<_, PasskeyError>(Passkey { removed: Some(details.changed), ..passkey })
            })
        });
        let removed = removed.await?;
        self.desk.wake.wake();
        Ok(removed)
    }

    /// Removes the passkey whose registration the code undoes. Nothing is left to be done, and so
    /// that is no error, when it is removed already.
    ///
    /// Errors: [`PasskeyError::Code`], whatever is wrong.
    #[tracing::instrument(name = "passlink.undo_registration", skip_all)]
    pub async fn undo(
        &self,
        codes: &CodeDesk,
        presented: PresentedCode<PasskeyId>,
    ) -> Result<(), PasskeyError> {
        let (passkey, _) = codes.passkey(&presented).await?;
        if passkey.removed.is_some() {
            return Ok(());
        }
        if !passkey.can_be_undone_at(self.desk.clock.now()) {
            return Err(CodeError::Invalid.into());
        }
        match self.whoever_may_act(passkey.id).await {
            Ok(_) | Err(PasskeyError::NotFound) => Ok(()),
            Err(PasskeyError::Store(error)) => Err(error.into()),
            Err(_) => Err(CodeError::Invalid.into()),
        }
    }
}

#[cfg(test)]
mod tests;
