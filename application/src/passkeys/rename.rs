//! Renaming a passkey: by its user, or by an operator.

use passlink_domain::{Actor, EventKind, ObjectDetails, Passkey, PasskeyId, Text, User};

use crate::{
    callers::Acting,
    passkeys::{PasskeyError, PasskeyRegistry, registry::passkey_of_user},
    ports::{Clock, Repositories, StoreResult},
    users::history::{record_change, standing},
};

/// Renames passkeys. Each new name is a change in the user's history.
pub struct RenamePasskey(pub PasskeyRegistry);

impl RenamePasskey {
    /// Renames a passkey; no change where it is called so already.
    ///
    /// Errors: [`PasskeyError`]; the name stays as it was then.
    #[tracing::instrument(name = "passlink.rename_passkey", skip_all, fields(passlink.passkey.id = %passkey))]
    pub async fn rename(
        &self,
        acting: Acting,
        passkey: PasskeyId,
        name: Text,
    ) -> Result<ObjectDetails, PasskeyError> {
        let given = (self.0.clone(), acting, passkey, name);
        let renamed = self.0.ports.store.write(given, |(registry, acting, id, name), tx| {
            Box::pin(async move {
                let (user, _) = registry.active_user(acting, tx).await?;
                let passkey = passkey_of_user(&user.id, id, &registry.domain, tx).await?;
                let actor = acting.actor.clone();
                Ok(record(&passkey, name, (&user, actor), &*registry.ports.clock, tx).await?)
            })
        });
        renamed.await
    }

    /// Renames a passkey, as an operator may, however its user stands; returns it as it then is.
    pub async fn rename_for_operator(
        &self,
        passkey: PasskeyId,
        name: Text,
    ) -> Result<Passkey, PasskeyError> {
        let given = (self.0.ports.clock.clone(), passkey, name);
        let renamed = self.0.ports.store.write(given, |(clock, id, name), tx| {
            Box::pin(async move {
                let there = |passkey: Option<Passkey>| {
                    passkey.filter(|it| it.removed.is_none()).ok_or(PasskeyError::NotFound)
                };
                let user = there(tx.passkey(id).await?)?.user;
                let user = tx.user_for_update(&user).await?.ok_or(PasskeyError::UserNotFound)?;
                let passkey = there(tx.passkey(id).await?)?;
                record(&passkey, name, (&user, Actor::Operator), &**clock, tx).await?;
                Ok::<_, PasskeyError>(Passkey { name: name.clone(), ..passkey })
            })
        });
        renamed.await
    }
}

/// Renames a passkey whose user is locked.
async fn record(
    passkey: &Passkey,
    name: &Text,
    (user, actor): (&User, Actor),
    clock: &dyn Clock,
    tx: &mut dyn Repositories,
) -> StoreResult<ObjectDetails> {
    if passkey.name == *name {
        return standing(user, tx).await;
    }
    tx.rename_passkey(&passkey.id, name).await?;
    record_change(user, EventKind::PasskeyRenamed(passkey.id.clone()), actor, clock.now(), tx).await
}

#[cfg(test)]
mod tests;
