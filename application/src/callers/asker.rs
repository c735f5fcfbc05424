//! Who asks for something: a token that was made here can be looked up in the same turn as what is asked for.

use std::sync::{Arc, OnceLock};

use passlink_domain::{BearerToken, Permission, Token, TokenHash, UserId};

use super::{Acting, Caller, CallerError, Callers};
use crate::ports::Repositories;

/// Who asks for something.
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
    /// Set once it was looked up: whether it speaks for somebody.
    holds: OnceLock<bool>,
    /// Set once it was found, unless it is that of a session.
    found: OnceLock<Token>,
    /// Set once it was found and may do this.
    acts_for: OnceLock<UserId>,
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
        let (holds, found, acts_for) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { callers, hash, user, permission, holds, found, acts_for, on_found }
    }

    /// Whether the token speaks for somebody, once it was looked up.
    pub fn holds(&self) -> Option<bool> {
        self.holds.get().copied()
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
                let held = it.callers.find_holder(&it.hash, tx).await;
                if let Err(CallerError::Invalid(_)) = &held {
                    it.holds.get_or_init(|| false);
                }
                let (caller, token) = held?;
                it.holds.get_or_init(|| true);
                if let Some(token) = token {
                    it.found.get_or_init(|| token);
                }
                (it.on_found)(&caller);
                let acting = it.callers.acting(caller, it.user.as_ref(), it.permission)?;
                it.acts_for.get_or_init(|| acting.user.clone());
                Ok(acting)
            }
        }
    }

    /// The user for whom they act, once that is known.
    pub(crate) fn acts_for(&self) -> Option<&UserId> {
        match self {
            Self::Known(acting) => Some(&acting.user),
            Self::Token(it) => it.acts_for.get(),
        }
    }
}

impl From<Acting> for Asker {
    fn from(acting: Acting) -> Self {
        Self::Known(acting)
    }
}

#[cfg(test)]
mod tests;
