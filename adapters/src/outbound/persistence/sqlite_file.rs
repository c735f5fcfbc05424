//! The file that a SQLite URL names: whether it is there, and making it. A command that only looks
//! for a database doesn't make one.

use std::path::PathBuf;

use passlink_application::ports::StoreError;

use super::{
    database_file::{DatabaseFile, DatabaseFileError},
    database_url::is_sqlite,
    file_watch::FileWatch,
    sqlite_url,
};

/// The file of a `sqlite:` URL, for what is kept beside it.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    sqlite_url::parse(url).ok()
}

/// Makes the SQLite file of a URL, if there is none and the URL allows it; makes no other database.
///
/// Errors: there is none, and it can't or must not be made.
pub fn make_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    check_may_use(url)?;
    match database_file(url)? {
        Some(file) if may_make(url) => file.create(),
        _ => Ok(()),
    }
}

/// Looks for the SQLite file of a URL. Makes and opens nothing.
///
/// Errors: there is none, or it is empty.
pub fn find_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    database_file(url)?.map_or(Ok(()), |file| file.find())
}

/// Checks that a server can use a URL's SQLite file, as far as shows without making or opening it.
pub fn check_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    check_may_use(url)?;
    open(url).map(drop)
}

/// The SQLite file of a URL, which must be closed to writers other than its owner and group.
pub(super) fn open(url: &str) -> Result<DatabaseFile, DatabaseFileError> {
    let file = DatabaseFile::at(&sqlite_url::parse(url)?)?;
    file.readable_by_others()?;
    Ok(file)
}

/// Watches the SQLite file of a URL, before it is opened. Watches nothing for other databases.
pub(super) fn watch(url: &str) -> Result<FileWatch, StoreError> {
    let watch = database_file(url).and_then(|file| file.map(|file| file.watch()).transpose());
    Ok(watch.map_err(|error| StoreError::Unavailable(error.into()))?.unwrap_or_default())
}

/// Checks that the file is there, or that [`make_sqlite_file`] may make it.
fn check_may_use(url: &str) -> Result<(), DatabaseFileError> {
    match database_file(url)? {
        Some(file) if !may_make(url) && !file.path.exists() => {
            Err(DatabaseFileError::NotMade(file.path))
        }
        _ => Ok(()),
    }
}

/// The file of a URL; none for databases that are not in a file.
fn database_file(url: &str) -> Result<Option<DatabaseFile>, DatabaseFileError> {
    if is_sqlite(url) { DatabaseFile::at(&sqlite_url::parse(url)?).map(Some) } else { Ok(None) }
}

fn may_make(url: &str) -> bool {
    has_mode(url, "mode=rwc")
}

/// Whether the file of a URL is only to be looked at.
pub(super) fn is_read_only(url: &str) -> bool {
    has_mode(url, "mode=ro")
}

fn has_mode(url: &str, mode: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair == mode)
}
