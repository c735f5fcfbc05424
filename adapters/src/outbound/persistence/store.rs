//! The database behind the [`Store`] port.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use passlink_application::ports::{Store, StoreError, Wake, Work};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    database_file::{self, DatabaseFile, DatabaseFileError},
    database_url::{is_sqlite, postgres_server},
    error::store_error,
    file_watch::{FileWatch, Gone},
    group_commit::Writer,
    long_work::ReportWait,
    notify, pool_metrics, postgres,
    schema::{self, Schema},
    sqlite::{self, SqliteProbe},
    sqlite_file, transactions,
    watchdog::{READY_TIMEOUT, SILENCE_LIMIT, Watchdog},
};

/// How long a caller waits for a connection that others use.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A database: a SQLite file or a PostgreSQL server.
pub struct SeaStore {
    /// Reads; on PostgreSQL it writes as well.
    pub(super) connection: DatabaseConnection,
    pub(super) sqlite: Option<SqliteWriter>,
    /// Whether a pooler stands between here and PostgreSQL.
    is_pooled: bool,
    pub(super) watchdog: Watchdog,
    /// A permit for each connection but the one that sees whether the database is there.
    permits: Semaphore,
}

/// SQLite's one writer, and the connection that it has.
pub(super) struct SqliteWriter {
    pub(super) connection: DatabaseConnection,
    writer: Writer,
    file: DatabaseFile,
    watch: Arc<FileWatch>,
    probe: SqliteProbe,
}

impl SeaStore {
    /// Connects to a `sqlite:` or `postgres:` URL with up to `max_connections` connections, and one
    /// more to see whether the database is there. On SQLite these read, and one more writes. The
    /// file must be there: [`make_sqlite_file`](super::make_sqlite_file) makes it.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        if is_sqlite(url) {
            return Self::open_sqlite(url, max_connections).await;
        }
        Self::connect_to_postgres(url, max_connections).await
    }

    async fn connect_to_postgres(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let server = postgres_server(url)?;
        let watchdog = Watchdog::new(&postgres::location(&server));
        let connections = max_connections.saturating_add(1);
        let connection = postgres::open(&server, connections, watchdog.clone()).await?;
        let asked = postgres::is_pooled(&connection);
        let is_pooled = watchdog.within(SILENCE_LIMIT, "the first statement", asked).await?;
        let is_pooled = is_pooled.map_err(store_error)?;
        let pool = connection.get_postgres_connection_pool();
        pool_metrics::register(pool, "postgresql", max_connections);
        let permits = Semaphore::new(max_connections as usize);
        Ok(Self { connection, sqlite: None, is_pooled, watchdog, permits })
    }

    async fn open_sqlite(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let file = sqlite_file::open(url).map_err(|error| StoreError::Unavailable(error.into()))?;
        let watch = Arc::new(sqlite_file::watch(url)?);
        let open = |connections| sqlite::open(url, &file, watch.clone(), connections);
        let refused = |error| database_file::refused(&file, error);
        let writing = open(1).await.map_err(refused)?;
        let connection = open(max_connections.saturating_add(1)).await.map_err(refused)?;
        // A connection holds the journal once it has read. Before that, another process that closes the
        // file takes the journal away, and the next one is another file.
        for opened in [&writing, &connection] {
            let read = opened.execute_unprepared("SELECT 1 FROM sqlite_schema LIMIT 1").await;
            read.map_err(refused)?;
        }
        watch.check()?;
        watch.with_companions(&file.companions());
        pool_metrics::register(writing.get_sqlite_connection_pool(), "write", 1);
        pool_metrics::register(connection.get_sqlite_connection_pool(), "read", max_connections);
        Ok(Self {
            connection,
            watchdog: Watchdog::new(&format!("database file {}", file.path.display())),
            sqlite: Some(SqliteWriter {
                writer: Writer::start(writing.clone(), watch.clone()),
                connection: writing,
                file,
                watch,
                probe: SqliteProbe::default(),
            }),
            is_pooled: false,
            permits: Semaphore::new(max_connections as usize),
        })
    }

    /// In words, without secrets.
    pub fn location(&self) -> &str {
        &self.watchdog.location
    }

    /// Keeps other servers away from this database until this process ends, where there can be only
    /// one: on SQLite. Returns whether this process is now the only server of the database.
    ///
    /// Errors: another server has the file, or that can't be told.
    pub fn become_only_server(&self) -> Result<bool, DatabaseFileError> {
        self.sqlite.as_ref().map_or(Ok(false), |sqlite| sqlite.file.keep_for_server())
    }

    /// The files of the database that others than their owner can read, and what to do about it.
    ///
    /// Errors: one that everybody can write.
    pub fn warning(&self) -> Result<Option<String>, DatabaseFileError> {
        let Some(sqlite) = &self.sqlite else { return Ok(None) };
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
        if !self.is_pooled {
            return Ok(None);
        }
        let asked = postgres::lost_settings(&self.connection);
        let lost = self.watchdog.within(SILENCE_LIMIT, "the question for settings", asked).await?;
        lost.map_err(store_error)
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let permit = timeout(PERMIT_TIMEOUT, self.permits.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or_else(|| {
            StoreError::Unavailable("all connections were in use for too long".into())
        })
    }

    /// Checks that the database is still the one that was opened.
    fn check_present(&self) -> Result<(), Gone> {
        self.sqlite.as_ref().map_or(Ok(()), |sqlite| sqlite.watch.check())
    }

    /// Brings the schema up to date. Where several processes migrate at the same time, one works
    /// and the others wait; `report_wait` hears for whom.
    pub async fn migrate(&self, report_wait: ReportWait<'_>) -> Result<(), StoreError> {
        let connection = self.sqlite.as_ref().map_or(&self.connection, |it| &it.connection);
        schema::migrate(connection, &self.watchdog, report_wait).await
    }

    pub async fn schema(&self) -> Result<Schema, StoreError> {
        self.schema_within(SILENCE_LIMIT).await
    }

    async fn schema_within(&self, limit: Duration) -> Result<Schema, StoreError> {
        let read = schema::read(&self.connection);
        let schema = self.watchdog.within(limit, "the question for the schema", read).await?;
        schema.map_err(|error| self.watchdog.located(error))
    }

    /// Takes what was erased out of SQLite's journal as well. While others read, it waits; after 10 s it
    /// leaves the rest to be overwritten in time.
    pub async fn clear_journal(&self) -> Result<(), StoreError> {
        let Some(sqlite) = &self.sqlite else { return Ok(()) };
        let cleared = sqlite.connection.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
        cleared.map(drop).map_err(store_error)
    }

    /// Makes `here` ring for mail of other nodes, if there can be some; what it returns wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        // Behind a pooler, another client would get the notification, and take it for an answer.
        if self.sqlite.is_some() || self.is_pooled {
            return here;
        }
        notify::wake_all_nodes(self.connection.get_postgres_connection_pool(), &self.watchdog, here)
    }
}

#[async_trait]
impl Store for SeaStore {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        if let Some(sqlite) = &self.sqlite {
            return sqlite.writer.run(work).await;
        }
        let _permit = self.permit().await?;
        transactions::run(&self.connection, &self.watchdog, &work).await
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        self.check_present()?;
        let _permit = self.permit().await?;
        transactions::look(&self.connection, &self.watchdog, &work).await?;
        Ok(self.check_present()?)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.check_present()?;
        let schema = self.schema_within(READY_TIMEOUT).await?;
        if schema.pending > 0 {
            let pending = format!("{} migrations are pending", schema.pending);
            return Err(StoreError::Unavailable(pending.into()));
        }
        match &self.sqlite {
            Some(sqlite) => sqlite.probe.check(&sqlite.connection, &self.watchdog).await?,
            None => postgres::check_writable(&self.connection, &self.watchdog).await?,
        }
        Ok(self.check_present()?)
    }
}
