//! A span a statement, by OpenTelemetry's conventions for databases: its text, and none of its values.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tracing::{Instrument, Span, field::Empty, info_span};

use super::error::driver_code;

/// A connection or transaction whose statements are spans, where they are part of something that is
/// traced: the worker's asking whether there is mail is nobody's request.
pub(super) struct Traced<'c, C>(pub &'c C);

#[async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Traced<'_, C> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = span(statement.db_backend, &statement.sql);
        traced(span, self.0.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        traced(span(self.get_database_backend(), sql), self.0.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = span(statement.db_backend, &statement.sql);
        traced(span, self.0.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = span(statement.db_backend, &statement.sql);
        traced(span, self.0.query_all_raw(statement)).await
    }

    fn support_returning(&self) -> bool {
        self.0.support_returning()
    }
}

/// The span of a statement, from now on until it is dropped.
pub(super) fn span(backend: DbBackend, sql: &str) -> Span {
    if Span::current().is_disabled() {
        return Span::none();
    }
    let operation = sql.split_whitespace().next().unwrap_or_default();
    let table = table(sql);
    let span = info_span!(
        "statement",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = match backend {
            DbBackend::Postgres => "postgresql",
            _ => "sqlite",
        },
        db.operation.name = operation,
        db.collection.name = table,
        db.query.text = sql,
        db.response.status_code = Empty,
        error.type = Empty,
    );
    if let Some(table) = table.filter(|_| !span.is_disabled()) {
        span.record("otel.name", format!("{operation} {table}"));
    }
    span
}

/// Runs a statement in its span, which tells whether it failed. What the failure means is told where
/// it is handled.
pub(super) async fn traced<T>(
    span: Span,
    statement: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let result = statement.instrument(span.clone()).await;
    if let Err(error) = &result {
        let code = driver_code(error);
        span.record("otel.status_code", "ERROR");
        span.record("error.type", code.as_deref().unwrap_or("_OTHER"));
        span.record("db.response.status_code", code.as_deref());
    }
    result
}

/// The table that a statement is about: the first name behind `FROM`, `INTO` or `UPDATE`.
fn table(sql: &str) -> Option<&str> {
    let before = ["FROM \"", "INTO \"", "UPDATE \""];
    let start = before.iter().filter_map(|word| Some(sql.find(word)? + word.len())).min()?;
    sql.get(start..)?.split('"').next()
}
