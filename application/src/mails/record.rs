//! Recording what came of a try to deliver a mail.

use jiff::Timestamp;
use passlink_domain::{LinkKind, LinkState, PasskeyLink};

use crate::{
    mails::{DeliverMail, outcome::Tried},
    ports::{ClaimedMail, MailOutcome, OutboxState, Repositories, StoreError, StoreResult},
};

impl DeliverMail {
    /// Records what came of a try that ended at `now`; `false` when another worker has claimed the mail since, whose outcome
    /// counts. To be done again when the store is out of reach: a mail that was sent and is not known to
    /// be goes out once more when its lease ends.
    pub(crate) async fn record(
        &self,
        claimed: &ClaimedMail,
        tried: &Tried,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let given = (claimed.clone(), tried.clone());
        let record = self.ports.store.write_in_set(given, move |(claimed, tried), tx| {
            Box::pin(async move {
                if !tx.settle(claimed, &tried.outcome, now).await? {
                    let recorded = is_recorded(claimed, &tried.outcome, tx).await?;
                    return Ok(recorded.then(Changed::default));
                }
                let changed = match (&tried.link, tried.link_becomes) {
                    (Some(link), Some(becomes)) => move_link(link, becomes, now, tx).await?,
                    _ => Changed::default(),
                };
                Ok::<_, StoreError>(Some(changed))
            })
        });
        let Some(changed) = record.await? else { return Ok(false) };
        self.ports.observer.tried(tried.attempt);
        if let (true, Some(link), Some(state)) = (changed.moved, &tried.link, tried.link_becomes) {
            self.ports.observer.links(state, LinkKind::Mailed, 1);
            self.ports.observer.links(LinkState::Replaced, LinkKind::Mailed, changed.replaced);
            if state == LinkState::Sent {
                self.ports.observer.mailed(now.duration_since(link.requested).unsigned_abs());
            }
        }
        Ok(true)
    }
}

/// What recording an outcome did to links.
#[derive(Default)]
struct Changed {
    /// Whether the mail's own link was moved.
    moved: bool,
    /// How many older ones it replaced.
    replaced: u64,
}

/// Whether the store has the outcome of this very claim already: an earlier try to record it came
/// through, and its answer did not.
async fn is_recorded(
    claimed: &ClaimedMail,
    outcome: &MailOutcome,
    tx: &mut dyn Repositories,
) -> StoreResult<bool> {
    let state = match outcome {
        MailOutcome::Sent(_) => OutboxState::Sent,
        MailOutcome::Failed(_) => OutboxState::Failed,
        MailOutcome::Retry { .. } | MailOutcome::Returned(_) | MailOutcome::PutBack => {
            OutboxState::Waiting
        }
    };
    let mail = tx.mail(&claimed.id).await?;
    Ok(mail.is_some_and(|mail| mail.state == state && mail.tries == claimed.tries))
}

/// Moves the link, unless it has ended meanwhile; a link that was sent replaces the older ones.
async fn move_link(
    link: &PasskeyLink,
    becomes: LinkState,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Changed> {
    let Ok(link_then) = link.clone().becomes(becomes, now) else { return Ok(Changed::default()) };
    let moved = tx.move_link(&link.id, link.state, link_then.state).await?;
    // A link that was revoked meanwhile leaves the older ones open.
    let counts =
        moved || tx.link(&link.id).await?.is_some_and(|it| it.state == LinkState::Redeemed);
    let replaced = match becomes {
        LinkState::Sent if counts => tx.replace_links_before(link).await?,
        _ => 0,
    };
    Ok(Changed { moved, replaced })
}
