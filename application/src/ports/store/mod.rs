//! The unit of work: a function handed to the store, which runs it in one transaction.
//!
//! Why: `docs/decisions/unit-of-work.md`.

mod ceremonies;
mod error;
mod history;
mod keys;
mod links;
mod mail_queue;
mod mailboxes;
mod outbox;
mod passkeys;
mod staging;
mod tokens;
mod users;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;

pub use ceremonies::Ceremonies;
pub use error::StoreError;
pub use history::History;
pub use keys::{EndedByKey, KeyNeed, KeyNeeds, KeyUsers, RetiredKey, RetiredKeys};
pub use links::Links;
pub use mail_queue::{ClaimedMail, Lease, LongestWaits, MailOutcome, MailQueue, ReadyMail};
pub use mailboxes::Mailboxes;
pub use outbox::{MailSubject, Outbox, OutboxLoad, OutboxMail, OutboxState};
pub use passkeys::Passkeys;
pub use staging::{AddedSoFar, Obstacle, Obstacles, StagedUser, Staging};
pub use tokens::Tokens;
pub use users::Users;

/// All repositories, as one transaction sees them.
pub trait Repositories:
    Users
    + Links
    + MailQueue
    + Mailboxes
    + Passkeys
    + Ceremonies
    + KeyNeeds
    + RetiredKeys
    + History
    + Outbox
    + Tokens
    + Send
{
}

impl<T> Repositories for T where
    T: Users
        + Links
        + MailQueue
        + Mailboxes
        + Passkeys
        + Ceremonies
        + KeyNeeds
        + RetiredKeys
        + History
        + Outbox
        + Tokens
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
/// does through the repositories.
pub type Work =
    Arc<dyn for<'t> Fn(&'t mut dyn Repositories) -> BoxFuture<'t, Settled> + Send + Sync>;

#[async_trait]
pub trait Store: Send + Sync {
    /// Runs `work` in a transaction and ends that as `work` says. When it returns `Ok` after
    /// [`Settled::Commit`], what was written is durable.
    ///
    /// A serialisation failure is not an error: the work is run again, a bounded number of times.
    /// Errors: [`StoreError`] if the transaction could not be begun or ended; nothing is kept then.
    async fn run(&self, work: Work) -> Result<(), StoreError>;

    /// Runs `work`, which only reads; each of its reads sees what is durable then.
    async fn look(&self, work: Work) -> Result<(), StoreError>;

    /// Whether the database can be reached and has the schema that this program needs.
    async fn ready(&self) -> Result<(), StoreError>;
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
        let slot = Slot::default();
        self.run(slot.filled_by(input, work)).await?;
        slot.take()
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
        let slot = Slot::default();
        self.look(slot.filled_by(input, work)).await?;
        slot.take()
    }
}

/// Where the last run of a unit of work leaves its result.
struct Slot<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E> Default for Slot<T, E> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Send + 'static, E: From<StoreError> + Send + 'static> Slot<T, E> {
    fn filled_by<I, F>(&self, input: I, work: F) -> Work
    where
        I: Send + Sync + 'static,
        F: for<'t> Fn(&'t I, &'t mut dyn Repositories) -> BoxFuture<'t, Result<T, E>>,
        F: Send + Sync + 'static,
    {
        let (slot, shared) = (self.0.clone(), Arc::new((input, work)));
        Arc::new(move |repositories| {
            let (slot, shared) = (slot.clone(), shared.clone());
            Box::pin(async move {
                let result = (shared.1)(&shared.0, repositories).await;
                let settled = match &result {
                    Ok(_) => Settled::Commit,
                    Err(_) => Settled::RollBack,
                };
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                settled
            })
        })
    }

    fn take(self) -> Result<T, E> {
        let result = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or_else(|| Err(StoreError::NotRun.into()))
    }
}
