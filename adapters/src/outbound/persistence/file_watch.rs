//! A database whose files are taken from under it. SQLite goes on with files that have no name any more,
//! as if nothing had happened: what it writes there is lost when they are closed, and nobody else sees
//! it.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use passlink_application::ports::StoreError;

#[derive(Default)]
pub(super) struct FileWatch {
    database: Vec<Seen>,
    /// What SQLite made beside it when it opened it.
    companions: OnceLock<Vec<Seen>>,
    gone: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database file was removed or replaced")]
pub(super) struct Gone;

impl From<Gone> for StoreError {
    fn from(gone: Gone) -> Self {
        Self::Unavailable(gone.into())
    }
}

/// A path, and the file that it led to.
struct Seen {
    path: PathBuf,
    file: (u64, u64),
}

impl Seen {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: file(path)? })
    }

    fn is_still_there(&self) -> bool {
        file(&self.path).is_ok_and(|file| file == self.file)
    }
}

/// What tells a file from all others that there are.
fn file(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

impl FileWatch {
    /// Watches the file that these paths lead to. It is not open yet.
    pub fn over(paths: &[&Path]) -> io::Result<Self> {
        // They are one, unless a link leads to the file.
        let paths = BTreeSet::from_iter(paths);
        let database = paths.iter().map(|path| Seen::at(path)).collect::<io::Result<_>>()?;
        Ok(Self { database, ..Self::default() })
    }

    /// Watches what stands beside the file as well, as far as it is there. It is open by now.
    pub fn with_companions(&self, paths: &[PathBuf]) {
        let seen = paths.iter().filter_map(|path| Seen::at(path).ok());
        let _ = self.companions.set(seen.collect());
    }

    /// Whether all files are those that were opened; takes microseconds. A change is logged, once.
    pub fn check(&self) -> Result<(), Gone> {
        let companions = self.companions.get().into_iter().flatten();
        let lost = self.database.iter().chain(companions).find(|seen| !seen.is_still_there());
        match (lost, self.gone.swap(lost.is_some(), Ordering::Relaxed)) {
            (Some(lost), false) => tracing::error!(
                file = %lost.path.display(),
                "a file of the database was removed or replaced while it was in use: nothing is \
                 answered or written until it is back. To go on with another database, stop this \
                 server, remove what is left of the old one (its -wal and -shm), and start again"
            ),
            (None, true) => tracing::warn!("the files of the database are back"),
            _ => {}
        }
        lost.map_or(Ok(()), |_| Err(Gone))
    }
}

#[cfg(test)]
mod tests;
