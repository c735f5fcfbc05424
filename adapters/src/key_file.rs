//! The file with the keys that codes are derived from: a line a key, `<id> <base64>`, the newest
//! last; empty lines and lines that begin with `#` don't count.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::prelude::{BASE64_STANDARD, Engine};
use passlink_application::Random;
use passlink_domain::{CodeKey, CodeKeys, KeyError};
use zeroize::Zeroizing;

/// Why the keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read or made.
    #[error("key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner can read the file.
    #[error("key file {0} can be read by others; run `chmod 600 {0}`")]
    Open(PathBuf),
    /// A line is not `<id> <base64>`.
    #[error("key file {path}, line {line}: expected a key's id, a space and 32 octets in base64")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
    },
    /// The keys are no good.
    #[error("key file {path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
}

/// Reads the keys; makes the file, with one new key and for its owner only, where there is none.
///
/// Errors: [`KeyFileError`], which says what to do; it never holds a key.
pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<CodeKeys, KeyFileError> {
    match fs::symlink_metadata(path) {
        Ok(_) => load(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match create(path, random) {
                // Another process was faster: its keys are the ones.
                Err(KeyFileError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
            load(path)
        }
        Err(source) => Err(io_error(path, source)),
    }
}

fn load(path: &Path) -> Result<CodeKeys, KeyFileError> {
    let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|source| io_error(path, source))?;
    let text = Zeroizing::new(text);
    let key_error = |source| KeyFileError::Key { path: path.to_owned(), source };
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let bad_line = || KeyFileError::Line { path: path.to_owned(), line: number };
        let (id, secret) = line.trim().split_once(' ').ok_or_else(bad_line)?;
        let secret = BASE64_STANDARD.decode(secret.trim()).map_err(|_| bad_line())?;
        let id = id.parse().map_err(key_error)?;
        keys.push(CodeKey::new(id, &Zeroizing::new(secret)).map_err(key_error)?);
    }
    CodeKeys::new(keys).map_err(key_error)
}

/// Written whole under another name and then linked, so that nobody reads half a file.
fn create(path: &Path, random: &dyn Random) -> Result<(), KeyFileError> {
    let (mut id, mut secret) = ([0; 6], Zeroizing::new([0; 32]));
    random.fill(&mut id);
    random.fill(&mut *secret);
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = Zeroizing::new(format!("{id} {}\n", BASE64_STANDARD.encode(*secret)));
    let draft = path.with_extension(format!("{id}.new"));
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    written.map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
