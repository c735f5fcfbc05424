//! Persistence by SeaORM: one set of repositories for every database.

use std::{path::PathBuf, str::FromStr, time::Duration};

use async_trait::async_trait;
use passlink_application::{Store, StoreError, Work};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, sqlx,
};
use sea_orm_migration::{MigrationStatus, MigratorTrait};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use error::store_error;
use group_commit::Writer;
use migrations::Migrator;
use repositories::Sql;

mod entities;
mod error;
mod group_commit;
mod migrations;
mod repositories;

/// How long a statement waits for a database file that another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The database behind the [`Store`] port.
pub struct SeaStore {
    reader: DatabaseConnection,
    writer: Writer,
    write_connection: DatabaseConnection,
}

impl SeaStore {
    /// Connects to a `sqlite:` URL with up to `max_connections` connections for reading and one
    /// for writing.
    ///
    /// Errors: [`StoreError`] when the file can't be opened.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let write_connection = open(url, 1).await?;
        Ok(Self {
            reader: open(url, max_connections).await?,
            writer: Writer::start(write_connection.clone()),
            write_connection,
        })
    }

    /// Brings the schema up to date. Others who migrate at the same time wait.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = self.write_connection.begin_with_options(options).await;
        let transaction = transaction.map_err(store_error)?;
        Migrator::up(&transaction, None).await.map_err(store_error)?;
        transaction.commit().await.map_err(store_error)
    }

    /// Where the schema stands.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let all = Migrator::get_migration_with_status_read_only(&self.reader).await;
        let all = all.map_err(store_error)?;
        let pending = all.iter().filter(|step| step.status() == MigrationStatus::Pending);
        Ok(Schema { pending: pending.count(), all: all.len() })
    }
}

/// Where the schema of a database stands.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// How many migrations are pending.
    pub pending: usize,
    all: usize,
}

impl Schema {
    /// Whether nothing was ever migrated.
    pub fn is_new(&self) -> bool {
        self.pending == self.all
    }
}

/// The file of a `sqlite:` URL, for what is kept beside it.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    Some(options.get_filename().to_owned())
}

async fn open(url: &str, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
        });
    Database::connect(options).await.map_err(store_error)
}

#[async_trait]
impl Store for SeaStore {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        self.writer.run(work).await
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        work(&mut Sql(&self.reader)).await;
        Ok(())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.reader.ping().await.map_err(store_error)?;
        match self.schema().await?.pending {
            0 => Ok(()),
            pending => {
                Err(StoreError::Unavailable(format!("{pending} migrations are pending").into()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
