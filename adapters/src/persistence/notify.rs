//! Tells the nodes on one PostgreSQL of new mail, by LISTEN and NOTIFY. It only speeds up what
//! asking the outbox does anyway: what gets lost costs a second.

use std::{sync::Arc, time::Duration};

use passlink_application::Wake;
use sea_orm::{ConnectionTrait, DatabaseConnection, sqlx::postgres::PgListener};
use tokio::sync::Notify;

const CHANNEL: &str = "passlink_outbox";
/// Wait before a listener that failed is started again.
const AGAIN: Duration = Duration::from_secs(1);

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

/// Makes `here` ring for mail of other nodes too; what it returns wakes all nodes.
pub(super) fn everywhere(connection: DatabaseConnection, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
    let elsewhere = Arc::new(Notify::new());
    tokio::spawn(listen(connection.clone(), here.clone()));
    tokio::spawn(tell(connection, elsewhere.clone()));
    Arc::new(Everywhere { here, elsewhere })
}

async fn tell(connection: DatabaseConnection, elsewhere: Arc<Notify>) {
    loop {
        elsewhere.notified().await;
        if let Err(error) = connection.execute_unprepared(&format!("NOTIFY {CHANNEL}")).await {
            tracing::debug!(%error, "other nodes were not told of new mail");
        }
    }
}

async fn listen(connection: DatabaseConnection, here: Arc<dyn Wake>) {
    loop {
        let heard = async {
            let pool = connection.get_postgres_connection_pool();
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(CHANNEL).await?;
            loop {
                // None: the connection broke and was made anew; something may have been missed.
                listener.try_recv().await?;
                here.wake();
            }
        };
        let result: Result<(), sea_orm::sqlx::Error> = heard.await;
        if let Err(error) = result {
            tracing::debug!(%error, "not listening for new mail of other nodes");
        }
        tokio::time::sleep(AGAIN).await;
    }
}
