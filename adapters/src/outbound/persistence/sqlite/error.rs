//! Errors of SQLite, as the driver of the other database has its own, so that both are sorted alike.

use std::{borrow::Cow, error::Error, sync::Arc};

use rusqlite::{
    ErrorCode,
    ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_ERROR},
};
use sea_orm::{DbErr, RuntimeErr, sqlx};
use sqlx::error::{DatabaseError, ErrorKind};

/// What SQLite says of a statement, with its extended result code.
#[derive(Debug, thiserror::Error)]
#[error("(code: {code}) {message}")]
struct SqliteError {
    code: i32,
    message: String,
}

impl DatabaseError for SqliteError {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE => ErrorKind::UniqueViolation,
            _ => ErrorKind::Other,
        }
    }
}

fn driver_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

/// An error of the driver.
pub(super) fn db_err(error: rusqlite::Error) -> DbErr {
    driver_error(match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let message = message.unwrap_or_else(|| failure.to_string());
            SqliteError { code: failure.extended_code, message }.into()
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            SqliteError { code: error.extended_code, message: msg }.into()
        }
        other => sqlx::Error::Decode(other.into()),
    })
}

/// Whether others have the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// The error of a statement whose transaction is gone, as SQLite undid it.
pub(super) fn no_transaction() -> DbErr {
    let message = "no transaction is active".to_owned();
    driver_error(SqliteError { code: SQLITE_ERROR, message }.into())
}
