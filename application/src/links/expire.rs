//! Recording that links expired, so that it can be counted.

use passlink_domain::{LinkKind, LinkPolicy, LinkState, Minute};

use crate::{
    mails::compose::EXPIRED,
    ports::{Attempt, MailReason, Ports, StoreError, StoreResult},
};

/// How many links a transaction moves at most.
const BATCH: u64 = 500;

/// Moves links whose time ran out to their final state, and ends the mails that still wait with them. A
/// link stops to work at its time, whether or not this was run.
pub struct ExpireLinks(pub Ports);

impl ExpireLinks {
    /// Moves all links whose time has run out. Nodes that do this at the same time move each link
    /// once.
    pub async fn run(&self) -> StoreResult<()> {
        for kind in [LinkKind::Mailed, LinkKind::Returned] {
            while self.expire_batch(kind).await? == BATCH {}
        }
        while self.forget_mailboxes().await? == BATCH {}
        while self.forget_organisation_mails().await? == BATCH {}
        Ok(())
    }

    /// Forgets the mails to mailboxes that no longer count towards a limit.
    async fn forget_mailboxes(&self) -> StoreResult<u64> {
        let before = LinkPolicy::counts_from(self.0.clock.now());
        self.0.store.write((), move |(), tx| tx.forget_mailboxes(before, BATCH)).await
    }

    /// The same for organisations.
    async fn forget_organisation_mails(&self) -> StoreResult<u64> {
        let before = Minute::of(self.0.clock.now()).counts_from();
        self.0.store.write((), move |(), tx| tx.forget_organisation_mails(before, BATCH)).await
    }

    async fn expire_batch(&self, kind: LinkKind) -> StoreResult<u64> {
        let now = self.0.clock.now();
        let work = self.0.store.write((), move |(), tx| {
            Box::pin(async move {
                let expired = tx.expire_links(kind, now, BATCH).await?;
                let ended = tx.end_mails(&expired, EXPIRED, now).await?;
                Ok::<_, StoreError>((expired.len() as u64, ended))
            })
        });
        let (moved, ended) = work.await?;
        self.0.observer.links(LinkState::Expired, kind, moved);
        for _ in 0..ended {
            self.0.observer.tried(Attempt::Undeliverable(MailReason::LinkExpired));
        }
        if ended > 0 {
            let reason = MailReason::LinkExpired.name();
            tracing::warn!(count = ended, reason, "mails not sent");
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests;
