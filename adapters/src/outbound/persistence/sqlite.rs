//! Connections to a SQLite file.

use std::{sync::Arc, time::Duration};

use passlink_application::ports::StoreError;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sqlx,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::time::timeout;

use super::{
    database_file::DatabaseFile,
    error::store_error,
    file_watch::FileWatch,
    watchdog::{Last, READY_TIMEOUT, Watchdog},
};

/// How long a statement waits for a file that another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// For how long a SQLite file that could be written is taken for one that can be.
const FRESH: Duration = Duration::from_secs(5);

pub(super) async fn open(
    url: &str,
    file: &DatabaseFile,
    watch: Arc<FileWatch>,
    connections: u32,
) -> Result<DatabaseConnection, DbErr> {
    let (mut options, file) = (ConnectOptions::new(url), file.path.clone());
    options
        .max_connections(connections)
        .sqlx_logging(false)
        .test_before_acquire(false)
        // To open the file is to wait for who writes it.
        .acquire_timeout(2 * BUSY_TIMEOUT)
        // All are opened at the start and stay. One that is opened later may find another file in the
        // place of this one. When the last connection to that is closed, SQLite writes the journal of
        // this file into it.
        .min_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |options| file_options(options).filename(&file))
        .map_sqlx_sqlite_pool_opts(move |options| {
            let watch = watch.clone();
            // A connection to another file must be gone when the right one is back.
            options.after_connect(move |_, _| {
                let there = watch.check().map_err(|gone| sqlx::Error::Configuration(gone.into()));
                Box::pin(async move { there })
            })
        });
    Database::connect(options).await
}

/// Begins a transaction that writes. On SQLite, it waits here for other writers, and not amid its work.
pub(super) async fn begin_to_write(
    connection: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let mode = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() };
    connection.begin_with_options(options).await
}

/// The options of all connections. None makes the file: a server would go on with an empty one.
pub(super) fn file_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What was erased is not left in the file.
        .pragma("secure_delete", "on")
        .busy_timeout(BUSY_TIMEOUT)
}

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
