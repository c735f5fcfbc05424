//! URLs of databases, of either kind.

use passlink_application::ports::StoreError;
use sea_orm::sqlx::postgres::PgConnectOptions;

use super::{postgres_url::PostgresUrl, sqlite_url, url_fault::UrlFault};

pub(super) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// Checks that a database can be reached by this URL, as far as the URL tells.
///
/// Errors: what is wrong with it. The text repeats nothing of the URL.
pub fn check_url(url: &str) -> Result<(), UrlFault> {
    if is_sqlite(url) {
        sqlite_url::parse(url).map(drop)
    } else {
        PostgresUrl::parse(url).map(drop)
    }
}

pub(super) fn postgres_server(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PostgresUrl::parse(url)
        .and_then(|server| server.options().map_err(|_| "it can't be read".into()));
    options.map_err(|fault| StoreError::Unavailable(format!("database.url: {fault}").into()))
}
