//! Persistence by SeaORM: one set of repositories for SQLite and PostgreSQL.
//!
//! Why: `docs/decisions/two-databases.md`.

pub use database_file::{DatabaseFileError, HOW_TO_SET_UP};
pub use database_url::check_url;
pub use import_table::ImportTable;
pub use long_work::ReportWait;
pub use postgres_url::PostgresUrl;
pub use schema::Schema;
pub use sqlite_file::{check_sqlite_file, find_sqlite_file, make_sqlite_file, sqlite_file};
pub use store::SeaStore;
pub use url_fault::UrlFault;

mod database_file;
mod database_url;
mod entities;
mod error;
mod file_watch;
mod import_table;
mod long_work;
mod migrations;
mod notify;
mod pool_metrics;
mod postgres;
mod postgres_url;
mod repositories;
mod schema;
mod sets;
mod sqlite;
mod sqlite_file;
mod sqlite_url;
mod statement_spans;
mod store;
mod tries;
mod url_fault;
mod watchdog;

#[cfg(test)]
mod tests;
