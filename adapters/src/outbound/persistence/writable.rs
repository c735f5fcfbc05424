//! Whether a database can be written: one that only answers is of no use.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use passlink_application::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::time::{Instant, timeout};

use super::{BUSY_TIMEOUT, READY_TIMEOUT, error::store_error, silence::Silence};

/// For how long a SQLite file that could be written is taken for one that can be.
const FRESH: Duration = Duration::from_secs(5);

/// When a SQLite file was last seen to be writable.
#[derive(Default)]
pub(super) struct Written(Mutex<Option<Instant>>);

impl Written {
    /// Whether the file can be written, which is tried: a disk may be full, a file read-only. While
    /// somebody else writes it, what was seen last counts.
    pub async fn is_possible(
        &self,
        writing: &DatabaseConnection,
        silence: &Silence,
    ) -> Result<(), StoreError> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let within = |limit| last.is_some_and(|last| last.elapsed() < limit);
        if within(FRESH) {
            return Ok(());
        }
        // A number in the head of the file that nobody reads.
        let write = writing.execute_unprepared("PRAGMA user_version = 0");
        match timeout(READY_TIMEOUT, write).await {
            Ok(Ok(_)) => {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                Ok(())
            }
            Ok(Err(error)) => Err(store_error(error)),
            Err(_) if within(FRESH + BUSY_TIMEOUT) => Ok(()),
            Err(_) => Err(silence.noted(READY_TIMEOUT, "a write")),
        }
    }
}

/// Whether PostgreSQL can be written: not a standby, nor one that was made read-only.
pub(super) async fn ask_postgres(
    connection: &DatabaseConnection,
    silence: &Silence,
) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('transaction_read_only') = 'on' AS read_only";
    let asked = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
    let asked = silence.bounded(READY_TIMEOUT, "the question whether it can be written", asked);
    let row = asked.await?.map_err(store_error)?;
    match row.map(|row| row.try_get("", "read_only")).transpose().map_err(store_error)? {
        Some(false) => Ok(()),
        _ => {
            silence.note_read_only();
            Err(StoreError::Unavailable("the database may only be read".into()))
        }
    }
}
