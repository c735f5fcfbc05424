//! The unit of work: a function handed to the store, which runs it in one transaction.
//!
//! Why: `docs/decisions/unit-of-work.md`.

mod error;
mod keys;
mod links;
mod mail_queue;
mod outbox;
mod passkeys;
mod sessions;
mod staging;
mod users;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;

pub use error::{StoreError, StoreResult};
pub use keys::{EndedByKey, KeyNeed, KeyNeeds, KeyUsers, RetiredKey, RetiredKeys};
pub use links::{Links, Mailboxes, OrganisationMails};
pub use mail_queue::{ClaimedMail, Lease, LongestWaits, MailOutcome, MailQueue, ReadyMail};
pub use outbox::{MailSubject, Outbox, OutboxLoad, OutboxMail, OutboxState, TraceContext};
pub use passkeys::{Ceremonies, Passkeys};
pub use sessions::{Comparison, FoundSessions, SessionSearch, Sessions, SessionsAmong};
pub use staging::{AddedSoFar, Obstacle, Obstacles, StagedUser, Staging};
pub use users::{History, KnownIdentities, KnownIdentity, Taken, Tokens, Users};

/// All repositories, as one transaction sees them.
pub trait Repositories:
    Users
    + Links
    + MailQueue
    + Mailboxes
    + OrganisationMails
    + Passkeys
    + Ceremonies
    + KeyNeeds
    + RetiredKeys
    + History
    + Outbox
    + Tokens
    + Sessions
    + KnownIdentities
    + Send
{
}

/// How a unit of work wants its transaction to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Commit,
    RollBack,
}

/// A unit of work without its types. It may be run again from the start, so all that it does, it
/// does through the repositories; but it may say in its span what it is about.
pub type Work =
    Arc<dyn for<'t> Fn(&'t mut dyn Repositories) -> BoxFuture<'t, Settled> + Send + Sync>;

#[async_trait]
pub trait Store: Send + Sync {
    /// Runs `work` in a transaction and ends that as `work` says. When it returns `Ok` after
    /// [`Settled::Commit`], what was written is durable.
    ///
    /// A serialisation failure is not an error: the work is run again, a bounded number of times.
    /// Errors: [`StoreError`] if the transaction could not be begun or ended; nothing is kept then.
    async fn run(&self, work: Work) -> StoreResult<()>;

    /// As [`Self::run`], for work of which much comes at the same time. What comes together shares a
    /// transaction, and statements where several ask for the same kind of thing. Each unit of work still
    /// ends for itself. Whoever comes alone waits for nobody.
    async fn run_in_set(&self, work: Work) -> StoreResult<()>;

    /// Runs `work`, which only reads; each of its reads sees what is durable then.
    async fn look(&self, work: Work) -> StoreResult<()>;

    /// As [`Self::look`], for work of which much comes at the same time: it shares statements, as in
    /// [`Self::run_in_set`].
    async fn look_in_set(&self, work: Work) -> StoreResult<()>;

    /// Whether there is one writer for all of this process, and it is idle. A unit of work that writes can
    /// look something up first then: nobody waits behind it.
    fn has_idle_writer(&self) -> bool {
        false
    }

    /// Whether the database can be reached and has the schema that this program needs.
    async fn ready(&self) -> StoreResult<()>;
}

impl dyn Store {
    /// Runs `work` with `input` in one transaction; an error of the work undoes it all.
    pub async fn write<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
        F: Send + Sync + 'static,
    {
        typed(input, work, |work| self.run(work)).await
    }

    /// As [`Self::write`], in a set with work that comes at the same time ([`Store::run_in_set`]).
    pub async fn write_in_set<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
        F: Send + Sync + 'static,
    {
        typed(input, work, |work| self.run_in_set(work)).await
    }

    /// Runs `work`, which only reads, with `input`.
    pub async fn read<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
        F: Send + Sync + 'static,
    {
        typed(input, work, |work| self.look(work)).await
    }

    /// As [`Self::read`], in a set with work that comes at the same time ([`Store::look_in_set`]).
    pub async fn read_in_set<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
        F: Send + Sync + 'static,
    {
        typed(input, work, |work| self.look_in_set(work)).await
    }
}

/// The result of work that `run` runs without its types.
async fn typed<I, T, E, F, R>(input: I, work: F, run: impl FnOnce(Work) -> R) -> Result<T, E>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
    F: Send + Sync + 'static,
    R: Future<Output = StoreResult<()>>,
{
    let slot = Slot::default();
    run(untyped(input, work, slot.clone())).await?;
    let result = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    result.unwrap_or_else(|| Err(StoreError::NotRun.into()))
}

/// Where the last run of a unit of work leaves its result.
type Slot<R> = Arc<Mutex<Option<R>>>;

/// The work with its input, which leaves its result in `slot`.
fn untyped<I, T, E, F>(input: I, work: F, slot: Slot<Result<T, E>>) -> Work
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
    F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
    F: Send + Sync + 'static,
{
    let shared = Arc::new((input, work, slot));
    Arc::new(move |repositories| {
        let shared = shared.clone();
        Box::pin(async move {
            let (input, work, slot) = &*shared;
            let result = work(input, repositories).await;
            let settled = if result.is_ok() { Settled::Commit } else { Settled::RollBack };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            settled
        })
    })
}
