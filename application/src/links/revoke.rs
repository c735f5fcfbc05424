//! Revoking a link: by an operator, or by the code in the mail.

use std::sync::Arc;

use passlink_domain::{Actor, EventKind, LinkId, LinkState, PasskeyLink, Purpose};

use crate::{
    codes::{CodeChecker, CodeError, PresentedCode},
    links::LinkError,
    ports::{Clock, Ports, Repositories},
    users::history::record_change,
};

pub struct RevokeLink(pub Ports);

impl RevokeLink {
    /// Revokes a link that has not ended; a change in the user's history. One that has expired is not
    /// mailed again after this.
    pub async fn revoke(&self, id: LinkId) -> Result<PasskeyLink, LinkError> {
        self.revoke_as(Actor::Operator, id).await
    }

    async fn revoke_as(&self, actor: Actor, id: LinkId) -> Result<PasskeyLink, LinkError> {
        let clock = self.0.clock.clone();
        let work = self.0.store.write((id, actor), move |(id, actor), tx| {
            Box::pin(revoke(id, actor, clock.clone(), tx))
        });
        let (link, revoked) = work.await?;
        if !revoked {
            return Err(LinkError::Ended(link.state));
        }
        self.0.observer.links(LinkState::Revoked, link.delivery.kind(), 1);
        Ok(link)
    }

    /// Revokes the link that the code is for. It is no error when nobody could use the link any more:
    /// nothing is left to be done.
    ///
    /// Errors: [`CodeError::Invalid`] when a passkey was registered with it, as well.
    #[tracing::instrument(name = "passlink.revoke_link", skip_all)]
    pub async fn by_code(
        &self,
        codes: &CodeChecker,
        presented: PresentedCode<LinkId>,
    ) -> Result<(), CodeError> {
        let (link, _) = codes.link(&presented, Purpose::Revoke).await?;
        match self.revoke_as(Actor::CodeHolder, link.id).await {
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
    actor: &Actor,
    clock: Arc<dyn Clock>,
    tx: &mut dyn Repositories,
) -> Result<(PasskeyLink, bool), LinkError> {
    let user = tx.link(id).await?.ok_or(LinkError::NotFound)?.user;
    let user = tx.user_for_update(&user).await?.ok_or(LinkError::UserNotFound)?;
    let now = clock.now();
    let revoked = tx.end_link(id, LinkState::Revoked, now).await?;
    let link = tx.link(id).await?.ok_or(LinkError::NotFound)?;
    if revoked {
        record_change(&user, EventKind::LinkRevoked(id.clone()), actor.clone(), now, tx).await?;
    } else {
        tx.mark_resent(id, now).await?;
    }
    Ok((link.seen_at(now), revoked))
}

#[cfg(test)]
mod tests;
