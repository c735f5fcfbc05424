//! A watch over two kinds of servers that keep their connections open and are of no use: one that went
//! silent, as it hangs or its machine or network is gone; and one that can only be read since another
//! took over from it. `docs/decisions/silent-databases.md` says why the driver doesn't do it.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use passlink_application::ports::StoreError;
use sea_orm::{
    DbErr,
    sqlx::{Connection, PgConnection, Postgres, pool::PoolOptions},
};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::store_error;

/// A server that is silent for so long counts as gone: longer than it lets any statement take.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// How long the database may take to say that it is there.
pub(super) const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a connection may take to answer when it comes back from work that was given up.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long after a silence connections are suspected of it.
const SUSPICION: Duration = Duration::from_secs(60);

/// A connection is at least this old when it is closed as its server can only be read. Where all servers
/// are so, a call must not open one each.
const MIN_AGE: Duration = Duration::from_secs(1);

/// The server's last sign of life, in one piece of work.
pub(super) struct LastAnswer {
    at: Mutex<Instant>,
    read_only: AtomicBool,
}

impl LastAnswer {
    /// An answer at this moment.
    pub fn now() -> Self {
        Self { at: Mutex::new(Instant::now()), read_only: AtomicBool::default() }
    }

    pub fn note(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub fn note_read_only(&self) {
        self.read_only.store(true, Ordering::Relaxed);
    }

    fn at(&self) -> Instant {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When something last happened, if it did.
#[derive(Default)]
pub(super) struct Last(Mutex<Option<Instant>>);

impl Last {
    pub fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub fn elapsed(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

/// When the server last gave no answer in time, and when it last said that it can only be read.
#[derive(Clone, Default)]
pub(super) struct Watchdog {
    /// Where the server is, in words.
    pub location: Arc<str>,
    silent: Arc<Last>,
    read_only: Arc<Last>,
}

impl Watchdog {
    /// Watches the server at this location, which messages name.
    pub fn new(location: &str) -> Self {
        Self { location: location.into(), ..Self::default() }
    }

    /// The result of `work`, which has the name `what`, unless it takes longer than `limit`.
    pub async fn within<T>(
        &self,
        limit: Duration,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        self.while_answering(limit, what, &LastAnswer::now(), work).await
    }

    /// The result of `work`, unless the server gives no answer for `limit` meanwhile.
    pub async fn while_answering<T>(
        &self,
        limit: Duration,
        what: &str,
        last: &LastAnswer,
        work: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        let mut work = pin!(work);
        loop {
            let before = last.at();
            match timeout_at(before + limit, &mut work).await {
                Ok(done) => {
                    if last.read_only.load(Ordering::Relaxed) {
                        self.note_read_only();
                    }
                    return Ok(done);
                }
                Err(_) if last.at() > before => {}
                // Before the work is dropped, which gives its connection back.
                Err(_) => return Err(self.note_silence(limit, what)),
            }
        }
    }

    /// What a failed statement means, with the location of the database: SQLite doesn't name it.
    pub fn located(&self, error: DbErr) -> StoreError {
        let named = |cause| format!("{}: {cause}", self.location).into();
        match store_error(error) {
            StoreError::Unavailable(cause) => StoreError::Unavailable(named(cause)),
            StoreError::Broken(cause) => StoreError::Broken(named(cause)),
            other => other,
        }
    }

    /// Notes that the server was silent for `limit`; returns the error that says so.
    pub fn note_silence(&self, limit: Duration, what: &str) -> StoreError {
        self.silent.note();
        let silent = format!("{}: no answer for {} s to {what}", self.location, limit.as_secs());
        StoreError::Unavailable(silent.into())
    }

    pub fn note_read_only(&self) {
        self.read_only.note();
    }

    /// Whether a connection of this age may be used: not one that is older than the server's word that it
    /// can only be read. The next one finds the server that can be written, if there is one.
    pub fn may_be_used(&self, age: Duration) -> bool {
        age < MIN_AGE || self.read_only.elapsed().is_none_or(|ago| age < ago)
    }

    /// Has the pool close connections that stay silent. By itself the pool waits for each as long as the
    /// network does, a quarter of an hour, and opens no other in its place.
    pub fn guard(self, pool: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
        pool.after_release(move |connection: &mut PgConnection, _| {
            let suspected = self.was_silent_lately();
            Box::pin(async move {
                Ok(!suspected
                    || matches!(timeout(PING_TIMEOUT, connection.ping()).await, Ok(Ok(()))))
            })
        })
    }

    fn was_silent_lately(&self) -> bool {
        self.silent.elapsed().is_some_and(|ago| ago < SUSPICION)
    }
}

#[cfg(test)]
mod tests;
