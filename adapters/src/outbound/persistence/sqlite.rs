//! Connections to a SQLite file.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sqlx,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::{database_file::DatabaseFile, file_watch::FileWatch};

/// How long a statement waits for a file that another process writes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens so many connections.
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
