//! Listing sessions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use passlink_domain::{SessionId, User, UserId};

use super::{error::SessionError, manage::ManageSessions, show::ShownSession};
use crate::{
    callers::{Asker, CallerError, SessionAccess},
    ports::{Comparison, SessionSearch, SessionsAmong},
};

/// Which sessions are listed, and in which order.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    pub ids: Option<BTreeSet<SessionId>>,
    pub user: Option<UserId>,
    pub created: Vec<(Comparison, Timestamp)>,
    /// Whether the oldest comes first, and not the newest.
    pub ascending: bool,
    pub offset: u64,
    pub limit: u64,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSessions {
    pub sessions: Vec<ShownSession>,
    /// How many there are in all.
    pub total: u64,
    /// When they were looked at.
    pub at: Timestamp,
}

impl ManageSessions {
    /// Lists sessions that hold: those that the permission reaches; without it, a person's own.
    ///
    /// Errors: [`SessionError`].
    #[tracing::instrument(name = "passlink.list_sessions", skip_all)]
    pub async fn list(
        &self,
        asker: impl Into<Asker<SessionAccess>>,
        filter: SessionFilter,
    ) -> Result<ListedSessions, SessionError> {
        let at = self.ports.clock.now();
        let other_rp_ids = self.domain.other_rp_ids().to_vec();
        let given = (asker.into(), filter, other_rp_ids);
        let list = self.ports.store.read(given, move |(asker, filter, other_rp_ids), tx| {
            Box::pin(async move {
                let access = asker.grant(tx).await?;
                let among = match (access.organisations(), access.person()) {
                    (Ok(these), _) => SessionsAmong::Organisations(these.clone()),
                    (Err(_), Some((user, within))) => {
                        SessionsAmong::User(user.clone(), within.clone())
                    }
                    (Err(_), None) => return Err(CallerError::Denied.into()),
                };
                let search = SessionSearch {
                    among,
                    other_rp_ids: other_rp_ids.clone(),
                    ids: filter.ids.clone(),
                    user: filter.user.clone(),
                    created: filter.created.clone(),
                    now: at,
                    ascending: filter.ascending,
                    offset: filter.offset,
                    limit: filter.limit,
                };
                let found = tx.find_sessions(&search).await?;
                let ids: BTreeSet<_> =
                    found.sessions.iter().filter_map(|it| Some(it.user()?.0.clone())).collect();
                let users = tx.some_users(&Vec::from_iter(ids)).await?;
                Ok::<_, SessionError>((found, users))
            })
        });
        let (found, users) = list.await?;
        let users: BTreeMap<UserId, User> =
            users.into_iter().map(|user| (user.id.clone(), user)).collect();
        let shown = found.sessions.into_iter().map(|session| {
            let user = session.user().and_then(|(user, _)| users.get(user).cloned());
            ShownSession { session, user }
        });
        Ok(ListedSessions { sessions: shown.collect(), total: found.total, at })
    }
}
