//! Where codes are shown: what each opens, for whom, and how often a wrong one may be tried.

use std::sync::Arc;

use passlink_domain::{
    CodeBinding, CodeKeys, KeyId, LinkId, Passkey, PasskeyId, PasskeyLink, Purpose, User,
};
use zeroize::Zeroizing;

use crate::{ClientAddress, Limiter, Repositories, Store, StoreError, TooMany};

/// Why a code opens nothing. Whatever is wrong with it, callers are told the same.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// It is wrong, its time is over, or what it was for is gone.
    #[error("the code does not hold")]
    Invalid,
    /// Too many wrong ones came from there, or for the same link.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A code as somebody presented it.
pub struct PresentedCode<T> {
    /// What it shall open.
    pub id: T,
    /// The code.
    pub code: Zeroizing<String>,
    /// Who presents it, if that is known.
    pub from: Option<ClientAddress>,
}

/// Checks codes.
#[derive(Clone)]
pub struct CodeDesk {
    store: Arc<dyn Store>,
    keys: Arc<CodeKeys>,
    wrong: Arc<Limiter>,
}

impl CodeDesk {
    /// Takes the ports; `wrong` counts wrong codes. A right one holds however many wrong ones
    /// came before.
    pub fn new(store: Arc<dyn Store>, keys: Arc<CodeKeys>, wrong: Arc<Limiter>) -> Self {
        Self { store, keys, wrong }
    }

    /// The link that the code is for, and its user, who is active. The link may have ended.
    pub async fn link(
        &self,
        presented: &PresentedCode<LinkId>,
        purpose: Purpose,
    ) -> Result<(PasskeyLink, User), CodeError> {
        let found =
            self.store.read(presented.id.clone(), |id, tx| Box::pin(link_and_user(id, tx))).await?;
        let binding = found.as_ref().map(|(link, _)| (&link.key, link.code_binding(purpose)));
        self.check(binding, presented.id.as_str(), &presented.code, presented.from)?;
        found.filter(|(_, user)| user.active().is_ok()).ok_or(CodeError::Invalid)
    }

    /// The passkey whose registration the code undoes, and its user, who is active. The passkey
    /// may be removed.
    pub async fn passkey(
        &self,
        presented: &PresentedCode<PasskeyId>,
    ) -> Result<(Passkey, User), CodeError> {
        let found = self
            .store
            .read(presented.id.clone(), |id, tx| Box::pin(passkey_and_user(id, tx)))
            .await?;
        let binding = found.as_ref().and_then(|(passkey, _)| passkey.undo_binding());
        self.check(binding, presented.id.as_str(), &presented.code, presented.from)?;
        found.filter(|(_, user)| user.active().is_ok()).ok_or(CodeError::Invalid)
    }

    fn check(
        &self,
        binding: Option<(&KeyId, CodeBinding<'_>)>,
        id: &str,
        presented: &str,
        from: Option<ClientAddress>,
    ) -> Result<(), CodeError> {
        let code = binding.and_then(|(key, binding)| self.keys.derive(key, &binding));
        if code.is_some_and(|code| code.matches(presented)) {
            return Ok(());
        }
        from.map_or(Ok(()), |from| self.wrong.count_client(from))?;
        self.wrong.count(id)?;
        Err(CodeError::Invalid)
    }
}

async fn link_and_user(
    id: &LinkId,
    tx: &mut dyn Repositories,
) -> Result<Option<(PasskeyLink, User)>, StoreError> {
    let Some(link) = tx.link(id).await? else { return Ok(None) };
    let user = tx.user(&link.user).await?;
    Ok(user.map(|user| (link, user)))
}

async fn passkey_and_user(
    id: &PasskeyId,
    tx: &mut dyn Repositories,
) -> Result<Option<(Passkey, User)>, StoreError> {
    let Some(passkey) = tx.passkey(id).await? else { return Ok(None) };
    let user = tx.user(&passkey.user).await?;
    Ok(user.map(|user| (passkey, user)))
}
