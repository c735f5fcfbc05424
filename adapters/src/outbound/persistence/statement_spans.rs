//! A span for each statement, by OpenTelemetry's conventions for databases: with the statement's text, and
//! none of its values.

use std::sync::Arc;

use async_trait::async_trait;
use opentelemetry_semantic_conventions::attribute::{
    DB_COLLECTION_NAME, DB_NAMESPACE, DB_OPERATION_NAME, DB_QUERY_TEXT, DB_RESPONSE_STATUS_CODE,
    DB_SYSTEM_NAME, ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    sqlx::postgres::PgConnectOptions,
};
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    error::{driver_code, is_read_only},
    watchdog::LastAnswer,
};
use crate::telemetry::trace_scope::{TraceScope, is_sampled};

/// The database that statements go to, as their spans name it.
pub(super) enum Database {
    Sqlite,
    Postgres(Arc<PgConnectOptions>),
}

impl Database {
    pub fn postgres(connection: &DatabaseConnection) -> Self {
        Self::Postgres(connection.get_postgres_connection_pool().connect_options())
    }

    /// The span of a statement, from now on until it is dropped. There is none where no trace is sampled:
    /// when the worker asks for mail, that is nobody's request.
    pub fn span(&self, sql: &str) -> Span {
        if !is_sampled() {
            return Span::none();
        }
        let server = if let Self::Postgres(options) = self { Some(options) } else { None };
        // The macro works out its values only where somebody collects them.
        info_span!(
            "statement",
            otel.name = name(sql),
            otel.kind = "client",
            otel.status_code = Empty,
            { DB_SYSTEM_NAME } = if server.is_some() { "postgresql" } else { "sqlite" },
            { DB_NAMESPACE } = server.and_then(|it| it.get_database()),
            { SERVER_ADDRESS } = server.map(|it| it.get_host()),
            { SERVER_PORT } = server.map(|it| i64::from(it.get_port())),
            { DB_OPERATION_NAME } = operation(sql),
            { DB_COLLECTION_NAME } = table(sql),
            { DB_QUERY_TEXT } = sql,
            { DB_RESPONSE_STATUS_CODE } = Empty,
            { ERROR_TYPE } = Empty,
        )
    }
}

/// A connection or transaction whose statements are spans.
pub(super) struct TracedConnection<'c, C> {
    pub connection: &'c C,
    pub database: &'c Database,
    /// Where each answer is noted.
    pub last: &'c LastAnswer,
    /// The traces that statements are parts of; the current one if there are none.
    pub scopes: Vec<TraceScope>,
}

/// The spans of a statement: one in the current trace, or one in each of those that it is a part of.
pub(super) struct Spans {
    own: Span,
    of_scopes: Vec<Span>,
}

impl Spans {
    /// A span of the statement in each of these.
    pub fn in_each<'s>(
        scopes: impl Iterator<Item = &'s TraceScope>,
        database: &Database,
        sql: &str,
    ) -> Self {
        let of_scopes = scopes.map(|scope| scope.in_scope(|| database.span(sql)));
        Self { own: Span::none(), of_scopes: of_scopes.collect() }
    }

    /// Runs the statement, and records whether it failed.
    pub async fn around<T>(
        self,
        statement: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let result = run_in_span(self.own, statement).await;
        if let Err(error) = &result {
            self.of_scopes.iter().for_each(|span| record_failure(span, error));
        }
        result
    }
}

impl<'c, C> TracedConnection<'c, C> {
    /// One whose statements are parts of the current trace.
    pub fn new(connection: &'c C, database: &'c Database, last: &'c LastAnswer) -> Self {
        Self { connection, database, last, scopes: Vec::new() }
    }

    fn spans(&self, sql: &str) -> Spans {
        if self.scopes.is_empty() {
            return Spans { own: self.database.span(sql), of_scopes: Vec::new() };
        }
        Spans::in_each(self.scopes.iter(), self.database, sql)
    }

    /// The spans of a statement that is about to run. Tests look at how the database would go about it.
    async fn checked_spans(&self, statement: &Statement) -> Spans
    where
        C: ConnectionTrait,
    {
        #[cfg(test)]
        super::tests::plans::check(self.connection, statement).await;
        self.spans(&statement.sql)
    }

    async fn run<T>(
        &self,
        spans: Spans,
        statement: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let result = spans.around(statement).await;
        self.last.note();
        if result.as_ref().is_err_and(is_read_only) {
            self.last.note_read_only();
        }
        result
    }
}

#[async_trait]
impl<C: ConnectionTrait> ConnectionTrait for TracedConnection<'_, C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let spans = self.checked_spans(&statement).await;
        self.run(spans, self.connection.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(self.spans(sql), self.connection.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let spans = self.checked_spans(&statement).await;
        self.run(spans, self.connection.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let spans = self.checked_spans(&statement).await;
        self.run(spans, self.connection.query_all_raw(statement)).await
    }

    fn support_returning(&self) -> bool {
        self.connection.support_returning()
    }
}

/// Runs a statement in its span, which records whether it failed.
pub(super) async fn run_in_span<T>(
    span: Span,
    statement: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let result = statement.instrument(span.clone()).await;
    if let Err(error) = &result {
        record_failure(&span, error);
    }
    result
}

pub(super) fn record_failure(span: &Span, error: &DbErr) {
    let code = driver_code(error);
    span.record("otel.status_code", "ERROR");
    span.record(ERROR_TYPE, code.as_deref().unwrap_or("_OTHER"));
    span.record(DB_RESPONSE_STATUS_CODE, code.as_deref());
}

/// What is done, and to which table: `SELECT users`.
fn name(sql: &str) -> String {
    let operation = operation(sql);
    table(sql).map_or_else(|| operation.to_owned(), |table| format!("{operation} {table}"))
}

fn operation(sql: &str) -> &str {
    sql.split_whitespace().next().unwrap_or_default()
}

/// The table that a statement is about: the first name behind `FROM`, `INTO` or `UPDATE`.
fn table(sql: &str) -> Option<&str> {
    let before = ["FROM \"", "INTO \"", "UPDATE \""];
    let start = before.iter().filter_map(|word| Some(sql.find(word)? + word.len())).min()?;
    sql.get(start..)?.split('"').next()
}
