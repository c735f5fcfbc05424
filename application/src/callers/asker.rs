//! Who asks for something that is only read: a token that was made here is looked up in the same turn.

use std::sync::{Arc, OnceLock};

use passlink_domain::{BearerToken, Permission, Token, TokenHash, UserId};

use super::{Acting, Caller, CallerError, Callers};
use crate::ports::Repositories;

/// Who asks for something that is only read.
#[derive(Clone)]
pub enum Asker {
    /// A caller who was looked up.
    Known(Acting),
    /// Whoever holds a token.
    Holder(Arc<Holding>),
}

/// A token that was made here and is not looked up yet, and what its holder wants to do.
pub struct Holding {
    callers: Callers,
    token: TokenHash,
    user: Option<UserId>,
    permission: Permission,
    found: OnceLock<(Caller, Token)>,
}

impl Holding {
    /// What is left of [`Callers::acting`] for who presents a token that [is ours](BearerToken::is_ours).
    pub fn new(
        callers: Callers,
        token: &BearerToken,
        user: Option<UserId>,
        permission: Permission,
    ) -> Self {
        Self { callers, token: token.hash(), user, permission, found: OnceLock::new() }
    }

    /// Who holds the token, once that was looked up.
    pub fn caller(&self) -> Option<&Caller> {
        self.found.get().map(|(caller, _)| caller)
    }

    /// Notes that the token was used, if it was found.
    pub async fn note_use(&self) {
        if let Some((_, token)) = self.found.get() {
            self.callers.note_use(token).await;
        }
    }
}

impl Asker {
    /// Who acts. Looks up who holds the token, if it is not known yet.
    ///
    /// Errors: as those of [`Callers::caller`] and [`Callers::acting`].
    pub(crate) async fn acting(&self, tx: &mut dyn Repositories) -> Result<Acting, CallerError> {
        match self {
            Self::Known(acting) => Ok(acting.clone()),
            Self::Holder(it) => {
                let (caller, token) = it.callers.find_holder(&it.token, tx).await?;
                it.found.get_or_init(|| (caller.clone(), token));
                it.callers.acting(caller, it.user.as_ref(), it.permission)
            }
        }
    }
}

#[cfg(test)]
mod tests;
