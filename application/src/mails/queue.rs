//! Putting a mail into the outbox, with the place in the trace where that is done.

use tracing::{Instrument, info_span};

use crate::ports::{Observer, OutboxMail, Repositories, StoreError};

/// Queues the mail.
pub(crate) async fn queue(
    mut mail: OutboxMail,
    observer: &dyn Observer,
    tx: &mut dyn Repositories,
) -> Result<(), StoreError> {
    let span = info_span!(
        "send outbox",
        otel.kind = "producer",
        messaging.system = "passlink",
        messaging.destination.name = "outbox",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.message.id = mail.id.as_str(),
    );
    mail.trace = observer.trace(&span);
    tx.queue(&mail).instrument(span).await
}
