//! Whether a database can be written: one that only answers is of no use.

use std::time::Duration;

use passlink_application::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::time::timeout;

use super::{
    error::store_error,
    sqlite::BUSY_TIMEOUT,
    watchdog::{Last, Watchdog},
};

/// How long the database may take to say that it is there.
pub(super) const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// For how long a SQLite file that could be written is taken for one that can be.
const FRESH: Duration = Duration::from_secs(5);

/// When a SQLite file was last seen to be writable.
#[derive(Default)]
pub(super) struct SqliteProbe(Last);

impl SqliteProbe {
    /// Checks by a write that the file can be written: the disk may be full, the file read-only. While
    /// somebody else writes it, the last result counts.
    pub async fn check(
        &self,
        writing: &DatabaseConnection,
        watchdog: &Watchdog,
    ) -> Result<(), StoreError> {
        let within = |limit| self.0.elapsed().is_some_and(|ago| ago < limit);
        if within(FRESH) {
            return Ok(());
        }
        // A number in the head of the file that nobody reads.
        let write = writing.execute_unprepared("PRAGMA user_version = 0");
        match timeout(READY_TIMEOUT, write).await {
            Ok(written) => written.map(|_| self.0.note()).map_err(store_error),
            Err(_) if within(FRESH + BUSY_TIMEOUT) => Ok(()),
            Err(_) => Err(watchdog.note_silence(READY_TIMEOUT, "a write")),
        }
    }
}

/// Checks that PostgreSQL can be written: it is no standby, and was not made read-only.
pub(super) async fn check_postgres(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('transaction_read_only') = 'on' AS read_only";
    let asked = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
    let asked = watchdog.within(READY_TIMEOUT, "the question whether it can be written", asked);
    let row = asked.await?.map_err(store_error)?;
    match row.map(|row| row.try_get("", "read_only")).transpose().map_err(store_error)? {
        Some(false) => Ok(()),
        _ => {
            watchdog.note_read_only();
            Err(StoreError::Unavailable("the database may only be read".into()))
        }
    }
}
