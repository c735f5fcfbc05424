//! Mails that wait, were sent or failed.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{LinkId, OutboxId, PasskeyId, User, UserId, named};

use crate::{
    mails::{Lane, MailKind, Urgency},
    ports::StoreResult,
};

named! {
    pub enum OutboxState {
        /// To be sent when it is due.
        Waiting = "waiting",
        /// The mail server accepted it.
        Sent = "sent",
        /// It will not be sent, unless an operator has it tried again.
        Failed = "failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSubject {
    Link(LinkId),
    PasskeyAdded(PasskeyId),
    PasskeyRemoved(PasskeyId),
}

impl MailSubject {
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Link(_) => MailKind::PasskeyLink,
            Self::PasskeyAdded(_) => MailKind::PasskeyAdded,
            Self::PasskeyRemoved(_) => MailKind::PasskeyRemoved,
        }
    }

    /// How soon a mail about it must go out that was not tried yet.
    pub const fn urgency(&self) -> Urgency {
        self.kind().urgency()
    }
}

/// Where an operation stands in a trace, as text that another process can go on from. Holds what the
/// caller sent to be passed on (W3C `traceparent`, `tracestate` and `baggage`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(pub String);

/// A mail in the outbox. It names what it is about and holds none of its words, and no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    pub id: OutboxId,
    pub user: UserId,
    pub about: MailSubject,
    pub lane: Lane,
    pub queued: Timestamp,
    /// When it is to be tried next.
    pub due: Timestamp,
    pub tries: u32,
    pub state: OutboxState,
    /// Until when a worker has it in hand, if one has.
    pub leased_until: Option<Timestamp>,
    /// What the other side said last.
    pub last_answer: Option<String>,
    /// Where the request that queued it stands in its trace, when it is in one.
    pub trace: Option<TraceContext>,
}

impl OutboxMail {
    /// A new mail, due at once.
    pub(crate) fn new(id: OutboxId, user: &User, about: MailSubject, now: Timestamp) -> Self {
        Self {
            id,
            user: user.id.clone(),
            about,
            lane: Lane::for_user(user),
            queued: now,
            due: now,
            tries: 0,
            state: OutboxState::Waiting,
            leased_until: None,
            last_answer: None,
            trace: None,
        }
    }
}

/// How much waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLoad {
    pub waiting: u64,
    /// When the one that waits longest was queued.
    pub oldest: Option<Timestamp>,
    /// When the next one is due, or was. One that is in hand is due when its lease ends.
    pub due: Option<Timestamp>,
}

#[async_trait]
pub trait Outbox {
    async fn queue(&mut self, mail: &OutboxMail) -> StoreResult<()>;
    /// Ends the mails with these links that wait and that nobody has in hand, with `answer` for an
    /// operator to read; returns how many.
    async fn end_mails(
        &mut self,
        links: &[LinkId],
        answer: &str,
        at: Timestamp,
    ) -> StoreResult<u64>;
    /// When the link's mail was accepted, if it was.
    async fn accepted_at(&mut self, link: &LinkId) -> StoreResult<Option<Timestamp>>;
    async fn load(&mut self) -> StoreResult<OutboxLoad>;
    /// Up to `limit` mails in `state`, by id, after `after`.
    async fn mails_in(
        &mut self,
        state: OutboxState,
        after: Option<&OutboxId>,
        limit: u64,
    ) -> StoreResult<Vec<OutboxMail>>;
    async fn mail(&mut self, id: &OutboxId) -> StoreResult<Option<OutboxMail>>;
    /// Makes a mail that waits or failed due at `at`; `false` when it does neither, or a worker has it
    /// in hand at that time.
    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> StoreResult<bool>;
    /// Deletes the mails about the user's links and passkeys. It comes before these are deleted.
    async fn delete_mails_of(&mut self, user: &UserId) -> StoreResult<()>;
}
