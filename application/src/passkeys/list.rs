//! Listing a user's passkeys.

use passlink_domain::{ObjectDetails, Passkey, UserId};

use crate::{callers::Acting, passkeys::PasskeyError, ports::Ports, users::history::standing};

pub struct ListPasskeys(pub Ports);

impl ListPasskeys {
    /// The user's passkeys, the oldest first, and where the user's history stands.
    ///
    /// Errors: [`PasskeyError`], when the user may not act.
    #[tracing::instrument(name = "passlink.list_passkeys", skip_all)]
    pub async fn list(
        &self,
        acting: Acting,
    ) -> Result<(Vec<Passkey>, ObjectDetails), PasskeyError> {
        let list = self.0.store.read(acting, |acting, tx| {
            Box::pin(async move {
                let user = acting.user(tx).await?.ok_or(PasskeyError::UserNotFound)?;
                user.active()?;
                Ok((tx.passkeys_of(&user.id).await?, standing(&user, tx).await?))
            })
        });
        list.await
    }

    /// The passkeys of a user, whoever asks and however the user stands.
    pub async fn list_for_operator(&self, user: UserId) -> Result<Vec<Passkey>, PasskeyError> {
        let list = self.0.store.read(user, |user, tx| {
            Box::pin(async move {
                tx.user(user).await?.ok_or(PasskeyError::UserNotFound)?;
                Ok(tx.passkeys_of(user).await?)
            })
        });
        list.await
    }
}

#[cfg(test)]
mod tests;
