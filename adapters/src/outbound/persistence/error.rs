//! What a failed statement means: to the application, and to the one who may run it again.

use passlink_application::ports::StoreError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// SQLite's primary result codes for a file that others hold, that can't be read or written, that
/// has no room left, or that is something else: `SQLITE_BUSY`, `SQLITE_LOCKED`,
/// `SQLITE_READONLY`, `SQLITE_IOERR`, `SQLITE_FULL`, `SQLITE_CANTOPEN`, `SQLITE_NOTADB`.
const SQLITE_OUT_OF_REACH: [i64; 7] = [5, 6, 8, 10, 13, 14, 26];
/// What SQLite says after it undid a transaction by itself: there was no room, or the disk failed.
const SQLITE_UNDID: [&str; 2] = ["no such savepoint", "no transaction is active"];
/// Classes of SQLSTATE that say the same of PostgreSQL: connection exception, insufficient
/// resources, operator intervention, system error; a role or a database that isn't there; read-only, as
/// after a failover, and a transaction that waited too long.
const POSTGRES_OUT_OF_REACH: [&str; 8] =
    ["08", "53", "57", "58", "28", "3D", POSTGRES_READ_ONLY, "25P03"];
const POSTGRES_READ_ONLY: &str = "25006";
/// A prepared statement is there already, or missing: a pooler gave the session to another client.
const POSTGRES_POOLED: [&str; 2] = ["42P05", "26000"];
const POOLED: &str = "a pooler in between mixes up prepared statements: set max_prepared_statements above 0 in \
    PgBouncer 1.21 or later, or pool_mode to session";
/// Serialisation failure and deadlock.
const POSTGRES_CONFLICT: [&str; 2] = ["40001", "40P01"];

/// What went wrong that may not when all is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The transaction was in another's way, and was undone.
    Conflict,
    /// The connection broke.
    Lost,
}

/// Why an error may not come again, if it may not.
pub(super) fn fault(error: &DbErr) -> Option<Fault> {
    match driver_error(error)? {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Some(Fault::Lost),
        sqlx::Error::Database(error) => match error.code()?.as_ref() {
            code if POSTGRES_CONFLICT.contains(&code) => Some(Fault::Conflict),
            // An administrator, a crash or a shutdown; a transaction that waited too long.
            code if code.starts_with("57P") || code == "25P03" => Some(Fault::Lost),
            _ => None,
        },
        _ => None,
    }
}

/// Sorts an error into "try again later" and "this is wrong".
pub(super) fn store_error(error: DbErr) -> StoreError {
    if driver_code(&error).is_some_and(|code| POSTGRES_POOLED.contains(&&*code)) {
        StoreError::Unavailable(POOLED.into())
    } else if is_out_of_reach(&error) {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Broken(error.into())
    }
}

/// A value in a row that the domain does not know.
pub(super) fn bad_row(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Broken(error.into())
}

/// Whether a row was refused as another has the same key.
pub(super) fn is_unique_violation(error: &DbErr) -> bool {
    matches!(driver_error(error), Some(sqlx::Error::Database(error)) if error.is_unique_violation())
}

/// The code that the database gave an error.
pub(super) fn driver_code(error: &DbErr) -> Option<String> {
    match driver_error(error)? {
        sqlx::Error::Database(error) => error.code().map(Into::into),
        _ => None,
    }
}

/// Whether PostgreSQL refused to write as it may only be read.
pub(super) fn is_read_only(error: &DbErr) -> bool {
    driver_code(error).is_some_and(|code| code == POSTGRES_READ_ONLY)
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn is_out_of_reach(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => true,
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                POSTGRES_CONFLICT.contains(&code.as_ref())
                    || POSTGRES_OUT_OF_REACH.iter().any(|class| code.starts_with(class))
            } else {
                // An extended code has the primary one in its last octet.
                let primary = code.parse::<i64>().map(|code| code & 0xff);
                primary.is_ok_and(|primary| SQLITE_OUT_OF_REACH.contains(&primary))
                    || SQLITE_UNDID.iter().any(|undone| error.message().contains(undone))
            }
        }),
        _ => matches!(error, DbErr::ConnectionAcquire(_)),
    }
}
