//! The file with the keys that codes are derived from. One key per line: `<id> <base64> [<when it was
//! made>]`, the newest last. Empty lines and lines that begin with `#` don't count.

use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use passlink_application::ports::Random;
use passlink_domain::{CodeKey, CodeKeys, KeyError, KeyId};
use zeroize::Zeroizing;

use crate::files::{self, text_of};

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read or made.
    #[error("key file {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    /// There is none, and this use of it does not make one.
    #[error(
        "there is no key file at {0}: `passlink key add` or the first `passlink serve` makes one there; \
        if yours is elsewhere, name it with --config FILE or PASSLINK_SECRETS__KEY_FILE"
    )]
    Missing(PathBuf),
    #[error("key file {0} can't be made: there is no such directory")]
    Nowhere(PathBuf),
    #[error(
        "key file {path} is not there and can't be made: {why}; make one elsewhere, \
        with `PASSLINK_SECRETS__KEY_FILE=passlink.key passlink key add`, and put it there"
    )]
    NotMade { path: PathBuf, why: io::Error },
    /// It can be read, but not changed where it is.
    #[error(
        "key file {path} can't be changed where it is: {why}; copy it to a folder of yours, change the \
        copy (name it with PASSLINK_SECRETS__KEY_FILE), and put that in its place"
    )]
    Fixed { path: PathBuf, why: io::Error },
    #[error(
        "key file {0} can be read by others; run `chmod 600 {0}`, or, if it is a secret of Kubernetes or \
        Swarm, mount it with mode 0400. Where neither can be done, set \
        secrets.allow_readable_key_file = true"
    )]
    Open(PathBuf),
    /// Others than the owner can write the file, and so choose the keys.
    #[error("key file {0} can be written by others; run `chmod 600 {0}`")]
    Writable(PathBuf),
    #[error(
        "key file {path}, line {line}: expected a key's id, 32 octets in base64 and, if it is \
        known, when the key was made, with spaces between"
    )]
    Line { path: PathBuf, line: usize },
    /// Somebody else changes the file, or was stopped while doing so.
    #[error("key file {0} is being changed; if nobody does, remove {1}")]
    Busy(PathBuf, PathBuf),
    #[error("key file {path}: {source}")]
    Key { path: PathBuf, source: KeyError },
}

/// A key in the file, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    pub id: KeyId,
    /// If the file says it.
    pub made: Option<Timestamp>,
}

/// The file, and who may read it.
pub struct KeyFile<'p> {
    pub path: &'p Path,
    /// By everybody; or else by its owner alone and, if that is root, by its group: so secrets are mounted
    /// for a server that runs as somebody else.
    pub readable: bool,
}

impl KeyFile<'_> {
    /// Reads the keys; makes the file, with one new key and for its owner only, where there is none.
    ///
    /// Errors: [`KeyFileError`], which says what to do; it never holds a key.
    pub fn load_or_create(
        &self,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<CodeKeys, KeyFileError> {
        if self.is_missing()? {
            create(self.path, random, now)?;
        }
        self.load()
    }

    /// Whether [`KeyFile::load_or_create`] can do its work, without doing it.
    pub fn check(&self) -> Result<(), KeyFileError> {
        if self.is_missing()? { has_place(self.path) } else { self.load().map(drop) }
    }

    /// Adds a key to the file, which is made where there is none; returns its id.
    pub fn add(&self, random: &dyn Random, now: Timestamp) -> Result<KeyId, KeyFileError> {
        if self.is_missing()? {
            return Ok(self.load_or_create(random, now)?.newest().id().clone());
        }
        self.read()?;
        let (id, line) = new_line(self.path, random, now)?;
        rewrite(self.path, |text| {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{end}{}", line.as_str())
        })?;
        Ok(id)
    }

    /// The keys of the file in their order, the newest last.
    ///
    /// Errors: also when there is no file.
    pub fn list(&self) -> Result<Vec<ListedKey>, KeyFileError> {
        if self.is_missing()? {
            let path = std::path::absolute(self.path).map_err(|why| io_error(self.path, why))?;
            return Err(KeyFileError::Missing(path));
        }
        let keys = self.read()?.into_iter();
        Ok(keys.map(|(key, made)| ListedKey { id: key.id().clone(), made }).collect())
    }

    /// Takes a key out of the file. Whether it is still needed is for the caller to know.
    pub fn retire(&self, id: &KeyId) -> Result<(), KeyFileError> {
        self.read()?;
        let is_other = |line: &&str| line.split_whitespace().next() != Some(id.as_str());
        rewrite(self.path, |text| text.split_inclusive('\n').filter(is_other).collect())
    }

    fn is_missing(&self) -> Result<bool, KeyFileError> {
        match fs::symlink_metadata(self.path) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(source) => Err(io_error(self.path, source)),
        }
    }

    fn load(&self) -> Result<CodeKeys, KeyFileError> {
        let keys = self.read()?.into_iter().map(|(key, _)| key).collect();
        CodeKeys::new(keys).map_err(|source| key_error(self.path, source))
    }

    fn read(&self) -> Result<Vec<(CodeKey, Option<Timestamp>)>, KeyFileError> {
        let (file, metadata) =
            files::open(self.path).map_err(|source| io_error(self.path, source))?;
        let (mode, of_root) = (metadata.mode(), metadata.uid() == 0);
        if mode & 0o022 != 0 {
            return Err(KeyFileError::Writable(self.path.to_owned()));
        }
        if !self.readable && (mode & 0o004 != 0 || mode & 0o040 != 0 && !of_root) {
            return Err(KeyFileError::Open(self.path.to_owned()));
        }
        let text = text(file).map_err(|source| io_error(self.path, source))?;
        parse(self.path, &text)
    }
}

fn text(mut file: fs::File) -> io::Result<Zeroizing<String>> {
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    Ok(Zeroizing::new(text_of(octets)?))
}

fn parse(path: &Path, text: &str) -> Result<Vec<(CodeKey, Option<Timestamp>)>, KeyFileError> {
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad_line = || KeyFileError::Line { path: path.to_owned(), line: number };
        let mut words = line.split_whitespace();
        let (Some(id), Some(secret), made, None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad_line());
        };
        let secret = Zeroizing::new(BASE64_STANDARD.decode(secret).map_err(|_| bad_line())?);
        let made = made.map(str::parse).transpose().map_err(|_| bad_line())?;
        let key = id.parse().and_then(|id| CodeKey::new(id, &secret));
        keys.push((key.map_err(|source| key_error(path, source))?, made));
    }
    Ok(keys)
}

fn new_line(
    path: &Path,
    random: &dyn Random,
    now: Timestamp,
) -> Result<(KeyId, Zeroizing<String>), KeyFileError> {
    let (mut id, mut secret) = ([0; 6], Zeroizing::new([0; 32]));
    random.fill(&mut id);
    random.fill(&mut *secret);
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = Zeroizing::new(BASE64_STANDARD.encode(*secret));
    let line = Zeroizing::new(format!("{id} {} {now}\n", secret.as_str()));
    Ok((id.parse().map_err(|source| key_error(path, source))?, line))
}

fn has_place(path: &Path) -> Result<(), KeyFileError> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let is_there = directory.is_none_or(Path::is_dir);
    is_there.then_some(()).ok_or_else(|| KeyFileError::Nowhere(path.to_owned()))
}

/// Written whole under another name and then linked, so that nobody reads half a file.
fn create(path: &Path, random: &dyn Random, now: Timestamp) -> Result<(), KeyFileError> {
    has_place(path)?;
    let (id, line) = new_line(path, random, now)?;
    let draft = beside(path, &format!(".{id}.new"));
    let written = write(&draft, &line).and_then(|_| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match written {
        // Another process was faster: its keys hold.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(KeyFileError::NotMade { path: path.to_owned(), why }),
        Ok(()) => Ok(()),
    }
}

/// Replaces the text of the file as a whole; who owns it and may read it stays. The draft keeps
/// others from changing the file meanwhile.
fn rewrite(path: &Path, change: impl FnOnce(&str) -> String) -> Result<(), KeyFileError> {
    let path = fs::canonicalize(path).map_err(|source| io_error(path, source))?;
    let draft = beside(&path, ".new");
    let write_draft = || {
        let (file, old) = files::open(&path)?;
        let changed = Zeroizing::new(change(&text(file)?));
        let file = write(&draft, &changed)?;
        file.set_permissions(old.permissions())?;
        chown(&draft, Some(old.uid()), Some(old.gid()))?;
        fs::rename(&draft, &path)
    };
    let Err(why) = write_draft() else { return Ok(()) };
    if why.kind() == ErrorKind::AlreadyExists {
        return Err(KeyFileError::Busy(path, draft));
    }
    let _ = fs::remove_file(&draft);
    Err(match why.kind() {
        // A file that is a mount of its own is busy.
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied | ErrorKind::ResourceBusy => {
            KeyFileError::Fixed { path, why }
        }
        _ => io_error(&path, why),
    })
}

/// The path with something behind its whole name, so that no two files have the same beside them.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a new file that only its owner can read.
fn write(path: &Path, text: &str) -> io::Result<fs::File> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

fn key_error(path: &Path, source: KeyError) -> KeyFileError {
    KeyFileError::Key { path: path.to_owned(), source }
}

fn io_error(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
