//! What ends with a session: its token, and the open links that it made.

use jiff::Timestamp;
use passlink_domain::{LinkKind, LinkState, PasskeyId, SessionId, TokenId, UserId};

use crate::ports::{Observer, Repositories, SessionEnd, StoreResult};

/// How many sessions ended, and how many open links of each kind with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    pub sessions: u64,
    mailed: u64,
    returned: u64,
}

impl Ended {
    /// Reports it once it is durable.
    pub fn report(self, end: SessionEnd, observer: &dyn Observer) {
        observer.sessions_ended(end, self.sessions);
        observer.links(LinkState::Revoked, LinkKind::Mailed, self.mailed);
        observer.links(LinkState::Revoked, LinkKind::Returned, self.returned);
    }
}

/// Ends a session, if it is there and has not ended.
pub(crate) async fn end_session(
    id: &SessionId,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Ended> {
    if !tx.end_session(id, now).await? {
        return Ok(Ended::default());
    }
    let token = TokenId::from(id);
    Ok(Ended {
        sessions: 1,
        mailed: tx.revoke_links_of_token(&token, LinkKind::Mailed, now).await?,
        returned: tx.revoke_links_of_token(&token, LinkKind::Returned, now).await?,
    })
}

/// Ends the sessions in which this passkey of the user's signed in, and the open links that any session of the
/// user made: another passkey may have signed in to the same session since.
pub(crate) async fn end_sessions_by(
    user: &UserId,
    passkey: &PasskeyId,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Ended> {
    // Sessions come before links wherever both are locked.
    Ok(Ended {
        sessions: tx.end_sessions_of(user, Some(passkey), now).await?,
        mailed: tx.revoke_links_of_sessions(user, LinkKind::Mailed, now).await?,
        returned: tx.revoke_links_of_sessions(user, LinkKind::Returned, now).await?,
    })
}
