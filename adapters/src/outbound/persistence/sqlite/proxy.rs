//! A SQLite file as SeaORM's own connections are: for what needs one, as migrations do. It is not for
//! requests, since each statement takes a turn on another thread.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    Database, DatabaseConnection, DbBackend, DbErr, ProxyDatabaseTrait, ProxyExecResult, ProxyRow,
    Statement,
};
use tokio::task::spawn_blocking;

use super::connection::SqliteConnection;

#[derive(Debug)]
struct Proxy(Arc<SqliteConnection>);

/// The connection as one of SeaORM's. It knows no `begin`: transactions are statements.
pub(super) async fn proxy(connection: SqliteConnection) -> Result<DatabaseConnection, DbErr> {
    let proxy = Proxy(Arc::new(connection));
    Database::connect_proxy(DbBackend::Sqlite, Arc::new(Box::new(proxy))).await
}

impl Proxy {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SqliteConnection) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<T, DbErr> {
        let connection = self.0.clone();
        let done = spawn_blocking(move || work(&connection)).await;
        done.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())))
    }
}

#[async_trait]
impl ProxyDatabaseTrait for Proxy {
    async fn query(&self, statement: Statement) -> Result<Vec<ProxyRow>, DbErr> {
        self.run(move |connection| connection.query(statement, usize::MAX)).await
    }

    async fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        self.run(move |connection| match statement.values {
            Some(_) => connection.execute(statement),
            None => connection.batch(&statement.sql).map(|()| ProxyExecResult::default()),
        })
        .await
    }
}
