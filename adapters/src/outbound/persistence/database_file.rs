//! The file of a SQLite database: where it is, who can read it, and which server has it.
//!
//! Once it is there, the file itself is never opened here: when a process closes a file, it loses all
//! locks that it has on it, and so SQLite's.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use passlink_application::ports::StoreError;
use sea_orm::DbErr;

use super::{error::driver_code, file_watch::FileWatch, url_fault::UrlFault};
use crate::files::must_be_regular;

/// SQLite's code for a file that is something else.
const NOT_A_DATABASE: &str = "26";

/// What to do where there is no database of Passlink.
pub const HOW_TO_SET_UP: &str = "run `passlink migrate` to set it up; if yours is elsewhere, name it \
    with --config FILE or PASSLINK_DATABASE__URL";
/// For its owner alone. SQLite makes the files beside the database with the mode of that.
const PRIVATE: u32 = 0o600;
/// What SQLite keeps beside the database: it holds what the database does.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

#[derive(Debug, thiserror::Error)]
pub enum DatabaseFileError {
    /// The file, or one beside it, can't be used.
    #[error("database file {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// There is none, and this use of it does not make one.
    #[error("there is no database at {0}: {HOW_TO_SET_UP}")]
    Missing(PathBuf),
    #[error("the database file {0} is empty: {HOW_TO_SET_UP}")]
    Empty(PathBuf),
    #[error(
        "there is no database at {0}, and the URL does not allow to make one: end it in ?mode=rwc, or \
         name the file that there is"
    )]
    NotMade(PathBuf),
    #[error("there is no database at {0}, and no folder for one")]
    Nowhere(PathBuf),
    #[error("database file {path}: {said}")]
    Refused { path: PathBuf, said: String },
    /// Everybody can write it, and so make themselves anybody.
    #[error("database file {0} can be written by everybody; run `chmod 600 {0}`")]
    Open(PathBuf),
    #[error(
        "database file {0}: another `passlink serve` or `passlink demo` works with it; stop that one \
        first, or give this one a file of its own (database.url). All other commands work beside a \
        server"
    )]
    Served(PathBuf),
}

pub(super) struct DatabaseFile {
    /// As the operator named it, but absolute.
    named: PathBuf,
    /// Absolute, and without links.
    pub path: PathBuf,
    /// Locked by the server that this process is, until the process ends.
    server: OnceLock<File>,
}

impl DatabaseFile {
    /// The file at a path, whether or not it is there.
    ///
    /// Errors: there is no folder for it, or something else stands there.
    pub fn at(path: &Path) -> Result<Self, DatabaseFileError> {
        let failed = |source| DatabaseFileError::Io { path: path.to_owned(), source };
        let named = std::path::absolute(path).map_err(failed)?;
        let resolved = resolve(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => DatabaseFileError::Nowhere(named.clone()),
            _ => failed(error),
        })?;
        if let Ok(found) = fs::metadata(&resolved) {
            must_be_regular(found.file_type())
                .map_err(|source| DatabaseFileError::Io { path: named.clone(), source })?;
        }
        Ok(Self { named, path: resolved, server: OnceLock::new() })
    }

    /// Errors: there is no file, or nothing is in it.
    pub fn find(&self) -> Result<(), DatabaseFileError> {
        match fs::metadata(&self.path) {
            Ok(file) if file.len() == 0 => Err(DatabaseFileError::Empty(self.path.clone())),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(DatabaseFileError::Missing(self.path.clone()))
            }
            Err(source) => Err(DatabaseFileError::Io { path: self.path.clone(), source }),
        }
    }

    /// Makes the file, empty and for its owner alone, where there is none.
    pub fn create(&self) -> Result<(), DatabaseFileError> {
        // Whoever finds the file made must not have SQLite lock it before it is closed here.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let made = File::options().write(true).create_new(true).mode(PRIVATE).open(&self.path);
        // Whatever the umask.
        match made.and_then(|file| file.set_permissions(Permissions::from_mode(PRIVATE))) {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                Err(DatabaseFileError::Io { path: self.path.clone(), source })
            }
            _ => Ok(()),
        }
    }

    /// The files of the database that others than the owner can read or write.
    ///
    /// Errors: one that everybody can write.
    pub fn readable_by_others(&self) -> Result<Vec<PathBuf>, DatabaseFileError> {
        let mut readable = Vec::new();
        for path in std::iter::once(self.path.clone()).chain(self.companions()) {
            match fs::metadata(&path).map_or(0, |file| file.mode()) {
                mode if mode & 0o002 != 0 => return Err(DatabaseFileError::Open(path)),
                mode if mode & 0o066 != 0 => readable.push(path),
                _ => {}
            }
        }
        Ok(readable)
    }

    /// Watches the file, which must be there, and not be open yet.
    pub fn watch(&self) -> Result<FileWatch, DatabaseFileError> {
        FileWatch::over(&[&self.path, &self.named])
            .map_err(|source| DatabaseFileError::Io { path: self.path.clone(), source })
    }

    pub fn companions(&self) -> [PathBuf; 2] {
        COMPANIONS.map(|ending| self.beside(ending))
    }

    /// Keeps all other servers away from the file until this process ends, however it does. Returns
    /// whether it could: where nobody can make files, no server can do its work either.
    ///
    /// Errors: another server has the file, or that can't be told.
    pub fn keep_for_server(&self) -> Result<bool, DatabaseFileError> {
        if self.server.get().is_some() {
            return Ok(true);
        }
        let path = self.beside("-serve");
        let mut options = File::options();
        let file = match options.write(true).create(true).truncate(false).mode(PRIVATE).open(&path)
        {
            Ok(file) => file,
            Err(error) if is_denied(&error) && !path.exists() => return Ok(false),
            Err(source) => return Err(DatabaseFileError::Io { path, source }),
        };
        match file.try_lock() {
            Ok(()) => Ok(self.server.set(file).is_ok()),
            Err(TryLockError::WouldBlock) => Err(DatabaseFileError::Served(self.path.clone())),
            Err(TryLockError::Error(source)) => Err(DatabaseFileError::Io { path, source }),
        }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        self.path.with_file_name(name)
    }
}

/// Why SQLite did not open a database.
pub(super) fn refused(file: &DatabaseFile, error: DbErr) -> StoreError {
    let said = match driver_code(&error).as_deref() {
        Some(NOT_A_DATABASE) => "is not a database of SQLite; see database.url".to_owned(),
        _ => error.to_string(),
    };
    StoreError::Unavailable(DatabaseFileError::Refused { path: file.path.clone(), said }.into())
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Where a path leads, so that a file has one path only. The file need not be there.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| *folder != OsStr::new(""));
            let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
            match fs::read_link(path) {
                // A link to nothing: SQLite makes the file there.
                Ok(target) => resolve(&folder.join(target)),
                Err(_) => Ok(folder.join(path.file_name().ok_or(error)?)),
            }
        }
        resolved => resolved,
    }
}
