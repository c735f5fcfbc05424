//! Tells the nodes on one PostgreSQL of new mail, by LISTEN and NOTIFY. It only speeds up what
//! asking the outbox does anyway: what gets lost costs a second.

use std::{sync::Arc, time::Duration};

use passlink_application::Wake;
use sea_orm::sqlx::{
    self, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{sync::Notify, time::timeout};

const CHANNEL: &str = "passlink_outbox";
/// Wait before a listener that failed is started again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a notification may be on its way.
const PATIENCE: Duration = Duration::from_secs(5);

/// Wakes the worker of this process at once and those of the others by NOTIFY. Many wakes while a
/// notification is on its way make one more.
struct Everywhere {
    here: Arc<dyn Wake>,
    elsewhere: Arc<Notify>,
}

impl Wake for Everywhere {
    fn wake(&self) {
        self.here.wake();
        self.elsewhere.notify_one();
    }
}

/// Makes `here` ring for mail of other nodes too, on the database of `pool`; what it returns wakes
/// all nodes.
pub(super) fn everywhere(pool: &PgPool, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
    // Two connections beside those of the requests: one listens as long as the process runs.
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    let elsewhere = Arc::new(Notify::new());
    tokio::spawn(listen(pool.clone(), here.clone()));
    tokio::spawn(tell(pool, elsewhere.clone()));
    Arc::new(Everywhere { here, elsewhere })
}

async fn tell(pool: PgPool, elsewhere: Arc<Notify>) {
    loop {
        elsewhere.notified().await;
        let notify = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL);
        let told = timeout(PATIENCE, notify.execute(&pool)).await;
        if !matches!(told, Ok(Ok(_))) {
            tracing::debug!(?told, "other nodes were not told of new mail");
        }
    }
}

async fn listen(pool: PgPool, here: Arc<dyn Wake>) {
    loop {
        let heard = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.listen(CHANNEL).await?;
            loop {
                // None: the connection broke and was made anew; something may have been missed.
                listener.try_recv().await?;
                here.wake();
            }
        };
        let result: Result<(), sqlx::Error> = heard.await;
        if let Err(error) = result {
            tracing::debug!(%error, "not listening for new mail of other nodes");
        }
        tokio::time::sleep(AGAIN).await;
    }
}
