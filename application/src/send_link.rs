//! Mailing a passkey link to a user's own registered address.

use std::sync::Arc;

use passlink_domain::{Delivery, LinkState, ObjectDetails, OutboxId};
use tracing::{Instrument, info_span};

use crate::{
    Caller, LinkDesk, OutboxMail, OutboxState, Repositories, UserLinkError, Wake, ids::new_id,
    link_desk::Draft,
};

/// Records a new link and queues its mail, in one transaction; the worker sends it.
pub struct SendLink {
    desk: LinkDesk,
    wake: Arc<dyn Wake>,
}

impl SendLink {
    /// Takes where links are made, and whom to tell that there is mail.
    pub fn new(desk: LinkDesk, wake: Arc<dyn Wake>) -> Self {
        Self { desk, wake }
    }

    /// Sends the caller a link. When this returns, the link and its mail are durable.
    ///
    /// Errors: [`UserLinkError`]; nothing is recorded then.
    #[tracing::instrument(name = "passlink.send_link", skip_all)]
    pub async fn to_caller(&self, caller: Caller) -> Result<ObjectDetails, UserLinkError> {
        let draft = self.desk.draft(caller)?;
        let mail = new_id(self.desk.clock.now(), &*self.desk.random)?;
        let details = self
            .desk
            .store
            .write((draft, mail), |(draft, mail), tx| Box::pin(send(draft, mail, tx)))
            .await?;
        self.desk.observer.links(LinkState::Requested, 1);
        self.wake.wake();
        Ok(details)
    }
}

async fn send(
    draft: &Draft,
    mail: &OutboxId,
    tx: &mut dyn Repositories,
) -> Result<ObjectDetails, UserLinkError> {
    let policy = draft.desk.policy;
    let (user, now) = draft.user(tx).await?;
    let address = user.reachable_at()?.clone();
    let recent = tx.recent_links(&user.id, policy.counts_from(now), policy.max_per_hour).await?;
    policy.allows_mail(&recent, now)?;
    let (link, details) = draft.record(&user, Delivery::Mail(address), now, tx).await?;
    let span = info_span!(
        "send outbox",
        otel.kind = "producer",
        messaging.system = "passlink",
        messaging.destination.name = "outbox",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.message.id = mail.as_str(),
    );
    let queued = OutboxMail {
        id: mail.clone(),
        user: user.id,
        link: link.id,
        queued: now,
        due: now,
        tries: 0,
        state: OutboxState::Waiting,
        last_answer: None,
        trace: draft.desk.observer.trace(&span),
    };
    tx.queue(&queued).instrument(span).await?;
    Ok(details)
}

#[cfg(test)]
mod tests;
