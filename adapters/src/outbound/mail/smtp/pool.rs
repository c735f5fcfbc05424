//! Connections that wait for the next mail.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{connection::Connection, limits::SHORT};

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long a connection may have waited without a doubt that it still works.
const FRESH: Duration = Duration::from_secs(2);

pub(super) struct Pool {
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// The one that waits longest first.
    connections: Vec<(Connection, Instant)>,
    is_watched: bool,
}

impl Pool {
    pub fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::default() }
    }

    /// A connection that still works, if there is one.
    pub async fn take(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.lock().connections.pop()?;
            if since.elapsed() < FRESH {
                return Some(connection);
            }
            match connection.ask_until(Instant::now() + SHORT, "NOOP").await {
                Ok(reply) if reply.class() == 2 => return Some(connection),
                Ok(_) => {}
                // The other connections are older, and each silent one would cost as much time.
                Err(_) => self.lock().connections.clear(),
            }
        }
    }

    /// Keeps a connection for the next mail, for a while; ends it when there are enough.
    pub async fn put(self: &Arc<Self>, connection: Connection) {
        if let Some(surplus) = self.keep(connection) {
            surplus.quit(Instant::now() + SHORT).await;
        }
    }

    /// Keeps a connection; gives it back when there are enough.
    fn keep(self: &Arc<Self>, connection: Connection) -> Option<Connection> {
        let mut waiting = self.lock();
        if waiting.connections.len() >= self.most {
            return Some(connection);
        }
        waiting.connections.push((connection, Instant::now()));
        if !waiting.is_watched {
            waiting.is_watched = true;
            let pool = Arc::downgrade(self);
            tokio::spawn(async move {
                loop {
                    sleep(LONGEST_WAIT / 2).await;
                    let Some(pool) = pool.upgrade() else { return };
                    let (old, is_last) = pool.expired();
                    for connection in old {
                        connection.quit(Instant::now() + SHORT).await;
                    }
                    if is_last {
                        return;
                    }
                }
            });
        }
        None
    }

    /// Takes out the connections that have waited too long; whether none is left to watch.
    fn expired(&self) -> (Vec<Connection>, bool) {
        let mut waiting = self.lock();
        let fresh = |since: &Instant| since.elapsed() < LONGEST_WAIT;
        let first = waiting.connections.partition_point(|(_, since)| !fresh(since));
        let old = waiting.connections.drain(..first).map(|(connection, _)| connection).collect();
        waiting.is_watched = !waiting.connections.is_empty();
        (old, !waiting.is_watched)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
