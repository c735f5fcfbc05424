//! A server that went silent: its machine or its network is gone, or it hangs, and nothing ends the
//! connections to it.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::sqlx::{Connection, PgConnection, Postgres, pool::PoolOptions};
use tokio::time::{Instant, timeout, timeout_at};

/// How long a connection may take to answer when it comes back from work that was given up.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long after a silence connections are suspected of it.
const SUSPECTED: Duration = Duration::from_secs(60);

/// When something was last heard of the server, in one piece of work.
pub(super) struct Heard(Mutex<Instant>);

impl Heard {
    /// Now.
    pub fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Notes that the server answered.
    pub fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the server last gave no answer in time.
#[derive(Clone, Default)]
pub(super) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// What `work` comes to, or `None` when it takes longer than `limit`.
    pub async fn bounded<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        self.while_heard(limit, &Heard::now(), work).await
    }

    /// What `work` comes to, or `None` when nothing is heard of the server for `limit` meanwhile.
    pub async fn while_heard<T>(
        &self,
        limit: Duration,
        heard: &Heard,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let before = heard.last();
            match timeout_at(before + limit, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if heard.last() > before => {}
                Err(_) => break,
            }
        }
        // Before the work gives its connection back, which is when it is dropped.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        None
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
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        assert_eq!(silence.while_heard(LIMIT, &heard, work).await, Some(()));
        assert!(!silence.is_recent());
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
        assert_eq!(silence.while_heard(LIMIT, &heard, work).await, None);
        assert!((LIMIT..LIMIT * 30).contains(&started.elapsed()), "{:?}", started.elapsed());
        assert!(silence.is_recent());
    }
}
