//! Checking codes: what each opens, for whom, and how often a wrong one may be tried.

use std::sync::Arc;

use passlink_domain::{
    CodeBinding, CodeKeys, KeyId, LinkId, Passkey, PasskeyId, PasskeyLink, Purpose, User, UserId,
    UserState,
};
use zeroize::Zeroizing;

use crate::{
    domains::Domain,
    limits::{ClientAddress, Limiter, TooMany},
    ports::{Ports, StoreError},
};

/// Why a code opens nothing. Callers get the same answer whatever is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// It is wrong, its time is over, or what it was for is gone.
    #[error("the code does not hold")]
    Invalid,
    /// Too many wrong ones came from there, or for the same link.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct PresentedCode<T> {
    /// What it shall open.
    pub id: T,
    pub code: Zeroizing<String>,
    /// Who presents it, if that is known.
    pub from: Option<ClientAddress>,
}

#[derive(Clone)]
pub struct CodeChecker {
    pub ports: Ports,
    pub keys: Arc<CodeKeys>,
    /// Where codes are presented: those of another domain open nothing.
    pub domain: Arc<Domain>,
    /// Counts wrong codes. A right one holds however many wrong ones came before.
    pub wrong: Arc<Limiter>,
}

impl CodeChecker {
    /// The link that the code is for, and its user, who may use it. The link may have ended.
    pub async fn link(
        &self,
        presented: &PresentedCode<LinkId>,
        purpose: Purpose,
    ) -> Result<(PasskeyLink, User), CodeError> {
        let link = self.ports.store.read(presented.id.clone(), |id, tx| tx.link(id)).await?;
        let link: Option<PasskeyLink> = link.filter(|link| self.domain.knows_link(link));
        let binding = link.as_ref().map(|link| (&link.key, link.code_binding(purpose)));
        self.check(binding, ("link", presented.id.as_str()), presented)?;
        let link = link.ok_or(CodeError::Invalid)?;
        self.check_key(&link.key).await?;
        let user = self.user(&link.user, purpose).await?;
        Ok((link, user))
    }

    /// The passkey whose registration the code undoes, and its user, who may use it. The passkey may be
    /// removed.
    pub async fn passkey(
        &self,
        presented: &PresentedCode<PasskeyId>,
    ) -> Result<(Passkey, User), CodeError> {
        let passkey = self.ports.store.read(presented.id.clone(), |id, tx| tx.passkey(id)).await?;
        let binding = passkey.as_ref().and_then(Passkey::undo_binding);
        let binding = binding.filter(|(_, binding)| self.domain.knows_name(binding.domain));
        self.check(binding, ("passkey", presented.id.as_str()), presented)?;
        let passkey = passkey.ok_or(CodeError::Invalid)?;
        if let Some(undo) = &passkey.undo {
            self.check_key(&undo.key).await?;
        }
        let user = self.user(&passkey.user, Purpose::Undo).await?;
        if !self.domain.serves(&user.organisation) {
            return Err(self.refuse(("passkey", presented.id.as_str()), presented));
        }
        Ok((passkey, user))
    }

    /// A wrong code is refused before anything else is looked up, and after the same work whether or not
    /// there is something that it could open: the time of a refusal must not give that away.
    fn check<T>(
        &self,
        binding: Option<(&KeyId, CodeBinding<'_>)>,
        thing: (&str, &str),
        presented: &PresentedCode<T>,
    ) -> Result<(), CodeError> {
        if self.keys.opens(binding, &presented.code) {
            Ok(())
        } else {
            Err(self.refuse(thing, presented))
        }
    }

    /// Counts a code that opens nothing here.
    fn refuse<T>(&self, (kind, id): (&str, &str), presented: &PresentedCode<T>) -> CodeError {
        let counted = presented.from.map_or(Ok(()), |from| self.wrong.count_client(from));
        let counted = counted.and_then(|()| self.wrong.count_thing(kind, id));
        counted.map_or_else(CodeError::from, |()| CodeError::Invalid)
    }

    /// What was made with a key that was retired at once has ended. A node that did not know of that yet
    /// may have made it since.
    async fn check_key(&self, key: &KeyId) -> Result<(), CodeError> {
        let retired = self.ports.store.read(key.clone(), |key, tx| tx.is_retired(key)).await;
        if retired? { Err(CodeError::Invalid) } else { Ok(()) }
    }

    /// The user, who may use a code for `purpose`. "This wasn't me" is for everybody who was not removed:
    /// it is needed most while an operator has the user locked.
    async fn user(&self, id: &UserId, purpose: Purpose) -> Result<User, CodeError> {
        let user: Option<User> = self.ports.store.read(id.clone(), |id, tx| tx.user(id)).await?;
        let may_use = |user: &User| match purpose {
            Purpose::Register => user.active().is_ok(),
            Purpose::Revoke | Purpose::Undo => user.state != UserState::Removed,
        };
        user.filter(may_use).ok_or(CodeError::Invalid)
    }
}

#[cfg(test)]
mod tests;
