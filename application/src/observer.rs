//! What the use cases tell those who watch over Passlink.

use std::time::Duration;

use passlink_domain::{Delivery, LinkState};
use tracing::Span;

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

/// How a link reaches its user: links that callers bring are used at other times, and by other shares,
/// than those in mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// By mail.
    Mailed,
    /// By the caller, to whom it was returned.
    Returned,
}

impl From<&Delivery> for LinkKind {
    fn from(delivery: &Delivery) -> Self {
        match delivery {
            Delivery::Mail(_) => Self::Mailed,
            Delivery::Returned => Self::Returned,
        }
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

/// Why a mail was not sent: one of a few words that counts can be told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailReason {
    /// No connection to the mail server, or it broke.
    Connection,
    /// No TLS with the mail server.
    Tls,
    /// The mail server did not let us sign in.
    SignIn,
    /// No answer in time.
    Timeout,
    /// The mail server said "not now" (SMTP 4yz).
    Deferred,
    /// The mail server said "never" (SMTP 5yz).
    Rejected,
    /// Nobody knows whether the mail server took the mail: no answer, or none that can be understood.
    Unclear,
    /// No message could be made of the mail.
    Unfit,
    /// The mail could not be written to its file.
    File,
    /// The link, or its user, was gone, or had ended.
    LinkEnded,
    /// The link expired before the mail was taken.
    LinkExpired,
    /// What the mail tells of is over.
    Over,
    /// The user is not active, or the address changed.
    UserChanged,
    /// The key of the link's code is not in the key file.
    KeyMissing,
}

impl MailReason {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::SignIn => "sign_in",
            Self::Timeout => "timeout",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Unclear => "unclear",
            Self::Unfit => "unfit",
            Self::File => "file",
            Self::LinkEnded => "link_ended",
            Self::LinkExpired => "link_expired",
            Self::Over => "over",
            Self::UserChanged => "user_changed",
            Self::KeyMissing => "key_missing",
        }
    }
}
