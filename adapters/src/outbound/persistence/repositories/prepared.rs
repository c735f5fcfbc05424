//! Queries of each request, whose SQL is written once: to write it takes longer than to run it.

use std::sync::OnceLock;

use passlink_application::ports::StoreError;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryResult, QueryTrait, Select,
    Statement, TryGetableMany, Value,
};

use super::Sql;

/// A query that differs in its values alone.
pub(super) struct Prepared<E: EntityTrait> {
    query: fn() -> Select<E>,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl<E: EntityTrait> Prepared<E> {
    /// `query` has some value in each place where [`Sql::query`] puts one.
    pub const fn new(query: fn() -> Select<E>) -> Self {
        Self { query, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    fn statement<const N: usize>(&self, backend: DbBackend, values: [Value; N]) -> Statement {
        let sql = if backend == DbBackend::Postgres { &self.postgres } else { &self.sqlite };
        let sql = sql.get_or_init(|| (self.query)().build(backend).sql);
        Statement::from_sql_and_values(backend, sql, values)
    }
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// All rows of a query with these values, as the domain has them.
    pub(super) async fn query<E: EntityTrait, T, const N: usize>(
        &mut self,
        query: &Prepared<E>,
        values: [Value; N],
        read: fn(E::Model) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(query, values).await?;
        let rows = rows.iter().map(|row| E::Model::from_query_result(row, "")).collect();
        let rows: Result<Vec<_>, _> = rows;
        rows.map_err(|error| self.failed(error))?.into_iter().map(read).collect()
    }

    /// Some columns of all rows of a query that selects these.
    pub(super) async fn query_columns<
        E: EntityTrait,
        T: TryGetableMany,
        const N: usize,
        const M: usize,
    >(
        &mut self,
        query: &Prepared<E>,
        values: [Value; N],
        columns: [E::Column; M],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(query, values).await?;
        self.read_columns::<E, T, M>(&rows, columns)
    }

    async fn rows<E: EntityTrait, const N: usize>(
        &mut self,
        query: &Prepared<E>,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, StoreError> {
        let db = self.own().await?;
        let statement = query.statement(db.get_database_backend(), values);
        db.query_all_raw(statement).await.map_err(|error| self.failed(error))
    }
}
