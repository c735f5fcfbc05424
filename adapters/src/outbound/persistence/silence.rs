//! Servers that connections are not ended by: one that went silent, as its machine or its network is
//! gone, or it hangs; and one that may only be read since another took over from it.

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

/// How long a server may say nothing before it counts as gone: longer than it lets any statement
/// take.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// How long a connection may take to answer when it comes back from work that was given up.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long after a silence connections are suspected of it.
const SUSPECTED: Duration = Duration::from_secs(60);

/// How old a connection is at least that is closed as its server may only be read: if all are so, calls
/// must not open one each.
const KEPT: Duration = Duration::from_secs(1);

/// What was last heard of the server, in one piece of work.
pub(super) struct Heard {
    last: Mutex<Instant>,
    read_only: AtomicBool,
}

impl Heard {
    /// Now.
    pub fn now() -> Self {
        Self { last: Mutex::new(Instant::now()), read_only: AtomicBool::default() }
    }

    /// Notes that the server answered.
    pub fn note(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Notes that the server may only be read.
    pub fn note_read_only(&self) {
        self.read_only.store(true, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the server last gave no answer in time, and when it last told that it may only be read.
#[derive(Clone, Default)]
pub(super) struct Silence {
    /// Where the server is.
    place: Arc<str>,
    silent: Arc<Mutex<Option<Instant>>>,
    read_only: Arc<Mutex<Option<Instant>>>,
}

impl Silence {
    /// For the server at this place, which messages name.
    pub fn of(place: &str) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    /// Where the server is, in words.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What `work` comes to.
    ///
    /// Errors: it takes longer than `limit`; `what` is the name of the work.
    pub async fn bounded<T>(
        &self,
        limit: Duration,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        self.while_heard(limit, what, &Heard::now(), work).await
    }

    /// What `work` comes to.
    ///
    /// Errors: nothing is heard of the server for `limit` meanwhile; `what` is the name of the work.
    pub async fn while_heard<T>(
        &self,
        limit: Duration,
        what: &str,
        heard: &Heard,
        work: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        let mut work = pin!(work);
        loop {
            let before = heard.last();
            match timeout_at(before + limit, &mut work).await {
                Ok(done) => {
                    if heard.read_only.load(Ordering::Relaxed) {
                        self.note_read_only();
                    }
                    return Ok(done);
                }
                Err(_) if heard.last() > before => {}
                Err(_) => break,
            }
        }
        // Before the work gives its connection back, which is when it is dropped.
        Err(self.noted(limit, what))
    }

    /// What a failed statement means, with the place that it failed at: SQLite does not say which.
    pub fn failed(&self, error: DbErr) -> StoreError {
        let named = |cause| format!("{}: {cause}", self.place).into();
        match store_error(error) {
            StoreError::Unavailable(cause) => StoreError::Unavailable(named(cause)),
            StoreError::Broken(cause) => StoreError::Broken(named(cause)),
            other => other,
        }
    }

    /// Notes that the server was silent for `limit`; returns what is told of it.
    pub fn noted(&self, limit: Duration, what: &str) -> StoreError {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let told = format!("{}: no answer for {} s to {what}", self.place, limit.as_secs());
        StoreError::Unavailable(told.into())
    }

    /// Notes that the server may only be read.
    pub fn note_read_only(&self) {
        *self.read_only.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age may be used: not one from before it was told that the server may
    /// only be read. The next one finds the server that can be written, if there is one.
    pub fn may_be_used(&self, age: Duration) -> bool {
        let last = *self.read_only.lock().unwrap_or_else(PoisonError::into_inner);
        age < KEPT || last.is_none_or(|last| age < last.elapsed())
    }

    /// Has the pool close connections that stay silent. By itself it waits for each as long as the
    /// network does, a quarter of an hour, and gives no other in its place.
    pub fn ended_by(self, pool: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
        pool.after_release(move |connection: &mut PgConnection, _| {
            let suspected = self.is_recent();
            Box::pin(async move {
                Ok(!suspected || matches!(timeout(LAST_CALL, connection.ping()).await, Ok(Ok(()))))
            })
        })
    }

    fn is_recent(&self) -> bool {
        let last = *self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < SUSPECTED)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn work_may_take_long_while_the_server_answers() {
        let (silence, heard) = (Silence::default(), Heard::now());
        let work = async {
            for _ in 0..5 {
                sleep(LIMIT / 4).await;
                heard.note();
            }
        };
        assert_eq!(silence.while_heard(LIMIT, "it", &heard, work).await.ok(), Some(()));
        assert!(!silence.is_recent());
    }

    #[tokio::test]
    async fn connections_from_before_a_server_could_only_be_read_are_not_used() {
        let (silence, heard) = (Silence::default(), Heard::now());
        assert!(silence.may_be_used(KEPT * 2));
        heard.note_read_only();
        assert_eq!(silence.while_heard(LIMIT, "it", &heard, async {}).await.ok(), Some(()));
        assert!(!silence.may_be_used(KEPT * 60 * 60));
        assert!(silence.may_be_used(KEPT / 2), "one that was just opened stays for a moment");
    }

    #[tokio::test]
    async fn work_is_given_up_when_the_server_has_been_silent_for_too_long() {
        let (silence, heard) = (Silence::default(), Heard::now());
        let started = Instant::now();
        let work = async {
            sleep(LIMIT / 4).await;
            heard.note();
            sleep(LIMIT * 60).await;
        };
        assert!(silence.while_heard(LIMIT, "it", &heard, work).await.is_err());
        assert!((LIMIT..LIMIT * 30).contains(&started.elapsed()), "{:?}", started.elapsed());
        assert!(silence.is_recent());
    }
}
