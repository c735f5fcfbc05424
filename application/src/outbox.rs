//! Mails that wait, were sent or failed, and what an operator can do about them.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{LinkId, OutboxId, PasskeyId, User, UserId};
use tracing::{Instrument, info_span};

use crate::{Clock, Lane, Observer, Repositories, Store, StoreError, TraceContext, Urgency, Wake};

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    /// To be sent when it is due.
    Waiting,
    /// The mail server accepted it.
    Sent,
    /// It will not be sent, unless an operator has it tried again.
    Failed,
}

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSubject {
    /// A link that it brings.
    Link(LinkId),
    /// A passkey that was added.
    PasskeyAdded(PasskeyId),
    /// A passkey that was removed.
    PasskeyRemoved(PasskeyId),
}

impl MailSubject {
    /// How soon a mail about it must go out that was not tried yet.
    pub fn urgency(&self) -> Urgency {
        match self {
            Self::Link(_) => Urgency::Awaited,
            Self::PasskeyAdded(_) | Self::PasskeyRemoved(_) => Urgency::Notice,
        }
    }
}

/// A mail in the outbox. It names what it is about and holds none of its words, and no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// Identifies the mail.
    pub id: OutboxId,
    /// Whom it is for.
    pub user: UserId,
    /// What it is about.
    pub about: MailSubject,
    /// Where it waits.
    pub lane: Lane,
    /// When it was queued.
    pub queued: Timestamp,
    /// When it is to be tried next.
    pub due: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Where it stands.
    pub state: OutboxState,
    /// Until when a worker has it in hand, if one has.
    pub leased_until: Option<Timestamp>,
    /// What the other side said last.
    pub last_answer: Option<String>,
    /// Where the request stands in its trace, when it is in one.
    pub trace: Option<TraceContext>,
}

impl OutboxMail {
    /// A new mail, due at once.
    pub(crate) fn new(id: OutboxId, user: &User, about: MailSubject, now: Timestamp) -> Self {
        Self {
            id,
            user: user.id.clone(),
            about,
            lane: Lane::of(user),
            queued: now,
            due: now,
            tries: 0,
            state: OutboxState::Waiting,
            leased_until: None,
            last_answer: None,
            trace: None,
        }
    }

    /// Queues the mail, with the place in the trace where that was done.
    pub(crate) async fn queue(
        mut self,
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
            messaging.message.id = self.id.as_str(),
        );
        self.trace = observer.trace(&span);
        tx.queue(&self).instrument(span).await
    }
}

/// A mail that nobody has in hand and that may go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyMail {
    /// Identifies the mail.
    pub id: OutboxId,
    /// How soon it must go out.
    pub urgency: Urgency,
    /// Where it waits.
    pub lane: Lane,
    /// Since when.
    pub since: Timestamp,
}

/// For how long a worker takes mails, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// When the mails are anybody's again, unless it is renewed.
    pub end: Timestamp,
    /// The process of the worker; `None` when it can't be told from others.
    pub holder: Option<String>,
}

/// How long a mail waits at the most until it is tried again, or taken from a worker that is gone. A
/// time that lies further ahead was written by a clock that was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongestWaits {
    /// With a link.
    pub link: Duration,
    /// That tells of something.
    pub notice: Duration,
    /// In a worker's hand.
    pub lease: Duration,
}

/// A mail that a worker took. `tries` numbers the claim: a later claim has a greater one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// Identifies the mail.
    pub id: OutboxId,
    /// Whom it is for.
    pub user: UserId,
    /// What it is about.
    pub about: MailSubject,
    /// Where it waited.
    pub lane: Lane,
    /// When it was queued.
    pub queued: Timestamp,
    /// How often it was tried, this time included.
    pub tries: u32,
    /// Whether it may have arrived by an earlier try.
    pub may_have_arrived: bool,
    /// Until when it is nobody else's.
    pub lease_end: Timestamp,
    /// Where the request stands in its trace, when it is in one.
    pub trace: Option<TraceContext>,
}

/// How much waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLoad {
    /// How many mails.
    pub waiting: u64,
    /// When the one that waits longest was queued.
    pub oldest: Option<Timestamp>,
    /// When the next one is due, or was. One that is in hand is due when its lease ends.
    pub due: Option<Timestamp>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// Accepted, with this answer.
    Sent(String),
    /// To be tried again.
    Retry {
        /// When.
        due: Timestamp,
        /// Why.
        answer: String,
        /// Whether it may have arrived by this try.
        may_have_arrived: bool,
    },
    /// To be tried again as if it had not been: it is not the mail's fault that it was not taken, for
    /// this reason.
    Returned(String),
    /// Not to be tried again, for this reason.
    Failed(String),
}

/// Why a mail can't be tried again.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// There is no such mail.
    #[error("there is no mail with this id; `passlink outbox list` shows them")]
    NotFound,
    /// It was sent.
    #[error("this mail was sent already")]
    AlreadySent,
    /// A worker has it in hand: made due again, it would go out twice.
    #[error(
        "this mail is being sent; `passlink outbox list` shows it as long as it is not accepted"
    )]
    InHand,
    /// The link that it brings has ended.
    #[error("the link of this mail has ended; send a new one")]
    LinkEnded,
    /// The passkey that it is about was removed, or is older than such mails are sent for.
    #[error("what this mail tells of is over")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator can do with the outbox.
pub struct OutboxUseCases {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
}

impl OutboxUseCases {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, wake: Arc<dyn Wake>) -> Self {
        Self { store, clock, wake }
    }

    /// Up to `limit` mails in `state`, by id, after `after`.
    pub async fn list(
        &self,
        state: OutboxState,
        after: Option<OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        self.store
            .read(after, move |after, tx| Box::pin(tx.mails_in(state, after.as_ref(), limit)))
            .await
    }

    /// How much waits to be sent.
    pub async fn load(&self) -> Result<OutboxLoad, StoreError> {
        self.store.read((), |(), tx| Box::pin(tx.load())).await
    }

    /// Has a mail that waits or failed tried again at once.
    pub async fn retry(&self, id: OutboxId) -> Result<(), OutboxError> {
        let now = self.clock.now();
        self.store.write(id, move |id, tx| Box::pin(retry(tx, id, now))).await?;
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
    match tx.make_due(id, now).await? {
        true => Ok(()),
        false => Err(OutboxError::InHand),
    }
}
