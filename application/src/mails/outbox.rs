//! Mails that wait, were sent or failed, and what an operator can do about them.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::OutboxId;
use tracing::Instrument;

use crate::ports::{
    MailSubject, Observer, OutboxLoad, OutboxMail, OutboxState, Ports, Repositories, StoreError,
    StoreResult, Wake,
};

/// Why a mail can't be tried again.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error("there is no mail with this id; `passlink outbox list` shows them")]
    NotFound,
    #[error("this mail was sent already")]
    AlreadySent,
    /// A worker has it in hand: made due again, it would go out twice.
    #[error(
        "this mail is being sent; `passlink outbox list` shows it as long as it is not accepted"
    )]
    InHand,
    #[error("the link of this mail has ended; send a new one")]
    LinkEnded,
    /// The passkey that it is about was removed, or is older than such mails are sent for.
    #[error("what this mail tells of is over")]
    Over,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct ManageOutbox {
    pub ports: Ports,
    pub wake: Arc<dyn Wake>,
}

impl ManageOutbox {
    /// Up to `limit` mails in `state`, by id, after `after`.
    pub async fn list(
        &self,
        state: OutboxState,
        after: Option<OutboxId>,
        limit: u64,
    ) -> StoreResult<Vec<OutboxMail>> {
        self.ports
            .store
            .read(after, move |after, tx| tx.mails_in(state, after.as_ref(), limit))
            .await
    }

    pub async fn load(&self) -> StoreResult<OutboxLoad> {
        self.ports.store.read((), |(), tx| tx.load()).await
    }

    /// Has a mail that waits or failed tried again at once.
    pub async fn retry(&self, id: OutboxId) -> Result<(), OutboxError> {
        let now = self.ports.clock.now();
        self.ports.store.write(id, move |id, tx| Box::pin(retry(tx, id, now))).await?;
        self.wake.wake();
        Ok(())
    }
}

async fn retry(
    tx: &mut dyn Repositories,
    id: &OutboxId,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let mail = tx.mail(id).await?.ok_or(OutboxError::NotFound)?;
    if mail.state == OutboxState::Sent {
        return Err(OutboxError::AlreadySent);
    }
    if mail.leased_until.is_some_and(|end| end > now) {
        return Err(OutboxError::InHand);
    }
    match &mail.about {
        MailSubject::Link(link) => {
            let link = tx.link(link).await?.filter(|link| link.is_open_at(now));
            link.ok_or(OutboxError::LinkEnded)?;
        }
        MailSubject::PasskeyAdded(passkey) => {
            let passkey = tx.passkey(passkey).await?;
            passkey.filter(|passkey| passkey.can_be_undone_at(now)).ok_or(OutboxError::Over)?;
        }
        MailSubject::PasskeyRemoved(_) => {}
    }
    if tx.make_due(id, now).await? { Ok(()) } else { Err(OutboxError::InHand) }
}

/// Puts a mail into the outbox, with where that stands in the trace of the request.
pub(crate) async fn queue(
    mut mail: OutboxMail,
    observer: &dyn Observer,
    tx: &mut dyn Repositories,
) -> StoreResult<()> {
    let (span, trace) = observer.queueing(&mail.id);
    mail.trace = trace;
    tx.queue(&mail).instrument(span).await
}
