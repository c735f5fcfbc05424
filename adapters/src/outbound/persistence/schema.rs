//! Where the schema of a database stands, and bringing it up to date.

use passlink_application::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait};
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};

use super::{
    long_work::{ReportWait, Session, run_long},
    migrations::Migrator,
    sqlite::begin_to_write,
    watchdog::{SILENCE_LIMIT, Watchdog},
};

/// Names the lock under which PostgreSQL is migrated.
const LOCK: i64 = 0x7061_7373_6c69_6e6b;

pub struct Schema {
    /// How many migrations are pending.
    pub pending: usize,
    /// Whether nothing was ever migrated.
    pub is_new: bool,
    /// Migrations that were run and that this version does not know: a newer one has run them.
    pub unknown: Vec<String>,
}

/// Reads where the schema stands; changes nothing.
pub(super) async fn read(connection: &DatabaseConnection) -> Result<Schema, DbErr> {
    let manager = SchemaManager::new(connection);
    let mut rows = Vec::new();
    if manager.has_table("seaql_migrations").await? {
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

/// Runs what is pending, in one transaction; others who migrate at the same time wait for it.
pub(super) async fn migrate(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    report_wait: ReportWait<'_>,
) -> Result<(), StoreError> {
    let begun = async {
        let transaction = begin_to_write(connection).await?;
        let session = Session::without_time_limits(connection, &transaction).await?;
        Ok((transaction, session))
    };
    let begun = watchdog.within(SILENCE_LIMIT, "the begin of a migration", begun).await?;
    let (transaction, session) = begun.map_err(|error| watchdog.located(error))?;
    let work = async {
        if session.is_some() {
            // Other migrations may take long.
            let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
            transaction.execute_unprepared(&lock).await?;
        }
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    };
    run_long(session.as_ref(), watchdog, "the migration", report_wait, work).await
}
