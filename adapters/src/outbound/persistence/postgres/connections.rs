//! Connections to PostgreSQL.

use std::time::Duration;

use passlink_application::ports::StoreError;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr,
    Statement, sqlx,
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::outbound::persistence::{
    error::store_error,
    watchdog::{READY_TIMEOUT, Watchdog},
};

/// How long a caller who has a permit waits for a server that is away. Connecting is tried again after a
/// fifth of this at the latest: that is how soon a server that comes back is noticed.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection idle for so long is tested before use: one that broke costs no run of a unit of work.
const TESTED_AFTER: Duration = Duration::from_millis(250);
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a transaction may wait for its next statement: a node that hangs must not keep its locks.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(30);

const LIMITS: [(&str, Duration); 2] = [
    ("statement_timeout", STATEMENT_TIMEOUT),
    ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
];

/// What PostgreSQL leaves alone when it plans a statement of a request: each finds its rows by an index, in
/// their order. A plan is kept; one that was made while a table was small would read it whole later on.
/// Why: `docs/decisions/indices.md`.
const NOT_PLANNED: [&str; 4] = ["enable_seqscan", "enable_sort", "enable_bitmapscan", "jit"];

const REFUSED_BY_POOLER: &str = "unsupported startup parameter";

pub(super) async fn open(
    server: &PgConnectOptions,
    connections: u32,
    watchdog: Watchdog,
) -> Result<DatabaseConnection, StoreError> {
    let limits = LIMITS.map(|(name, longest)| (name, longest.as_millis().to_string()));
    let named = server.get_options().unwrap_or_default();
    let planning = NOT_PLANNED.into_iter().filter(|name| !names(named, name));
    let server = server.clone().options(limits).options(planning.map(|name| (name, "off")));
    let (mut options, used) = (options(server.clone()), watchdog.clone());
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire_if_idle_for(TESTED_AFTER)
        .map_sqlx_postgres_before_acquire(move |_, connection| {
            let may_be_used = used.may_be_used(connection.age);
            Box::pin(async move { Ok(may_be_used) })
        })
        .map_sqlx_postgres_pool_opts(move |options| watchdog.clone().guard(options));
    connect(&server, options).await
}

/// Whether options of a session name this setting, as `-c jit=on`, `-cjit=on` or `--jit=on` do.
fn names(options: &str, setting: &str) -> bool {
    options.split_whitespace().any(|option| {
        let option = option.strip_prefix("--").or(option.strip_prefix("-c")).unwrap_or(option);
        let name = option.split('=').next().unwrap_or_default();
        // As PostgreSQL reads them.
        name.replace('-', "_").replace('\\', "").eq_ignore_ascii_case(setting)
    })
}

/// Errors: the server can't be reached, or refuses.
pub(in crate::outbound::persistence) async fn connect(
    server: &PgConnectOptions,
    options: ConnectOptions,
) -> Result<DatabaseConnection, StoreError> {
    match Database::connect(options).await {
        Ok(connection) => Ok(connection),
        Err(error) => Err(unreachable(server, error).await),
    }
}

/// Whether a pooler stands in between, which shows in that it drops the settings of a connection.
///
/// Errors: one that keeps no statements for the connection that prepared them.
pub(super) async fn is_pooled(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let sql = "SELECT source <> 'client' FROM pg_settings WHERE name = 'statement_timeout'";
    let pool = connection.get_postgres_connection_pool();
    let asked = async {
        let mut one = pool.acquire().await?;
        let is_pooled = sqlx::query_scalar(sql).fetch_one(&mut *one).await?;
        // Without room for a second connection, no sessions can be mixed up.
        if let Ok(mut other) = pool.acquire().await {
            sqlx::query(sql).execute(&mut *other).await?;
        }
        Ok(is_pooled)
    };
    asked.await.map_err(|error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
}

/// The warning for a server that does not apply the settings that a connection begins with.
pub(super) async fn lost_settings(
    connection: &DatabaseConnection,
) -> Result<Option<String>, DbErr> {
    let sql = "SELECT current_setting('statement_timeout') = '0' \
        OR current_setting('enable_seqscan') = 'on' AS lost, current_user AS name";
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let Some(row) = row else { return Ok(None) };
    let (are_lost, name): (bool, String) = (row.try_get("", "lost")?, row.try_get("", "name")?);
    let limits = LIMITS.map(|(setting, longest)| (setting, format!("{}s", longest.as_secs())));
    let planning = NOT_PLANNED.map(|setting| (setting, "off".to_owned()));
    let set = limits.into_iter().chain(planning);
    let set = set.map(|(setting, to)| format!("ALTER ROLE \"{name}\" SET {setting} = '{to}'"));
    Ok(are_lost.then(|| {
        format!(
            "a pooler in between drops the settings of connections: have PostgreSQL set them, with `{}`",
            set.collect::<Vec<_>>().join("; ")
        )
    }))
}

/// Options for a pool of connections to the server. The pool is given them in place of a URL: it would
/// read that in its own way, and show it to whoever traces calls.
pub(in crate::outbound::persistence) fn options(server: PgConnectOptions) -> ConnectOptions {
    let mut options = ConnectOptions::new("postgres://");
    options.sqlx_logging(false).map_sqlx_postgres_opts(move |_| server.clone());
    options
}

pub(in crate::outbound::persistence) fn location(server: &PgConnectOptions) -> String {
    let (host, port) = (server.get_host(), server.get_port());
    let address = match server.get_socket() {
        Some(folder) => format!("{}, port {port}", folder.display()),
        None if host.starts_with('/') => format!("{host}, port {port}"),
        None if host.contains(':') => format!("[{host}]:{port}"),
        None => format!("{host}:{port}"),
    };
    let database = server.get_database().unwrap_or(server.get_username());
    format!("PostgreSQL at {address}, database {database}")
}

/// The error for a server that can't be reached, with the cause: a pool only says that it waited.
async fn unreachable(server: &PgConnectOptions, error: DbErr) -> StoreError {
    let cause = match timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(server)).await {
        Ok(Err(sqlx::Error::Database(error))) if error.message().contains(REFUSED_BY_POOLER) => {
            format!("{}: add options to ignore_startup_parameters of PgBouncer", error.message())
        }
        Ok(Err(sqlx::Error::Database(error))) => error.message().to_owned(),
        Ok(Err(error)) => error.to_string(),
        Ok(Ok(_)) => return store_error(error),
        Err(_) => format!("no answer within {} s while connecting", ACQUIRE_TIMEOUT.as_secs()),
    };
    StoreError::Unavailable(format!("{}: {cause}; see database.url", location(server)).into())
}

/// Checks that PostgreSQL can be written: it is no standby, and was not made read-only.
pub(super) async fn check_writable(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('transaction_read_only') = 'on' AS read_only";
    let asked = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
    let asked = watchdog.within(READY_TIMEOUT, "the question whether it can be written", asked);
    let row = asked.await?.map_err(store_error)?;
    match row.map(|row| row.try_get("", "read_only")).transpose().map_err(store_error)? {
        Some(false) => Ok(()),
        _ => {
            watchdog.note_read_only();
            Err(StoreError::Unavailable("the database may only be read".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn options_name_a_setting_in_three_ways() {
        let setting = "enable_seqscan";
        for options in [
            "-c enable_seqscan=on",
            "-cenable_seqscan=on",
            "--enable-seqscan=on",
            "-c search_path=x -c Enable_SeqScan=on",
        ] {
            assert!(names(options, setting), "{options}");
        }
        for options in ["", "-c enable_seqscan2=on", "-c search_path=enable_seqscan", "-c jit=on"] {
            assert!(!names(options, setting), "{options}");
        }
    }
}
