//! What a failed statement means to the application.

use passlink_application::StoreError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// SQLite's primary result codes for a database that others hold, or that has no room left:
/// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL`, `SQLITE_CANTOPEN`.
const SQLITE_OUT_OF_REACH: [i64; 5] = [5, 6, 10, 13, 14];

/// Sorts an error into "try again later" and "this is wrong".
pub(super) fn store_error(error: DbErr) -> StoreError {
    if is_out_of_reach(&error) {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Broken(error.into())
    }
}

/// A value in a row that the domain does not know.
pub(super) fn bad_row(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Broken(error.into())
}

fn is_out_of_reach(error: &DbErr) -> bool {
    let runtime = match error {
        DbErr::ConnectionAcquire(_) => return true,
        DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime) => runtime,
        _ => return false,
    };
    let RuntimeErr::SqlxError(error) = runtime else {
        return false;
    };
    match &**error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<i64>().ok())
            .is_some_and(|code| SQLITE_OUT_OF_REACH.contains(&(code & 0xff))),
        _ => false,
    }
}
