//! Where the schema of a database stands, and bringing it up to date.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, MigratorTrait, seaql_migrations};

use super::migrations::Migrator;

pub struct Schema {
    /// How many migrations are pending.
    pub pending: usize,
    /// Whether nothing was ever migrated.
    pub is_new: bool,
    /// Migrations that were run and that this version does not know: a newer one has run them.
    pub unknown: Vec<String>,
}

/// Reads where the schema stands; changes nothing.
pub(super) async fn read(connection: &impl ConnectionTrait) -> Result<Schema, DbErr> {
    let mut rows = Vec::new();
    if has_migrations(connection).await? {
        rows = seaql_migrations::Entity::find().all(connection).await?;
    }
    let run: Vec<_> = rows.into_iter().map(|row| row.version).collect();
    let known: Vec<_> = Migrator::migrations().iter().map(|it| it.name().to_owned()).collect();
    Ok(Schema {
        pending: known.iter().filter(|name| !run.contains(name)).count(),
        is_new: run.is_empty(),
        unknown: run.into_iter().filter(|name| !known.contains(name)).collect(),
    })
}

/// Whether there is the table of the migrations that were run.
async fn has_migrations(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT tablename FROM pg_tables \
             WHERE schemaname = current_schema() AND tablename = 'seaql_migrations'"
        }
        _ => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'seaql_migrations'",
    };
    let found = connection.query_one_raw(Statement::from_string(backend, sql)).await?;
    Ok(found.is_some())
}

/// Runs what is pending, within a transaction.
pub(super) async fn run_pending<'c>(
    transaction: impl IntoSchemaManagerConnection<'c>,
) -> Result<(), DbErr> {
    Migrator::up(transaction, None).await
}
