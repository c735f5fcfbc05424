//! What the use cases report to those who watch over Passlink.

use std::time::Duration;

use futures_util::future::BoxFuture;
use passlink_domain::{LinkKind, LinkState, OpenedBy, OutboxId, PasskeyId};
use tracing::Span;

use crate::ports::{ClaimedMail, MailReason, TraceContext};

/// Counts, times and traces what use cases do. Nothing waits for it.
pub trait Observer: Send + Sync {
    /// That many links of a kind entered `state`, durably.
    fn links(&self, state: LinkState, kind: LinkKind, count: u64);
    /// A link's mail was accepted, that long after the link was requested.
    fn mailed(&self, after: Duration);
    /// A passkey was registered by a link, that long after the link's mail was accepted.
    fn redeemed(&self, after: Duration);
    fn tried(&self, attempt: Attempt);
    /// The current span begins or finishes the ceremony for this passkey, which that opened.
    fn ceremony(&self, passkey: &PasskeyId, opened_by: &OpenedBy);
    /// A mail is queued. Returns the span to do that in, and where that span stands in its trace, to be
    /// kept with the mail; `None` when it is in no trace.
    fn queueing(&self, mail: &OutboxId) -> (Span, Option<TraceContext>);
    /// Runs a try to deliver a mail, as a part of the trace in which the mail was queued.
    fn delivering(
        &self,
        mail: &ClaimedMail,
        delivery: BoxFuture<'static, DeliveryEnd>,
    ) -> BoxFuture<'static, DeliveryEnd>;
}

/// What came of a try to deliver a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Sent,
    Retry(MailReason),
    /// It is not tried again.
    Undeliverable(MailReason),
}

impl Attempt {
    pub fn reason(self) -> Option<MailReason> {
        match self {
            Self::Sent => None,
            Self::Retry(reason) | Self::Undeliverable(reason) => Some(reason),
        }
    }
}

#[derive(Debug)]
pub struct DeliveryEnd {
    pub failure: Option<DeliveryFailure>,
}

#[derive(Debug)]
pub struct DeliveryFailure {
    /// Why the mail was not sent; `None` when something else went wrong.
    pub reason: Option<MailReason>,
    /// The same in words.
    pub text: String,
}
