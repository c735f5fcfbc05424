//! Listing a user's passkeys.

use std::sync::Arc;

use passlink_domain::{ObjectDetails, Passkey, UserId};

use crate::{
    callers::Asker, domains::Domain, passkeys::PasskeyError, ports::Ports, users::history::standing,
};

pub struct ListPasskeys {
    pub ports: Ports,
    pub domain: Arc<Domain>,
}

impl ListPasskeys {
    /// The user's passkeys of this domain, the oldest first, and where the user's history stands.
    ///
    /// Errors: [`PasskeyError`], when the user may not act, or nobody does for the user.
    #[tracing::instrument(name = "passlink.list_passkeys", skip_all)]
    pub async fn list(&self, asker: Asker) -> Result<(Vec<Passkey>, ObjectDetails), PasskeyError> {
        let list = self.ports.store.read((asker, self.domain.clone()), |(asker, domain), tx| {
            Box::pin(async move {
                let acting = asker.grant(tx).await?;
                let user = acting.user(tx).await?.ok_or(PasskeyError::UserNotFound)?;
                user.active()?;
                let mut passkeys = tx.passkeys_of(&user.id).await?;
                passkeys.retain(|passkey| domain.knows_relying_party(&passkey.rp_id));
                Ok((passkeys, standing(&user, tx).await?))
            })
        });
        list.await
    }

    /// The passkeys of a user, of all domains, however the user stands.
    pub async fn list_for_operator(
        ports: &Ports,
        user: UserId,
    ) -> Result<Vec<Passkey>, PasskeyError> {
        let list = ports.store.read(user, |user, tx| {
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
