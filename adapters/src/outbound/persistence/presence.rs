//! Whether there is a database at all. A command that only looks for one does not make it.

use super::{
    SeaStore, database_file,
    database_file::{DatabaseFile, DatabaseFileError},
};

/// Makes the SQLite file that a URL leads to, where there is none and the URL allows it; does nothing
/// for other databases.
///
/// Errors: there is none, and it can't or must not be made.
pub fn make_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    can_be_had(url)?;
    match file_of(url)? {
        Some(file) if may_make(url) => file.create(),
        _ => Ok(()),
    }
}

/// Looks for the SQLite file that a URL leads to; makes and opens nothing.
///
/// Errors: there is none, or nothing is in it.
pub fn find_sqlite_file(url: &str) -> Result<(), DatabaseFileError> {
    file_of(url)?.map_or(Ok(()), |file| file.find())
}

/// Whether the file is there, or [`make_sqlite_file`] may make it.
pub(super) fn can_be_had(url: &str) -> Result<(), DatabaseFileError> {
    match file_of(url)? {
        Some(file) if !may_make(url) && !file.path().exists() => {
            Err(DatabaseFileError::NotMade(file.path().to_owned()))
        }
        _ => Ok(()),
    }
}

/// The file that a URL leads to; none for databases that are not in a file.
fn file_of(url: &str) -> Result<Option<DatabaseFile>, DatabaseFileError> {
    match url.starts_with("sqlite:") {
        true => database_file(url).map(Some),
        false => Ok(None),
    }
}

fn may_make(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair == "mode=rwc")
}

impl SeaStore {
    /// Where the database is, in words, without secrets.
    pub fn whereabouts(&self) -> &str {
        self.silence.place()
    }
}
