//! The database behind the [`Store`] port.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use passlink_application::ports::{Store, StoreError, Wake, Work};

use super::{
    database_file::DatabaseFileError,
    database_url::is_sqlite,
    long_work::ReportWait,
    postgres::PostgresDatabase,
    schema::Schema,
    sqlite::SqliteDatabase,
    watchdog::{READY_TIMEOUT, SILENCE_LIMIT},
};

/// A database: a SQLite file or a PostgreSQL server.
pub struct SeaStore(pub(super) Database);

pub(super) enum Database {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
}

impl SeaStore {
    /// Connects to a `sqlite:` or `postgres:` URL with up to `max_connections` connections, and one
    /// more to see whether the database is there. On SQLite these read, one more writes, and another one
    /// sees whether it can be written. The file must be there: [`make_sqlite_file`](super::make_sqlite_file) makes it.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        Ok(Self(if is_sqlite(url) {
            Database::Sqlite(SqliteDatabase::open(url, max_connections).await?)
        } else {
            Database::Postgres(PostgresDatabase::connect(url, max_connections).await?)
        }))
    }

    /// In words, without secrets.
    pub fn location(&self) -> &str {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.location(),
            Database::Postgres(postgres) => postgres.location(),
        }
    }

    /// Keeps other servers away from this database until this process ends, where there can be only
    /// one: on SQLite. Returns whether this process is now the only server of the database.
    ///
    /// Errors: another server has the file, or that can't be told.
    pub fn become_only_server(&self) -> Result<bool, DatabaseFileError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.file.keep_for_server(),
            Database::Postgres(_) => Ok(false),
        }
    }

    /// The files of the database that others than their owner can read, and what to do about it.
    ///
    /// Errors: one that everybody can write.
    pub fn warning(&self) -> Result<Option<String>, DatabaseFileError> {
        let Database::Sqlite(sqlite) = &self.0 else { return Ok(None) };
        let readable = sqlite.file.readable_by_others()?;
        if readable.is_empty() {
            return Ok(None);
        }
        let readable: Vec<_> = readable.iter().map(|path| path.display().to_string()).collect();
        Ok(Some(format!(
            "others can read the database, and with it who people are; run `chmod 600 {}`",
            readable.join(" ")
        )))
    }

    /// The settings that a pooler in between keeps from PostgreSQL, and what to do about it.
    pub async fn lost_settings(&self) -> Result<Option<String>, StoreError> {
        match &self.0 {
            Database::Sqlite(_) => Ok(None),
            Database::Postgres(postgres) => postgres.lost_settings().await,
        }
    }

    /// Brings the schema up to date. Where several processes migrate at the same time, one works
    /// and the others wait; `report_wait` hears for whom.
    pub async fn migrate(&self, report_wait: ReportWait<'_>) -> Result<(), StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.migrate().await,
            Database::Postgres(postgres) => postgres.migrate(report_wait).await,
        }
    }

    pub async fn schema(&self) -> Result<Schema, StoreError> {
        self.schema_within(SILENCE_LIMIT).await
    }

    async fn schema_within(&self, limit: Duration) -> Result<Schema, StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.schema(limit).await,
            Database::Postgres(postgres) => postgres.schema(limit).await,
        }
    }

    /// Takes what was erased out of SQLite's journal as well. While others read, it waits; after 10 s it
    /// leaves the rest to be overwritten in time.
    pub async fn clear_journal(&self) -> Result<(), StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.clear_journal().await,
            Database::Postgres(_) => Ok(()),
        }
    }

    /// Makes `here` ring for mail of other nodes, if there can be some; what it returns wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        match &self.0 {
            Database::Sqlite(_) => here,
            Database::Postgres(postgres) => postgres.wake_everywhere(here),
        }
    }
}

#[async_trait]
impl Store for SeaStore {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.run(work).await,
            Database::Postgres(postgres) => postgres.run(work).await,
        }
    }

    async fn run_in_set(&self, work: Work) -> Result<(), StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.run_in_set(work).await,
            Database::Postgres(postgres) => postgres.run_in_set(work).await,
        }
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        match &self.0 {
            Database::Sqlite(sqlite) => sqlite.look(work).await,
            Database::Postgres(postgres) => postgres.look(work).await,
        }
    }

    async fn look_in_set(&self, work: Work) -> Result<(), StoreError> {
        match &self.0 {
            // There, a statement is no way to another process that others could share.
            Database::Sqlite(sqlite) => sqlite.look(work).await,
            Database::Postgres(postgres) => postgres.look_in_set(work).await,
        }
    }

    fn has_idle_writer(&self) -> bool {
        matches!(&self.0, Database::Sqlite(sqlite) if sqlite.has_idle_writer())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if let Database::Sqlite(sqlite) = &self.0 {
            sqlite.check_present()?;
        }
        let schema = self.schema_within(READY_TIMEOUT).await?;
        if schema.pending > 0 {
            let pending = format!("{} migrations are pending", schema.pending);
            return Err(StoreError::Unavailable(pending.into()));
        }
        match &self.0 {
            Database::Sqlite(sqlite) => {
                sqlite.check_writable().await?;
                sqlite.check_present()
            }
            Database::Postgres(postgres) => postgres.check_writable().await,
        }
    }
}
