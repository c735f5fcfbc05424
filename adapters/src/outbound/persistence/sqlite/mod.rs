//! A database in a SQLite file: one thread that writes, some that read, and what sees whether it is there.
//!
//! Why: `docs/decisions/sqlite-threads.md`.

use std::{io, sync::Arc, time::Duration};

use passlink_application::ports::{StoreError, Work};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::{runtime::Handle, time::timeout};

use self::{
    busy::BUSY_TIMEOUT,
    connection::SqliteConnection,
    threads::Threads,
    writer::{Kind, Writer},
};
use super::{
    database_file::{self, DatabaseFile},
    error::store_error,
    file_watch::FileWatch,
    pool_metrics::{self, Usage},
    repositories::Sql,
    schema::{self, Schema},
    sqlite_file,
    statement_spans::{Database, TracedConnection},
    watchdog::{Last, LastAnswer, READY_TIMEOUT, SILENCE_LIMIT, Watchdog},
};
use crate::telemetry::trace_scope::TraceScope;

mod busy;
pub(super) mod connection;
mod error;
mod proxy;
mod rows;
mod threads;
mod writer;

/// How much memory the writer keeps pages in, in KiB.
const WRITER_CACHE: &str = "PRAGMA cache_size = -8192";

/// For how long a file that could be written is taken for one that can be.
const FRESH: Duration = Duration::from_secs(5);

pub(super) struct SqliteDatabase {
    pub file: DatabaseFile,
    watch: Arc<FileWatch>,
    watchdog: Watchdog,
    is_read_only: bool,
    writer: Arc<Writer>,
    readers: Arc<Threads>,
    /// They see whether the database is there, by a read and by a write, which may have to wait.
    probe: Threads,
    writing_probe: Threads,
    /// When it was last seen to be writable.
    written: Last,
}

impl SqliteDatabase {
    /// Opens the file of a URL, which must be there, with so many threads that read.
    pub async fn open(url: &str, readers: u32) -> Result<Self, StoreError> {
        let file = sqlite_file::open(url).map_err(|error| StoreError::Unavailable(error.into()))?;
        let watch = Arc::new(sqlite_file::watch(url)?);
        let is_read_only = sqlite_file::is_read_only(url);
        let path = file.path.clone();
        // All connections are opened at the start and stay. One that is opened later may find another file
        // in the place of this one.
        let opened = tokio::task::spawn_blocking(move || {
            let open = |_| SqliteConnection::open(&path, is_read_only);
            (0..readers.saturating_add(3)).map(open).collect::<Result<Vec<_>, _>>()
        });
        let opened = opened.await.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())));
        let mut connections = opened.map_err(|error| database_file::refused(&file, error))?;
        watch.check()?;
        watch.with_companions(&file.companions());
        let no_thread = |error: io::Error| StoreError::Unavailable(error.into());
        let writing = connections.pop().ok_or(StoreError::NotRun)?;
        // What it wrote itself stays at hand; who reads begins anew after each change.
        writing.batch(WRITER_CACHE).map_err(store_error)?;
        let writer = Arc::new(Writer::start(writing, watch.clone()).map_err(no_thread)?);
        let mut probe =
            || Threads::start("passlink-probe", connections.pop().into_iter().collect());
        let (probe, writing_probe) = (probe().map_err(no_thread)?, probe().map_err(no_thread)?);
        let reading = Threads::start("passlink-read", connections).map_err(no_thread)?;
        let reading = Arc::new(reading);
        register_metrics(&writer, &reading);
        Ok(Self {
            watchdog: Watchdog::new(&format!("database file {}", file.path.display())),
            file,
            watch,
            is_read_only,
            writer,
            readers: reading,
            probe,
            writing_probe,
            written: Last::default(),
        })
    }

    /// In words.
    pub fn location(&self) -> &str {
        &self.watchdog.location
    }

    /// Runs a unit of work; see [`Store::run`](passlink_application::ports::Store::run).
    pub async fn run(&self, work: Work) -> Result<(), StoreError> {
        self.writer.run(work, Kind::Alone).await
    }

    /// As [`Self::run`], where others may come at the same time.
    pub async fn run_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.writer.run(work, Kind::InSet).await
    }

    /// Whether nobody else in this process writes at the moment.
    pub fn has_idle_writer(&self) -> bool {
        self.writer.is_idle()
    }

    /// Runs a unit of work that only reads.
    pub async fn look(&self, work: Work) -> Result<(), StoreError> {
        let (scope, runtime) = (TraceScope::here(), Handle::current());
        let last = Arc::new(LastAnswer::now());
        let noted = last.clone();
        let looked = self.readers.run(move |connection| {
            noted.note();
            runtime.block_on(scope.run(async {
                let database = Database::Sqlite;
                let reading = TracedConnection::new(connection, &database, &noted);
                work(&mut Sql::new(&reading)).await;
            }));
        });
        let looked = self.watchdog.while_answering(SILENCE_LIMIT, "a query", &last, looked).await?;
        // What was read from a file that has gone counts for nothing.
        self.watch.check()?;
        looked
    }

    /// A connection of its own, as SeaORM's are. It is not for requests.
    pub async fn proxy(&self) -> Result<DatabaseConnection, StoreError> {
        self.watch.check()?;
        open_proxy(&self.file, self.is_read_only, "").await
    }

    pub async fn schema(&self, limit: Duration) -> Result<Schema, StoreError> {
        let runtime = Handle::current();
        let read = self.probe.run(move |connection| runtime.block_on(schema::read(connection)));
        let schema = self.watchdog.within(limit, "the question for the schema", read).await??;
        schema.map_err(|error| self.watchdog.located(error))
    }

    /// Brings the schema up to date. Others who migrate at the same time wait.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let connection = self.proxy().await?;
        let migrated = in_transaction(&connection, schema::run_pending(&connection)).await;
        migrated.map_err(|error| self.watchdog.located(error))
    }

    /// Takes what was erased out of the journal as well. While others read, it waits; after a while it
    /// leaves the rest to be overwritten in time.
    pub async fn clear_journal(&self) -> Result<(), StoreError> {
        let clear =
            |connection: &SqliteConnection| connection.batch("PRAGMA wal_checkpoint(TRUNCATE)");
        self.writing_probe.run(clear).await?.map_err(store_error)
    }

    /// Whether the file is the one that was opened.
    pub fn check_present(&self) -> Result<(), StoreError> {
        Ok(self.watch.check()?)
    }

    /// Checks by a write that the file can be written: the disk may be full, the file read-only. While
    /// somebody else writes it, the last result counts.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let within = |limit| self.written.elapsed().is_some_and(|ago| ago < limit);
        if within(FRESH) {
            return Ok(());
        }
        // A number in the head of the file that nobody reads.
        let write = |connection: &SqliteConnection| connection.batch("PRAGMA user_version = 0");
        match timeout(READY_TIMEOUT, self.writing_probe.run(write)).await {
            Ok(written) => written?.map(|()| self.written.note()).map_err(store_error),
            Err(_) if within(FRESH + BUSY_TIMEOUT) => Ok(()),
            Err(_) => Err(self.watchdog.note_silence(READY_TIMEOUT, "a write")),
        }
    }
}

fn register_metrics(writer: &Arc<Writer>, readers: &Arc<Threads>) {
    let (writing, reading) = (Arc::downgrade(writer), Arc::downgrade(readers));
    pool_metrics::register("write", 1, move || {
        let used = usize::from(!writing.upgrade()?.is_idle());
        Some(Usage { idle: 1 - used, used })
    });
    let most = readers.usage().1;
    pool_metrics::register("read", most, move || {
        let (idle, all) = reading.upgrade()?.usage();
        Some(Usage { idle, used: all.saturating_sub(idle) })
    });
}

/// A connection of its own to the file, as SeaORM's are, set up by `settings` as well.
pub(super) async fn open_proxy(
    file: &DatabaseFile,
    is_read_only: bool,
    settings: &'static str,
) -> Result<DatabaseConnection, StoreError> {
    let path = file.path.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let connection = SqliteConnection::open(&path, is_read_only)?;
        connection.batch(settings)?;
        Ok(connection)
    });
    let opened = opened.await.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())));
    let connection = opened.map_err(|error| database_file::refused(file, error))?;
    proxy::proxy(connection).await.map_err(store_error)
}

/// Runs work in a transaction that writes: it waits for other writers at its begin.
pub(super) async fn in_transaction<T>(
    connection: &DatabaseConnection,
    work: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    use sea_orm::ConnectionTrait;

    connection.execute_unprepared("BEGIN IMMEDIATE").await?;
    let done = match work.await {
        Ok(done) => connection.execute_unprepared("COMMIT").await.map(|_| done),
        Err(error) => Err(error),
    };
    if done.is_err() {
        // SQLite may have undone it by itself.
        let _ = connection.execute_unprepared("ROLLBACK").await;
    }
    done
}
