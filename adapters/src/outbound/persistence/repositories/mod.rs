//! The repositories, a file each, over whatever runs statements: a connection or a transaction.

use std::{collections::HashMap, error::Error, str::FromStr};

use jiff::Timestamp;
use passlink_application::ports::{Repositories, StoreError};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Iden, Insert,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select, Statement, TryGetable,
    TryGetableMany, TryInsertResult, UpdateMany, Value,
    sea_query::{Expr, IntoCondition, OnConflict},
};

use super::{
    error::{Fault, bad_row, fault, store_error},
    sets::neighbours::Member,
};

mod among;
mod ceremonies;
mod identities;
mod insert_all;
mod keys;
mod links;
mod mail_queue;
mod mailboxes;
mod organisation_mails;
mod outbox;
mod passkeys;
mod prepared;
mod sessions;
mod tokens;
pub(super) mod users;
mod write;

/// All repositories over one connection or transaction.
pub(super) struct Sql<'c, C> {
    db: &'c C,
    /// The unit of work in its set, if it runs in one.
    member: Option<Member<'c>>,
    /// What went wrong with a statement, and may not if all is done again.
    pub fault: Option<Fault>,
    /// Whether a statement failed.
    pub has_failed: bool,
}

impl<C: ConnectionTrait> Repositories for Sql<'_, C> {}

impl<'c, C> Sql<'c, C> {
    pub fn new(db: &'c C) -> Self {
        Self { db, member: None, fault: None, has_failed: false }
    }

    /// The repositories of a unit of work that runs in a set.
    pub fn of(db: &'c C, member: Member<'c>) -> Self {
        Self { member: Some(member), ..Self::new(db) }
    }

    /// Notes a failed statement and says what it means to the application.
    fn failed(&mut self, error: DbErr) -> StoreError {
        self.has_failed = true;
        self.fault = self.fault.or(fault(&error));
        store_error(error)
    }
}

impl<'c, C: ConnectionTrait> Sql<'c, C> {
    /// For a statement that is this unit of work's own, and sees what it has written.
    async fn own(&mut self) -> Result<&'c C, StoreError> {
        let written = self.member.map(Member::take_written).filter(|it| !it.is_empty());
        if let (Some(member), Some(written)) = (self.member, written) {
            member.note_write();
            Box::pin(self.write(&written)).await?;
        }
        Ok(self.db)
    }

    /// The same for a statement that writes.
    async fn own_write(&mut self) -> Result<&'c C, StoreError> {
        self.member.into_iter().for_each(Member::note_write);
        self.own().await
    }

    /// All rows, as the domain has them.
    async fn all<E: EntityTrait, T>(
        &mut self,
        rows: Select<E>,
        read: fn(E::Model) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let db = self.own().await?;
        let rows = rows.all(db).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(read).collect()
    }

    /// The first row, as the domain has it.
    async fn one<E: EntityTrait, T>(
        &mut self,
        rows: Select<E>,
        read: fn(E::Model) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let db = self.own().await?;
        let row = rows.one(db).await.map_err(|error| self.failed(error))?;
        row.map(read).transpose()
    }

    /// Some columns of all rows. They are read by name: not every driver keeps their order.
    async fn values<E: EntityTrait, T: TryGetableMany, const N: usize>(
        &mut self,
        rows: Select<E>,
        columns: [E::Column; N],
    ) -> Result<Vec<T>, StoreError> {
        let db = self.own().await?;
        let rows = db.query_all(&rows.select_only().columns(columns).into_query()).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        self.read_columns::<E, T, N>(&rows, columns)
    }

    fn read_columns<E: EntityTrait, T: TryGetableMany, const N: usize>(
        &mut self,
        rows: &[QueryResult],
        columns: [E::Column; N],
    ) -> Result<Vec<T>, StoreError> {
        let names = columns.map(|column| column.to_string());
        let read = |row: &QueryResult| T::try_get_many(row, "", &names).map_err(DbErr::from);
        let values: Result<Vec<_>, DbErr> = rows.iter().map(read).collect();
        values.map_err(|error| self.failed(error))
    }

    /// A column of the first row.
    async fn value<E: EntityTrait, T: TryGetable>(
        &mut self,
        rows: Select<E>,
        column: E::Column,
    ) -> Result<Option<T>, StoreError> {
        let db = self.own().await?;
        let row = db.query_one(&rows.limit(1).select_only().column(column).into_query()).await;
        let value =
            row.and_then(|row| row.map(|row| row.try_get("", &column.to_string())).transpose());
        value.map_err(|error| self.failed(error))
    }

    async fn insert<A: ActiveModelTrait>(&mut self, row: A) -> Result<(), StoreError> {
        let db = self.own_write().await?;
        let inserted = Insert::one(row).exec_without_returning(db).await;
        inserted.map(drop).map_err(|error| self.failed(error))
    }

    /// Inserts a row, unless it conflicts with another; returns whether it did.
    async fn insert_new<A: ActiveModelTrait>(&mut self, row: A) -> Result<bool, StoreError> {
        let db = self.own_write().await?;
        let insert = Insert::one(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        let inserted = insert.try_insert().exec_without_returning(db).await;
        let inserted = inserted.map_err(|error| self.failed(error))?;
        Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
    }

    /// Returns how many rows it changed.
    async fn update<E: EntityTrait>(&mut self, update: UpdateMany<E>) -> Result<u64, StoreError> {
        let db = self.own_write().await?;
        let updated = update.exec(db).await.map_err(|error| self.failed(error))?;
        Ok(updated.rows_affected)
    }

    /// Runs SQL as it is written; returns how many rows it changed.
    async fn run<const N: usize>(
        &mut self,
        sql: &str,
        values: [Value; N],
    ) -> Result<u64, StoreError> {
        let db = self.own_write().await?;
        let backend = db.get_database_backend();
        let done = db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.failed(error))
    }

    /// Runs SQL as it is written, which changes rows; returns the ids that it returns, and how often each.
    async fn ids<const N: usize>(
        &mut self,
        sql: &str,
        values: [Value; N],
    ) -> Result<HashMap<String, u64>, StoreError> {
        let db = self.own_write().await?;
        let backend = db.get_database_backend();
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await;
        let ids: Result<Vec<String>, _> =
            rows.and_then(|rows| rows.iter().map(|row| row.try_get("", "id")).collect());
        let mut counts = HashMap::new();
        for id in ids.map_err(|error| self.failed(error))? {
            *counts.entry(id).or_default() += 1;
        }
        Ok(counts)
    }

    /// Returns how many rows it deleted.
    async fn delete<E: EntityTrait>(&mut self, rows: Expr) -> Result<u64, StoreError> {
        let db = self.own_write().await?;
        let deleted = E::delete_many().filter(rows).exec(db).await;
        Ok(deleted.map_err(|error| self.failed(error))?.rows_affected)
    }
}

/// Up to so many of the rows, in the order of ids and `after` one.
fn page<E: EntityTrait>(
    rows: Select<E>,
    id: E::Column,
    after: Option<&str>,
    limit: u64,
) -> Select<E> {
    let behind = after.map_or_else(Condition::all, |after| id.gt(after).into_condition());
    rows.filter(behind).order_by_asc(id).limit(limit)
}

fn instant(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(bad_row)
}

fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(bad_row)
}

fn parsed_if_any<T>(text: Option<String>) -> Result<Option<T>, StoreError>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    text.as_deref().map(parsed).transpose()
}
