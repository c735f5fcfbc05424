//! What the use cases tell those who watch over Passlink.

use std::time::Duration;

use passlink_domain::{LinkKind, LinkState};
use tracing::Span;

use crate::ports::MailReason;

/// Counts and times what use cases do, and knows the trace that they do it in. Nothing waits for it.
pub trait Observer: Send + Sync {
    /// Where `span` stands in its trace, to be kept with what goes on later; `None` when it is in
    /// none.
    fn trace(&self, span: &Span) -> Option<TraceContext>;
    /// That many links of a kind entered `state`, durably.
    fn links(&self, state: LinkState, kind: LinkKind, count: u64);
    /// A link's mail was accepted, that long after the link was requested.
    fn mailed(&self, after: Duration);
    /// A passkey was registered by a link, that long after the link's mail was accepted.
    fn redeemed(&self, after: Duration);
    /// A mail was tried.
    fn tried(&self, attempt: Attempt);
}

/// Where an operation stands in a trace, as text that another process can go on from. Holds what the
/// caller sent to be passed on (W3C `traceparent`, `tracestate` and `baggage`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(String);

impl TraceContext {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What came of a try to deliver a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It was accepted.
    Sent,
    /// It is tried again later.
    Retry(MailReason),
    /// It is not tried again.
    Undeliverable(MailReason),
}
