//! Exporting passkeys, with all that a relying party needs to verify them.

use passlink_domain::{Passkey, PasskeyId, UserHandle, UserId};

use crate::ports::{Ports, Repositories, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the user does not exist")]
    UserNotFound,
    #[error("the user {0} has passkeys, but no handle that names the user to their authenticators")]
    NoHandle(UserId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A passkey, and what its authenticator knows its user by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedPasskey {
    pub passkey: Passkey,
    pub handle: UserHandle,
}

pub struct ExportPasskeys(pub Ports);

impl ExportPasskeys {
    /// Up to `limit` passkeys, of the user or of all, by id, after `after`.
    ///
    /// Errors: [`ExportError::UserNotFound`] when there is no such user.
    pub async fn page(
        &self,
        user: Option<UserId>,
        after: Option<PasskeyId>,
        limit: u64,
    ) -> Result<Vec<ExportedPasskey>, ExportError> {
        let export = self.0.store.read((user, after), move |(user, after), tx| {
            Box::pin(page(user.as_ref(), after.as_ref(), limit, tx))
        });
        export.await
    }
}

async fn page(
    user: Option<&UserId>,
    after: Option<&PasskeyId>,
    limit: u64,
    tx: &mut dyn Repositories,
) -> Result<Vec<ExportedPasskey>, ExportError> {
    if let Some(user) = user {
        tx.user(user).await?.ok_or(ExportError::UserNotFound)?;
    }
    let passkeys = tx.passkeys_after(user, after, limit).await?;
    let mut exported = Vec::with_capacity(passkeys.len());
    for passkey in passkeys {
        let handle = tx.handle_of(&passkey.user).await?;
        let handle = handle.ok_or_else(|| ExportError::NoHandle(passkey.user.clone()))?;
        exported.push(ExportedPasskey { passkey, handle });
    }
    Ok(exported)
}

#[cfg(test)]
mod tests;
