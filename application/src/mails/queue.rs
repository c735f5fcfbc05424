//! Putting a mail into the outbox, with where that stands in the trace of the request.

use tracing::Instrument;

use crate::ports::{Observer, OutboxMail, Repositories, StoreResult};

pub(crate) async fn queue(
    mut mail: OutboxMail,
    observer: &dyn Observer,
    tx: &mut dyn Repositories,
) -> StoreResult<()> {
    let (span, trace) = observer.queueing(&mail.id);
    mail.trace = trace;
    tx.queue(&mail).instrument(span).await
}
