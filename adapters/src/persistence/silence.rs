//! A server that went silent: its machine or its network is gone, or it hangs, and nothing ends the
//! connections to it.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::sqlx::{Connection, PgConnection, Postgres, pool::PoolOptions};
use tokio::time::{Instant, timeout};

/// How long a connection may take to answer when it comes back from work that was given up.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long after a silence connections are suspected of it.
const SUSPECTED: Duration = Duration::from_secs(60);

/// When the server last gave no answer in time.
#[derive(Clone, Default)]
pub(super) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// What `work` comes to, or `None` when it takes longer than `limit`.
    pub async fn bounded<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let done = timeout(limit, &mut work).await.ok();
        if done.is_none() {
            // Before the work gives its connection back, which is when it is dropped.
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        done
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
