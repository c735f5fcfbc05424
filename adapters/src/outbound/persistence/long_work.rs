//! Work on PostgreSQL that may take long: a migration, an import. The server is silent while it
//! runs a statement, and also when it is gone. So another connection asks now and then which of the
//! two is the case.

use std::{pin::pin, sync::Arc, time::Duration};

use passlink_application::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, sqlx};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::watchdog::{SILENCE_LIMIT, Watchdog};

/// Is called with words on whom long work waits for.
pub type ReportWait<'f> = &'f (dyn Fn(String) + Send + Sync);

/// The session of the server that does the work of one transaction.
pub(super) struct Session {
    server: Arc<PgConnectOptions>,
    process: i32,
}

enum State {
    /// It runs a statement, or did a moment ago.
    Working,
    /// It waits until others end their transactions.
    WaitingFor(String),
    Gone,
}

impl Session {
    /// The session of a transaction, on PostgreSQL. From now on, its statements may take any time.
    pub async fn without_time_limits(
        pool: &DatabaseConnection,
        transaction: &impl ConnectionTrait,
    ) -> Result<Option<Self>, DbErr> {
        if pool.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let no_limits =
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
        transaction.execute_unprepared(no_limits).await?;
        let sql = "SELECT pg_backend_pid() AS process";
        let asked = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
        let row = asked.await?.ok_or(DbErr::RecordNotFound("the session".to_owned()))?;
        let server = pool.get_postgres_connection_pool().connect_options();
        Ok(Some(Self { server, process: row.try_get("", "process")? }))
    }

    /// Asks over another connection what the session is doing.
    async fn state(&self) -> State {
        let sql = format!(
            "SELECT (state = 'active' AND wait_event_type IS DISTINCT FROM 'Client') \
             OR state_change > now() - interval '{} s', \
             (SELECT string_agg(format('%s (process %s, from %s)', application_name, pid, \
             coalesce(host(client_addr), 'a socket')), ', ') FROM pg_stat_activity \
             WHERE pid = ANY(pg_blocking_pids({process}))) \
             FROM pg_stat_activity WHERE pid = {process}",
            SILENCE_LIMIT.as_secs(),
            process = self.process,
        );
        let asked = async {
            let mut connection = PgConnection::connect_with(&self.server).await?;
            sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(&mut connection).await
        };
        let row = match timeout(SILENCE_LIMIT, asked).await {
            Ok(Ok(Some(row))) => row,
            // It answers, if only that it has too many connections.
            Ok(Err(sqlx::Error::Database(_))) => return State::Working,
            _ => return State::Gone,
        };
        match (row.try_get::<bool, _>(0), row.try_get::<Option<String>, _>(1)) {
            (Ok(true), Ok(Some(others))) => State::WaitingFor(others),
            (Ok(true), _) => State::Working,
            _ => State::Gone,
        }
    }
}

/// The result of long work. On PostgreSQL the work is given up once its session no longer does it.
pub(super) async fn run_long<T>(
    session: Option<&Session>,
    watchdog: &Watchdog,
    what: &str,
    report_wait: ReportWait<'_>,
    work: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, StoreError> {
    let failed = |error| watchdog.located(error);
    let Some(session) = session else { return work.await.map_err(failed) };
    let (mut work, mut reported) = (pin!(work), false);
    loop {
        if let Ok(done) = timeout(SILENCE_LIMIT, &mut work).await {
            return done.map_err(failed);
        }
        match session.state().await {
            State::WaitingFor(others) if !reported => {
                reported = true;
                report_wait(format!("{what} waits for {others}"));
            }
            State::Working | State::WaitingFor(_) => {}
            // An answer may have come while the server was asked.
            State::Gone => match timeout(Duration::ZERO, &mut work).await {
                Ok(done) => return done.map_err(failed),
                Err(_) => return Err(watchdog.note_silence(SILENCE_LIMIT, what)),
            },
        }
    }
}
