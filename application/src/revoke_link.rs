//! Listing and revoking a user's links, by an operator.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{EventKind, LinkId, LinkState, PasskeyLink, UserId};

use crate::{Clock, Repositories, Store, StoreError, link_desk::record_change};

/// Why a link was not revoked or listed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such user.
    #[error("there is no user with this id")]
    UserNotFound,
    /// There is no such link.
    #[error("there is no link with this id; `passlink link list` shows them")]
    NotFound,
    /// The link has ended already.
    #[error("the link has ended already: it is {0:?}")]
    Ended(LinkState),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator can do with links.
pub struct LinkUseCases {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl LinkUseCases {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Up to `limit` of the user's links, by id, after `after`, each as it is now.
    pub async fn list(
        &self,
        user: UserId,
        after: Option<LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, LinkError> {
        let now = self.clock.now();
        self.store
            .read((user, after), move |(user, after), tx| {
                Box::pin(async move {
                    tx.user(user).await?.ok_or(LinkError::UserNotFound)?;
                    let links = tx.links_of(user, after.as_ref(), limit).await?;
                    Ok(links.into_iter().map(|link| link.seen_at(now)).collect())
                })
            })
            .await
    }

    /// Revokes a link that has not ended; a change in the user's history.
    pub async fn revoke(&self, id: LinkId) -> Result<PasskeyLink, LinkError> {
        let now = self.clock.now();
        self.store.write(id, move |id, tx| Box::pin(revoke(id, now, tx))).await
    }
}

async fn revoke(
    id: &LinkId,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<PasskeyLink, LinkError> {
    let link = tx.link(id).await?.ok_or(LinkError::NotFound)?;
    let user = tx.user_for_update(&link.user).await?.ok_or(LinkError::UserNotFound)?;
    let ended = || LinkError::Ended(link.clone().seen_at(now).state);
    if !link.is_open_at(now) {
        return Err(ended());
    }
    let revoked = link.clone().becomes(LinkState::Revoked, now).map_err(|_| ended())?;
    if !tx.move_link(id, link.state, revoked.state).await? {
        return Err(ended());
    }
    record_change(&user, EventKind::LinkRevoked(id.clone()), now, tx).await?;
    Ok(revoked)
}

#[cfg(test)]
mod tests;
