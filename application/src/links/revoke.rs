//! Listing a user's links, and revoking them: by an operator, or by the code in the mail.

use std::sync::Arc;

use passlink_domain::{EventKind, LinkId, LinkState, PasskeyLink, Purpose, UserId};

use crate::{
    codes::{CodeDesk, CodeError, PresentedCode},
    ports::{Clock, LinkKind, Observer, Repositories, Store, StoreError},
    users::history::record_change,
};

/// Why a link was not revoked or listed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such user.
    #[error("there is no user with this id; `passlink user list` shows them")]
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

/// What can be done with links that were made.
pub struct LinkUseCases {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl LinkUseCases {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self { store, clock, observer }
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

    /// Revokes a link that has not ended; a change in the user's history. One that has expired is not
    /// mailed again after this.
    pub async fn revoke(&self, id: LinkId) -> Result<PasskeyLink, LinkError> {
        let clock = self.clock.clone();
        let work = self.store.write(id, move |id, tx| Box::pin(revoke(id, clock.clone(), tx)));
        let (link, revoked) = work.await?;
        if !revoked {
            return Err(LinkError::Ended(link.state));
        }
        self.observer.links(LinkState::Revoked, LinkKind::from(&link.delivery), 1);
        Ok(link)
    }

    /// Revokes the link that the code is for. Nothing is left to be done, and so that is no error,
    /// when nobody could use the link any more.
    ///
    /// Errors: [`CodeError::Invalid`] when a passkey was registered with it, as well.
    #[tracing::instrument(name = "passlink.revoke_link", skip_all)]
    pub async fn revoke_by_code(
        &self,
        codes: &CodeDesk,
        presented: PresentedCode<LinkId>,
    ) -> Result<(), CodeError> {
        let (link, _) = codes.link(&presented, Purpose::Revoke).await?;
        match self.revoke(link.id).await {
            Ok(_) => Ok(()),
            Err(LinkError::Ended(LinkState::Redeemed)) => Err(CodeError::Invalid),
            Err(LinkError::Ended(_)) => Ok(()),
            Err(LinkError::Store(error)) => Err(error.into()),
            Err(LinkError::UserNotFound | LinkError::NotFound) => Err(CodeError::Invalid),
        }
    }
}

/// The link as it then is, and whether it was revoked.
async fn revoke(
    id: &LinkId,
    clock: Arc<dyn Clock>,
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, bool), LinkError> {
    let user = tx.link(id).await?.ok_or(LinkError::NotFound)?.user;
    let user = tx.user_for_update(&user).await?.ok_or(LinkError::UserNotFound)?;
    let now = clock.now();
    let revoked = tx.end_link(id, LinkState::Revoked, now).await?;
    let link = tx.link(id).await?.ok_or(LinkError::NotFound)?;
    if revoked {
        record_change(&user, EventKind::LinkRevoked(id.clone()), now, tx).await?;
    } else {
        tx.mark_resent(id, now).await?;
    }
    Ok((link.seen_at(now), revoked))
}

#[cfg(test)]
mod tests;
