//! Ending a session.

use passlink_domain::{Session, SessionId, TokenHash};

use super::{ended::end_session, error::SessionError, manage::ManageSessions, show::may_touch};
use crate::{
    callers::{Asker, SessionAccess},
    ports::SessionEnd,
};

impl ManageSessions {
    /// Ends a session; its token, and the open links that it made, end in the same moment. Returns it as it then is.
    ///
    /// Errors: [`SessionError`], as for showing it.
    #[tracing::instrument(name = "passlink.end_session", skip_all)]
    pub async fn end(
        &self,
        asker: impl Into<Asker<SessionAccess>>,
        id: SessionId,
        token: Option<TokenHash>,
    ) -> Result<Session, SessionError> {
        let given = (asker.into(), id, token, self.ports.clone());
        let end = self.ports.store.write(given, |(asker, id, token, ports), tx| {
            Box::pin(async move {
                let access = &asker.grant(tx).await?;
                ports.observer.session(id, None);
                let session = tx.session_for_update(id).await?;
                let now = ports.clock.now();
                let session = session.filter(|session| session.holds_at(now));
                let session = may_touch(access, session, token.as_ref(), tx).await?;
                let ended = end_session(id, now, tx).await?;
                if ended.sessions == 0 {
                    return Err(SessionError::NotFound);
                }
                let sequence = session.sequence.saturating_add(1);
                Ok((Session { changed: now, ended: Some(now), sequence, ..session }, ended))
            })
        });
        let (session, ended) = end.await?;
        self.observe(&session);
        ended.report(SessionEnd::Deleted, &*self.ports.observer);
        Ok(session)
    }
}
