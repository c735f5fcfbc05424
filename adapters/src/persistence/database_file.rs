//! The file of a SQLite database: where it is, and which server has it.
//!
//! The file itself is never opened here: when a process closes a file, it loses all locks that it has
//! on it, and so SQLite's.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Why a database file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFileError {
    /// The file, or one beside it, can't be used.
    #[error("database file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another server has it.
    #[error(
        "database file {0}: another `passlink serve` or `passlink demo` works with it; stop that one \
        first, or give this one a file of its own (database.url). All other commands work beside a \
        server"
    )]
    Served(PathBuf),
}

/// The file of a database.
pub(super) struct DatabaseFile {
    /// Absolute, and without links.
    path: PathBuf,
    /// Locked by the server that this process is, until the process ends.
    server: OnceLock<File>,
}

impl DatabaseFile {
    /// The file at a path, whether or not it is there.
    ///
    /// Errors: when there is no folder for it.
    pub fn at(path: &Path) -> Result<Self, DatabaseFileError> {
        match resolve(path) {
            Ok(path) => Ok(Self { path, server: OnceLock::new() }),
            Err(source) => Err(DatabaseFileError::Io { path: path.to_owned(), source }),
        }
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
        let file = match options.write(true).create(true).truncate(false).mode(0o600).open(&path) {
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

    /// The file that has the same name with something behind it.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        self.path.with_file_name(name)
    }
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
