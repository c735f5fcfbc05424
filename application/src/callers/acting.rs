//! Leave to act for a user, which every use case needs that a caller asks for.

use jiff::Timestamp;
use passlink_domain::{
    Actor, Organisations, PasskeyLink, Session, SessionId, Text, TokenId, User, UserId,
};

use crate::ports::{Repositories, StoreResult};

/// Who acts for a user. Whether the caller reaches that user's organisation is looked at where the user
/// is read: who is out of reach is as if not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// For whom.
    pub user: UserId,
    pub actor: Actor,
    /// Whose users the caller reaches. Nothing is looked at for a token of the user's own, a code or an
    /// operator.
    pub(crate) within: Option<Organisations>,
    /// What the caller's token is called.
    pub token_name: Option<Text>,
    /// The caller's token, if it was made here; a session stands for its own.
    pub token: Option<TokenId>,
    /// The caller's session, if they call with its token.
    pub session: Option<SessionId>,
}

impl Acting {
    pub fn operator(user: UserId) -> Self {
        Self {
            user,
            actor: Actor::Operator,
            within: None,
            token_name: None,
            token: None,
            session: None,
        }
    }

    pub(crate) fn code_holder(user: UserId) -> Self {
        Self { actor: Actor::CodeHolder, ..Self::operator(user) }
    }

    /// Whoever has the code of a link, which was asked for with some token.
    pub(crate) fn holder_of(link: &PasskeyLink) -> Self {
        let (token_name, token) = (link.requested_by.clone(), link.token.clone());
        Self { token_name, token, ..Self::code_holder(link.user.clone()) }
    }

    /// Whether the caller's token, or session, still holds. Whoever ends a session, or a token of the user's own,
    /// waits for the lock on the user, or on the row that is read here.
    pub(crate) async fn holds_at(
        &self,
        now: Timestamp,
        tx: &mut dyn Repositories,
    ) -> StoreResult<bool> {
        if let Some(session) = &self.session {
            let session = tx.session_for_share(session).await?;
            let user = session.as_ref().filter(|it| it.holds_at(now)).and_then(Session::speaks_for);
            return Ok(user == Some(&self.user));
        }
        let Some(id) = &self.token else { return Ok(true) };
        let token = match &self.actor {
            Actor::Person(user) if *user == self.user => tx.token(id).await?,
            _ => tx.token_for_share(id).await?,
        };
        Ok(token.is_some_and(|token| token.holds_at(now)))
    }

    /// The user, if there is one within reach.
    pub(crate) async fn user(&self, tx: &mut dyn Repositories) -> StoreResult<Option<User>> {
        Ok(self.reached(tx.user(&self.user).await?))
    }

    /// The user, if there is one within reach, whom nobody else changes before the transaction ends.
    pub(crate) async fn lock_user(&self, tx: &mut dyn Repositories) -> StoreResult<Option<User>> {
        Ok(self.reached(tx.user_for_update(&self.user).await?))
    }

    fn reached(&self, user: Option<User>) -> Option<User> {
        user.filter(|user| {
            self.within.as_ref().is_none_or(|within| within.include(&user.organisation))
        })
    }
}
