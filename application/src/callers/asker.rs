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
    /// Whoever has a token.
    Token(Arc<PendingToken>),
}

/// A token that was made here and is not looked up yet, and what is asked for with it.
pub struct PendingToken {
    callers: Callers,
    hash: TokenHash,
    user: Option<UserId>,
    permission: Permission,
    found: OnceLock<Token>,
    on_found: Box<dyn Fn(&Caller) + Send + Sync>,
}

impl PendingToken {
    /// A token that [is ours](BearerToken::is_ours); user and permission are as for [`Callers::acting`].
    /// `on_found` hears who has the token, whether they may do what they ask for or not.
    pub fn new(
        callers: Callers,
        token: &BearerToken,
        (user, permission): (Option<UserId>, Permission),
        on_found: impl Fn(&Caller) + Send + Sync + 'static,
    ) -> Self {
        let (hash, on_found) = (token.hash(), Box::new(on_found));
        Self { callers, hash, user, permission, found: OnceLock::new(), on_found }
    }

    /// Notes that the token was used, if it was found.
    pub async fn note_use(&self) {
        if let Some(token) = self.found.get() {
            self.callers.note_use(token).await;
        }
    }
}

impl Asker {
    /// Who acts. Looks up who has the token, if that is not known yet.
    ///
    /// Errors: as those of [`Callers::caller`] and [`Callers::acting`].
    pub(crate) async fn acting(&self, tx: &mut dyn Repositories) -> Result<Acting, CallerError> {
        match self {
            Self::Known(acting) => Ok(acting.clone()),
            Self::Token(it) => {
                let (caller, token) = it.callers.find_holder(&it.hash, tx).await?;
                it.found.get_or_init(|| token);
                (it.on_found)(&caller);
                it.callers.acting(caller, it.user.as_ref(), it.permission)
            }
        }
    }
}

#[cfg(test)]
mod tests;
