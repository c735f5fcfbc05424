//! Showing a session.

use passlink_domain::{Session, SessionId, TokenHash, User};

use super::{error::SessionError, manage::ManageSessions};
use crate::{
    callers::{Asker, CallerError, SessionAccess},
    ports::Repositories,
};

/// A session, with its user as far as a caller may know who that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSession {
    pub session: Session,
    pub user: Option<User>,
}

impl ManageSessions {
    /// Shows a session that holds: to whom the permission reaches, to the one who signed in, and to whoever has
    /// its token.
    ///
    /// Errors: [`SessionError`].
    #[tracing::instrument(name = "passlink.get_session", skip_all)]
    pub async fn show(
        &self,
        asker: impl Into<Asker<SessionAccess>>,
        id: SessionId,
        token: Option<TokenHash>,
    ) -> Result<ShownSession, SessionError> {
        let now = self.ports.clock.now();
        let given = (asker.into(), id, token, self.ports.observer.clone());
        let show = self.ports.store.read(given, move |(asker, id, token, observer), tx| {
            Box::pin(async move {
                let access = &asker.grant(tx).await?;
                observer.session(id, None);
                let session = tx.session(id).await?.filter(|session| session.holds_at(now));
                let session = may_touch(access, session, token.as_ref(), tx).await?;
                let user = match session.user() {
                    Some((user, _)) => tx.user(user).await?,
                    None => None,
                };
                Ok::<_, SessionError>(ShownSession { session, user })
            })
        });
        let shown = show.await?;
        self.observe(&shown.session);
        Ok(shown)
    }
}

/// The session, if the caller may read or end it.
///
/// Errors: [`CallerError::Denied`], for a caller without the permission who shows no token of it either; and
/// otherwise [`SessionError::NotFound`].
pub(super) async fn may_touch(
    access: &SessionAccess,
    session: Option<Session>,
    token: Option<&TokenHash>,
    tx: &mut dyn Repositories,
) -> Result<Session, SessionError> {
    let is_permitted = access.organisations().is_ok();
    if let Some(session) = &session
        && (access.reaches(session) || access.owns(session))
    {
        return Ok(session.clone());
    }
    let Some(token) = token else {
        return Err(if is_permitted { SessionError::NotFound } else { CallerError::Denied.into() });
    };
    match session {
        Some(it) if token.session() == Some(&it.id) && access.is_here(&it) => {
            tx.session_by_token(token).await?.ok_or(SessionError::NotFound)
        }
        _ => Err(SessionError::NotFound),
    }
}
