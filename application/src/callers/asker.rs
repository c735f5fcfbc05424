//! Who asks for something: a token that was made here can be looked up in the same turn as what is asked for.

use std::sync::{Arc, OnceLock};

use passlink_domain::{BearerToken, Token, TokenHash};

use super::{Acting, Asked, Caller, CallerError, Callers};
use crate::ports::Repositories;

/// Who asks for something, with what they may do once that is known.
#[derive(Clone)]
pub enum Asker<Grant = Acting> {
    /// A caller who was looked up.
    Known(Grant),
    /// Whoever has a token.
    Token(Arc<PendingToken<Grant>>),
}

/// A token that was made here and is not looked up yet, and what is asked for with it.
pub struct PendingToken<Grant = Acting> {
    callers: Callers,
    hash: TokenHash,
    asked: Asked<Grant>,
    /// Set once it was looked up: whether it speaks for somebody.
    holds: OnceLock<bool>,
    /// Set once it was found, unless it is that of a session.
    found: OnceLock<Token>,
    /// Set once it was found and may do this.
    granted: OnceLock<Grant>,
    on_found: Box<dyn Fn(&Caller) + Send + Sync>,
}

impl<Grant> PendingToken<Grant> {
    /// A token that [is ours](BearerToken::is_ours). `on_found` hears who has the token, whether they may do
    /// what they ask for or not.
    pub fn new(
        callers: Callers,
        token: &BearerToken,
        asked: Asked<Grant>,
        on_found: impl Fn(&Caller) + Send + Sync + 'static,
    ) -> Self {
        let (hash, on_found) = (token.hash(), Box::new(on_found));
        let (holds, found, granted) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { callers, hash, asked, holds, found, granted, on_found }
    }

    /// Whether the token speaks for somebody, once it was looked up.
    pub fn holds(&self) -> Option<bool> {
        self.holds.get().copied()
    }

    /// What is asked for.
    pub fn asked(&self) -> &Asked<Grant> {
        &self.asked
    }

    /// Notes that the token was used, if it was found.
    pub async fn note_use(&self) {
        if let Some(token) = self.found.get() {
            self.callers.note_use(token).await;
        }
    }
}

impl<Grant: Clone> Asker<Grant> {
    /// What they may do. Looks up who has the token, if that is not known yet.
    ///
    /// Errors: as those of [`Callers::caller`] and [`Asked::grant`].
    pub(crate) async fn grant(&self, tx: &mut dyn Repositories) -> Result<Grant, CallerError> {
        match self {
            Self::Known(grant) => Ok(grant.clone()),
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
                let grant = it.asked.grant(&it.callers, caller)?;
                it.granted.get_or_init(|| grant.clone());
                Ok(grant)
            }
        }
    }

    /// What they may do, once that is known.
    pub(crate) fn granted(&self) -> Option<&Grant> {
        match self {
            Self::Known(grant) => Some(grant),
            Self::Token(it) => it.granted.get(),
        }
    }
}

impl<Grant> From<Grant> for Asker<Grant> {
    fn from(grant: Grant) -> Self {
        Self::Known(grant)
    }
}

#[cfg(test)]
mod tests;
