//! Persistence by SeaORM: one set of repositories for SQLite and PostgreSQL.
//!
//! Why: `docs/decisions/two-databases.md`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use passlink_application::ports::{Store, StoreError, Wake, Work};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr, sqlx,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use database_file::DatabaseFile;
pub use database_file::{DatabaseFileError, HOW_TO_SET_UP};
use error::store_error;
use file_watch::{FileWatch, Gone};
use group_commit::Writer;
pub use postgres_url::PostgresUrl;
pub use presence::{find_sqlite_file, make_sqlite_file};
pub use schema::Schema;
pub use session::Waits;
use silence::{PATIENCE, Silence};
pub use staging::StagingTable;
pub use url_fault::UrlFault;
use writable::Written;

mod database_file;
mod entities;
mod error;
mod file_watch;
mod group_commit;
mod migrations;
mod notify;
mod pool_use;
mod postgres;
mod postgres_url;
mod presence;
mod repositories;
mod schema;
mod session;
mod silence;
mod sqlite_url;
mod staging;
mod traced;
mod transactions;
mod url_fault;
mod writable;

/// How long a statement waits for a SQLite file that another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection that others use.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller whose turn it is waits for a server that is away. Connecting is tried again after a
/// fifth of this at the latest: that is how soon a server that comes back is noticed.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the database may take to say that it is there.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// The database behind the [`Store`] port.
pub struct SeaStore {
    /// Reads; on PostgreSQL it writes as well.
    connection: DatabaseConnection,
    sqlite: Option<SqliteWriter>,
    /// Whether a pooler stands between here and PostgreSQL.
    is_pooled: bool,
    silence: Silence,
    /// A permit for each connection but the one that sees whether the database is there.
    turns: Semaphore,
}

/// SQLite's one writer, and the connection that it has.
struct SqliteWriter {
    connection: DatabaseConnection,
    writer: Writer,
    file: DatabaseFile,
    watch: Arc<FileWatch>,
    written: Written,
}

impl SeaStore {
    /// Connects to a `sqlite:` or `postgres:` URL with up to `max_connections` connections, and one
    /// more to see whether the database is there; on SQLite these read, and one more writes. The
    /// file must be there: [`make_sqlite_file`] makes it.
    ///
    /// Errors: [`StoreError`] when the database can't be reached or opened.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let turns =
            Semaphore::new(usize::try_from(max_connections).unwrap_or(Semaphore::MAX_PERMITS));
        let connections = max_connections.saturating_add(1);
        if !url.starts_with("sqlite:") {
            let server = postgres_server(url)?;
            let silence = Silence::of(&postgres::place(&server));
            let connection = postgres::open(&server, connections, silence.clone()).await?;
            let asked = postgres::is_pooled(&connection);
            let is_pooled = silence.bounded(PATIENCE, "the first statement", asked).await?;
            let is_pooled = is_pooled
                .map_err(|error| store_error(DbErr::Query(RuntimeErr::SqlxError(error.into()))))?;
            pool_use::show(
                connection.get_postgres_connection_pool(),
                "postgresql",
                max_connections,
            );
            return Ok(Self { connection, sqlite: None, is_pooled, silence, turns });
        }
        let file = open_file(url).map_err(|error| StoreError::Unavailable(error.into()))?;
        let silence = Silence::of(&format!("database file {}", file.path().display()));
        let watch = Arc::new(watch(url)?);
        let open = |most| open_sqlite(url, &file, watch.clone(), most);
        let refused = |error| database_file::refused(&file, error);
        let writing = open(1).await.map_err(refused)?;
        let connection = open(connections).await.map_err(refused)?;
        // Only who has read holds the journal: before that, another process that closes the file takes
        // the journal away, and the next one is another file.
        for opened in [&writing, &connection] {
            let read = opened.execute_unprepared("SELECT 1 FROM sqlite_schema LIMIT 1").await;
            read.map_err(refused)?;
        }
        watch.check()?;
        watch.with_companions(&file.companions());
        pool_use::show(writing.get_sqlite_connection_pool(), "write", 1);
        pool_use::show(connection.get_sqlite_connection_pool(), "read", max_connections);
        Ok(Self {
            connection,
            sqlite: Some(SqliteWriter {
                writer: Writer::start(writing.clone(), watch.clone()),
                connection: writing,
                file,
                watch,
                written: Written::default(),
            }),
            is_pooled: false,
            silence,
            turns,
        })
    }

    /// Keeps other servers away from this database until this process ends, where there can be only
    /// one: on SQLite. Returns whether this process is now the only server of the database.
    ///
    /// Errors: another server has the file, or that can't be told.
    pub fn become_only_server(&self) -> Result<bool, DatabaseFileError> {
        match &self.sqlite {
            Some(sqlite) => sqlite.file.keep_for_server(),
            None => Ok(false),
        }
    }

    /// The files of the database that others than their owner can read, and what to do about it.
    ///
    /// Errors: one that everybody can write.
    pub fn warning(&self) -> Result<Option<String>, DatabaseFileError> {
        let open = self.file().map_or(Ok(Vec::new()), DatabaseFile::open_to_others)?;
        let open: Vec<_> = open.iter().map(|path| path.display().to_string()).collect();
        let open = open.join(" ");
        Ok((!open.is_empty()).then(|| {
            format!(
                "others can read the database, and with it who people are; run `chmod 600 {open}`"
            )
        }))
    }

    /// SQLite's file.
    fn file(&self) -> Option<&DatabaseFile> {
        Some(&self.sqlite.as_ref()?.file)
    }

    /// The settings that PostgreSQL does not apply, as a pooler in between drops them, and what to
    /// do about it.
    pub async fn lost_settings(&self) -> Result<Option<String>, StoreError> {
        if !self.is_pooled {
            return Ok(None);
        }
        let asked = postgres::lost_settings(&self.connection);
        let told = self.silence.bounded(PATIENCE, "the question for settings", asked).await?;
        told.map_err(store_error)
    }

    /// Waits for a connection to be free.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let turn = timeout(TURN_TIMEOUT, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            StoreError::Unavailable("all connections were in use for too long".into())
        })
    }

    /// Whether the database is still the one that was opened.
    fn is_there(&self) -> Result<(), Gone> {
        self.sqlite.as_ref().map_or(Ok(()), |sqlite| sqlite.watch.check())
    }

    /// Brings the schema up to date. Where several processes migrate at the same time, one works
    /// and the others wait; `waits` hears for whom.
    pub async fn migrate(&self, waits: Waits<'_>) -> Result<(), StoreError> {
        let connection = match &self.sqlite {
            Some(sqlite) => &sqlite.connection,
            None => &self.connection,
        };
        schema::migrate(connection, &self.silence, waits).await
    }

    /// Where the schema stands.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        self.schema_within(PATIENCE).await
    }

    async fn schema_within(&self, limit: Duration) -> Result<Schema, StoreError> {
        let look = schema::look(&self.connection);
        let schema = self.silence.bounded(limit, "the question for the schema", look).await?;
        schema.map_err(|error| self.silence.failed(error))
    }

    /// Takes what was erased out of SQLite's journal as well. While others read, it waits; after
    /// [`BUSY_TIMEOUT`] it leaves the rest to be overwritten in time.
    pub async fn clear_journal(&self) -> Result<(), StoreError> {
        let Some(sqlite) = &self.sqlite else {
            return Ok(());
        };
        let cleared = sqlite.connection.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
        cleared.map(drop).map_err(store_error)
    }

    /// Makes `here` ring for mail of other nodes as well, where there can be some; what it returns
    /// wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        match &self.sqlite {
            Some(_) => here,
            // Behind a pooler, another client would get the notification, and take it for an
            // answer.
            None if self.is_pooled => here,
            None => {
                let pool = self.connection.get_postgres_connection_pool();
                notify::everywhere(pool, &self.silence, here)
            }
        }
    }
}

/// Whether a database can be reached by this URL, as far as the URL tells.
///
/// Errors: what is wrong with it. The text repeats nothing of the URL.
pub fn check_url(url: &str) -> Result<(), UrlFault> {
    match url.starts_with("sqlite:") {
        true => sqlite_url::parse(url).map(drop),
        false => PostgresUrl::parse(url).map(drop),
    }
}

/// The file of a `sqlite:` URL, for what is kept beside it.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    sqlite_url::parse(url).ok()
}

fn postgres_server(url: &str) -> Result<sqlx::postgres::PgConnectOptions, StoreError> {
    let server = PostgresUrl::parse(url).map_err(refused)?;
    server.options().map_err(|_| refused("it can't be read".into()))
}

fn refused(fault: UrlFault) -> StoreError {
    StoreError::Unavailable(format!("database.url: {fault}").into())
}

/// Whether a server can do with the SQLite file that a URL leads to, as far as that can be told without
/// making or opening it.
///
/// Errors: as of [`make_sqlite_file`] and [`SeaStore::connect`].
pub fn check_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    presence::can_be_had(url)?;
    open_file(url).map(drop)
}

/// The file that a `sqlite:` URL leads to.
fn open_file(url: &str) -> Result<DatabaseFile, DatabaseFileError> {
    let file = database_file(url)?;
    file.open_to_others()?;
    Ok(file)
}

/// Watches the SQLite file that a URL leads to, before it is opened; nothing for other databases.
fn watch(url: &str) -> Result<FileWatch, StoreError> {
    if !url.starts_with("sqlite:") {
        return Ok(FileWatch::default());
    }
    let watch = database_file(url).and_then(|file| file.watch());
    watch.map_err(|error| StoreError::Unavailable(error.into()))
}

fn database_file(url: &str) -> Result<DatabaseFile, DatabaseFileError> {
    DatabaseFile::at(&sqlite_url::parse(url)?)
}

async fn open_sqlite(
    url: &str,
    file: &DatabaseFile,
    watch: Arc<FileWatch>,
    connections: u32,
) -> Result<DatabaseConnection, DbErr> {
    let (mut options, file) = (ConnectOptions::new(url), file.path().to_owned());
    options
        .max_connections(connections)
        .sqlx_logging(false)
        .test_before_acquire(false)
        // To open the file is to wait for who writes it.
        .acquire_timeout(2 * BUSY_TIMEOUT)
        // All are opened at the start and stay. Whoever opens the file later may find another one in its
        // place, and when the last connection to that is closed, SQLite writes the journal of this one
        // into it.
        .min_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |options| sqlite_options(options).filename(&file))
        .map_sqlx_sqlite_pool_opts(move |options| {
            let watch = watch.clone();
            // A connection to another file must not be there any more when the right one is back.
            options.after_connect(move |_, _| {
                let there = watch.check().map_err(|gone| sqlx::Error::Configuration(gone.into()));
                Box::pin(async move { there })
            })
        });
    Database::connect(options).await
}

/// The options of all connections. None makes the file: a server would go on with an empty one.
fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What was erased is not left in the file.
        .pragma("secure_delete", "on")
        .busy_timeout(BUSY_TIMEOUT)
}

#[async_trait]
impl Store for SeaStore {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        match &self.sqlite {
            Some(sqlite) => sqlite.writer.run(work).await,
            None => {
                let _turn = self.turn().await?;
                transactions::run(&self.connection, &self.silence, &work).await
            }
        }
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        self.is_there()?;
        let _turn = self.turn().await?;
        transactions::look(&self.connection, &self.silence, &work).await?;
        Ok(self.is_there()?)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.is_there()?;
        let schema = self.schema_within(READY_TIMEOUT).await?;
        if schema.pending > 0 {
            let pending = format!("{} migrations are pending", schema.pending);
            return Err(StoreError::Unavailable(pending.into()));
        }
        match &self.sqlite {
            Some(sqlite) => sqlite.written.is_possible(&sqlite.connection, &self.silence).await?,
            None => writable::ask_postgres(&self.connection, &self.silence).await?,
        }
        Ok(self.is_there()?)
    }
}

#[cfg(test)]
mod tests;
