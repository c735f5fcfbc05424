//! Mails as workers take them: ready, claimed, settled.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{OutboxId, UserId};

use crate::{
    mails::{Lane, Urgency},
    ports::{MailSubject, StoreResult, TraceContext},
};

/// A mail that nobody has in hand and that may go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyMail {
    pub id: OutboxId,
    pub urgency: Urgency,
    pub lane: Lane,
    /// Since when.
    pub since: Timestamp,
}

/// How long a worker has mails in hand, and which worker it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// When the mails are anybody's again, unless it is renewed.
    pub end: Timestamp,
    /// The process of the worker; `None` when it has no name that no other process has.
    pub holder: Option<String>,
}

/// The longest waits that there are: until a mail is tried again, and until a lease ends. A time that
/// lies further ahead was written by a wrong clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongestWaits {
    /// A mail with a link.
    pub link: Duration,
    /// A mail about a change.
    pub notice: Duration,
    /// A mail that a worker has in hand.
    pub lease: Duration,
}

/// A mail that a worker took. `tries` numbers the claim: a later claim has a greater one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    pub id: OutboxId,
    pub user: UserId,
    pub about: MailSubject,
    pub lane: Lane,
    pub queued: Timestamp,
    /// Its place among those that are ready, before it was taken.
    pub urgency: Urgency,
    pub since: Timestamp,
    /// How often it was claimed, this time included.
    pub tries: u32,
    /// Whether it may have arrived by an earlier try.
    pub may_have_arrived: bool,
    /// Until when it is nobody else's.
    pub lease_end: Timestamp,
    /// Where the request that queued it stands in its trace, when it is in one.
    pub trace: Option<TraceContext>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// Accepted, with this answer.
    Sent(String),
    Retry {
        due: Timestamp,
        answer: String,
        /// Whether it may have arrived by this try.
        may_have_arrived: bool,
    },
    /// To be tried again as if it had not been tried: no mail would have been taken, for this reason.
    Returned(String),
    /// Not tried: it has its place among those that are ready again.
    PutBack,
    /// Not to be tried again, for this reason.
    Failed(String),
}

/// Mails on their way out: which ones may go, who has which, and what came of it.
#[async_trait]
pub trait MailQueue {
    /// The domains, as in [`Lane`], of up to `limit` mails that the mail server took: those that were
    /// queued last, and the last one first.
    async fn served_domains(&mut self, limit: u64) -> StoreResult<Vec<i64>>;
    async fn is_any_ready(&mut self) -> StoreResult<bool>;
    /// Up to `limit` mails that may go out now: the most urgent first, then by lane, then the one
    /// that waits longest; behind all of `after`, where it is given. Within a writing transaction,
    /// nobody else takes them before it ends.
    async fn ready(
        &mut self,
        after: Option<(Urgency, Lane)>,
        limit: usize,
    ) -> StoreResult<Vec<ReadyMail>>;
    /// The same of one urgency and of one lane or all, of those that wait since `since` or later; by
    /// time.
    async fn ready_since(
        &mut self,
        urgency: Urgency,
        lane: Option<Lane>,
        since: Timestamp,
        limit: usize,
    ) -> StoreResult<Vec<ReadyMail>>;
    /// Takes these mails. Nobody else is given them until the lease ends, and each is counted as tried
    /// once more.
    async fn take(&mut self, mails: &[ReadyMail], lease: &Lease) -> StoreResult<Vec<ClaimedMail>>;
    /// Whether there are mails to [`Self::make_due_mails_ready`].
    async fn are_mails_due(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
    ) -> StoreResult<bool>;
    /// Makes up to `limit` mails of each kind ready whose wait for the next try is over, or whose lease
    /// has ended, except these.
    async fn make_due_mails_ready(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
        limit: u64,
    ) -> StoreResult<()>;
    /// The holders of mails in hand, each once; `None` for those without a name.
    async fn holders(&mut self) -> StoreResult<Vec<Option<String>>>;
    /// Makes the mails ready again that a holder has in hand.
    async fn free_mails_of(&mut self, holder: Option<&str>) -> StoreResult<()>;
    /// Keeps a claimed mail from others until `lease_end`; `false`, and nothing done, when it has been
    /// claimed again or settled since.
    async fn renew(&mut self, claimed: &ClaimedMail, lease_end: Timestamp) -> StoreResult<bool>;
    /// Records what came of a claimed mail; `false`, and nothing recorded, when it has been
    /// claimed again since.
    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> StoreResult<bool>;
}
