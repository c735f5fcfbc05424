//! Tells the nodes on one PostgreSQL of new mail, by LISTEN and NOTIFY. It only speeds up what
//! asking the outbox does anyway: what gets lost costs a second.

use std::{sync::Arc, time::Duration};

use passlink_application::ports::Wake;
use sea_orm::sqlx::{
    self, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::watchdog::{SILENCE_LIMIT, Watchdog};

const CHANNEL: &str = "passlink_outbox";
const NOTIFY: &str = "NOTIFY passlink_outbox";
/// The least time between two notifications: each is a transaction of its own.
const PAUSE: Duration = Duration::from_millis(50);
/// Wait before a listener that failed is started again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often the listener asks whether the server is still there.
const STILL_THERE: Duration = Duration::from_secs(60);

/// Wakes the worker of this process at once and those of the others by NOTIFY. Many wakes while a
/// notification is on its way, or in the pause after it, make one more.
struct AllNodes {
    here: Arc<dyn Wake>,
    elsewhere: Arc<Notify>,
}

impl Wake for AllNodes {
    fn wake(&self) {
        self.here.wake();
        self.elsewhere.notify_one();
    }
}

/// Makes `here` ring for mail of other nodes too; what it returns wakes all nodes of the database.
pub(super) fn wake_all_nodes(
    pool: &PgPool,
    watchdog: &Watchdog,
    here: Arc<dyn Wake>,
) -> Arc<dyn Wake> {
    // Two connections beside those of the requests: one listens as long as the process runs.
    let server = pool.connect_options();
    let notifier = watchdog.clone().guard(PgPoolOptions::new().max_connections(1));
    let notifier = notifier.connect_lazy_with(server.as_ref().clone());
    let elsewhere = Arc::new(Notify::new());
    tokio::spawn(listen(server, here.clone()));
    tokio::spawn(notify_others(notifier, watchdog.clone(), elsewhere.clone()));
    Arc::new(AllNodes { here, elsewhere })
}

async fn notify_others(pool: PgPool, watchdog: Watchdog, elsewhere: Arc<Notify>) {
    loop {
        elsewhere.notified().await;
        let notify = sqlx::raw_sql(NOTIFY).execute(&pool);
        let outcome = watchdog.within(SILENCE_LIMIT, "a notification", notify).await;
        if !matches!(outcome, Ok(Ok(_))) {
            tracing::debug!(?outcome, "other nodes were not notified of new mail");
        }
        sleep(PAUSE).await;
    }
}

async fn listen(server: Arc<PgConnectOptions>, here: Arc<dyn Wake>) {
    loop {
        // A pool of its own each time: a connection that went silent would hold its only place.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(SILENCE_LIMIT)
            .connect_lazy_with(server.as_ref().clone());
        let listening = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            answered(listener.listen(CHANNEL)).await?;
            loop {
                match timeout(STILL_THERE, listener.try_recv()).await {
                    Ok(received) => {
                        // None: the connection broke and was made anew; something may have been missed.
                        received?;
                        here.wake();
                    }
                    Err(_) => {
                        answered(sqlx::raw_sql("SELECT 1").execute(&mut listener)).await?;
                    }
                }
            }
        };
        let result: Result<(), sqlx::Error> = listening.await;
        if let Err(error) = result {
            tracing::debug!(%error, "not listening for new mail of other nodes");
        }
        sleep(AGAIN).await;
    }
}

/// What the server answers, if it does in time.
async fn answered<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let silent = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
    timeout(SILENCE_LIMIT, answer).await.unwrap_or_else(silent)
}
