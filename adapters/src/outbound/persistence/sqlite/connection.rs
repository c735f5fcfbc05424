//! A connection to a SQLite file, by rusqlite. A statement runs where it is awaited and is done at once:
//! whoever awaits one is on a thread that may wait for the disk.

use std::{
    fmt,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use rusqlite::{CachedStatement, Connection, OpenFlags};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, ProxyExecResult, ProxyRow, QueryResult,
    Statement,
};

use super::{
    busy,
    error::{db_err, is_busy, no_transaction},
    rows::{Columns, sql_value},
};

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 200;
/// What all connections are set to.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    -- What was erased is not left in the file, and nothing of it in others.
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;";

pub(in crate::outbound::persistence) struct SqliteConnection {
    /// Only one thread uses it at a time.
    inner: Mutex<Connection>,
    /// Whether statements are part of a transaction. SQLite undoes some by itself (no room, a fault of the
    /// disk), and would make what follows durable, statement by statement.
    in_transaction: AtomicBool,
    /// How many steps its statements have taken.
    #[cfg(test)]
    pub steps: std::sync::atomic::AtomicI64,
}

impl SqliteConnection {
    /// Opens the file, which must be there, and reads from it: from then on the connection holds the
    /// journal. Before that, another process that closes the file takes the journal away, and the next one
    /// is another file.
    pub fn open(file: &Path, is_read_only: bool) -> Result<Self, DbErr> {
        let access = if is_read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        };
        let opened = || {
            let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(file, flags)?;
            connection.busy_handler(Some(busy::wait))?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            connection.execute_batch(SETTINGS)?;
            connection.execute_batch("SELECT 1 FROM sqlite_schema LIMIT 1")?;
            Ok(connection)
        };
        // SQLite doesn't wait by itself for who sets up the journal of a new file.
        let connection = (0..).find_map(|asked| match opened() {
            Err(error) if is_busy(&error) && busy::wait(asked) => None,
            opened => Some(opened),
        });
        let connection = connection.unwrap_or_else(opened).map_err(db_err)?;
        Ok(Self {
            inner: Mutex::new(connection),
            in_transaction: AtomicBool::new(false),
            #[cfg(test)]
            steps: Default::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs statements that have no values and whose rows nobody needs.
    pub fn batch(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.lock();
        self.check_transaction(&connection)?;
        connection.execute_batch(sql).map_err(db_err)
    }

    /// Runs a statement that is always the same and returns nothing.
    pub fn control(&self, sql: &'static str) -> Result<(), DbErr> {
        let connection = self.lock();
        self.check_transaction(&connection)?;
        connection.prepare_cached(sql).and_then(|mut it| it.raw_execute()).map(drop).map_err(db_err)
    }

    /// Begins a transaction that writes. It waits here for other writers, and not amid its work.
    pub fn begin(&self) -> Result<(), DbErr> {
        self.control("BEGIN IMMEDIATE")?;
        self.in_transaction.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Makes what was written since [`Self::begin`] durable.
    ///
    /// Errors: it is not, and undone.
    pub fn commit(&self) -> Result<(), DbErr> {
        let committed = self.control("COMMIT");
        if committed.is_err() {
            self.roll_back();
        }
        self.in_transaction.store(false, Ordering::Relaxed);
        committed
    }

    /// Undoes what was written since [`Self::begin`], unless SQLite did.
    pub fn roll_back(&self) {
        self.in_transaction.store(false, Ordering::Relaxed);
        let connection = self.lock();
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be undone");
        }
    }

    fn check_transaction(&self, connection: &Connection) -> Result<(), DbErr> {
        if self.in_transaction.load(Ordering::Relaxed) && connection.is_autocommit() {
            return Err(no_transaction());
        }
        Ok(())
    }

    fn prepared<T>(
        &self,
        statement: Statement,
        run: impl FnOnce(&mut CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, DbErr> {
        let connection = self.lock();
        self.check_transaction(&connection)?;
        let run = || {
            let mut prepared = connection.prepare_cached(&statement.sql)?;
            bind(&mut prepared, statement)?;
            let done = run(&mut prepared);
            #[cfg(test)]
            {
                let steps = prepared.reset_status(rusqlite::StatementStatus::VmStep);
                self.steps.fetch_add(steps.into(), Ordering::Relaxed);
            }
            done
        };
        run().map_err(db_err)
    }

    /// Runs a statement; returns how many rows it changed.
    pub fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        let changed = self.prepared(statement, |prepared| prepared.raw_execute())?;
        Ok(ProxyExecResult { rows_affected: changed as u64, ..Default::default() })
    }

    /// Runs a statement; returns up to `limit` of its rows.
    pub fn query(&self, statement: Statement, limit: usize) -> Result<Vec<ProxyRow>, DbErr> {
        self.prepared(statement, |prepared| {
            let columns = Columns::of(prepared);
            let (mut rows, mut read) = (prepared.raw_query(), Vec::new());
            while read.len() < limit
                && let Some(row) = rows.next()?
            {
                read.push(columns.read(row)?);
            }
            Ok(read)
        })
    }
}

/// Gives a statement its values. `$2` stands for the second one wherever it is, and `?` for the next one.
fn bind(prepared: &mut CachedStatement<'_>, statement: Statement) -> rusqlite::Result<()> {
    let values = statement.values.map(|values| values.0).unwrap_or_default();
    for place in 1..=prepared.parameter_count() {
        let number = prepared.parameter_name(place).and_then(|name| name.get(1..)?.parse().ok());
        let value = values.get(number.unwrap_or(place).saturating_sub(1));
        let value = value.ok_or(rusqlite::Error::InvalidParameterCount(values.len(), place))?;
        prepared.raw_bind_parameter(place, sql_value(value)?)?;
    }
    Ok(())
}

impl fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteConnection")
    }
}

#[async_trait]
impl ConnectionTrait for SqliteConnection {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(statement).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.batch(sql).map(|()| ProxyExecResult::default().into())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query(statement, 1)?.pop().map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(self.query(statement, usize::MAX)?.into_iter().map(Into::into).collect())
    }
}
