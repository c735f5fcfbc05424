//! The history of a user: its next entry, and where it stands.

use jiff::Timestamp;
use passlink_domain::{Actor, EventKind, ObjectDetails, User, UserEvent};

use crate::ports::{Repositories, StoreResult};

/// Records the next change in a user's history.
pub(crate) async fn record_change(
    user: &User,
    kind: EventKind,
    actor: Actor,
    at: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<ObjectDetails> {
    let sequence = user.sequence.next();
    tx.record(&UserEvent { user: user.id.clone(), sequence, kind, actor, at }).await?;
    Ok(ObjectDetails {
        sequence,
        created: None,
        changed: at,
        resource_owner: user.organisation.clone(),
    })
}

/// Where the user's history stands.
pub(crate) async fn standing(user: &User, tx: &mut dyn Repositories) -> StoreResult<ObjectDetails> {
    Ok(ObjectDetails {
        sequence: user.sequence,
        created: None,
        changed: tx.recorded_at(&user.id, user.sequence).await?,
        resource_owner: user.organisation.clone(),
    })
}
