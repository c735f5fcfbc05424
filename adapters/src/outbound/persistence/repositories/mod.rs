//! The repositories, a file each, over whatever runs statements: a connection or a transaction.

use jiff::Timestamp;
use passlink_application::ports::{Repositories, StoreError};

use sea_orm::{ConnectionTrait, DbErr};

use super::error::{Fault, bad_row, fault, store_error};

mod ceremonies;
mod history;
mod keys;
mod links;
mod mail_queue;
mod mailboxes;
mod outbox;
mod passkeys;
mod retired_keys;
mod tokens;
pub(super) mod users;

/// All repositories over one connection or transaction.
pub(super) struct Sql<'c, C> {
    db: &'c C,
    fault: Option<Fault>,
}

impl<C: ConnectionTrait> Repositories for Sql<'_, C> {}

impl<'c, C> Sql<'c, C> {
    pub fn new(db: &'c C) -> Self {
        Self { db, fault: None }
    }

    /// What went wrong with a statement, and may not if all is done again.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Notes a failed statement and says what it means to the application.
    fn failed(&mut self, error: DbErr) -> StoreError {
        self.fault = self.fault.or(fault(&error));
        store_error(error)
    }
}

fn instant(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(bad_row)
}

fn parsed<T>(text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(bad_row)
}
