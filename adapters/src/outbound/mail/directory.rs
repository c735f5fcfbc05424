//! Mail as files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use passlink_application::ports::{MailError, MailReason};
use tokio::{fs::OpenOptions, io::AsyncWriteExt};

use super::{deadline::Deadline, message::Outgoing};

/// Writes each mail into a directory, as `<outbox id>.eml`, readable by its owner alone.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Takes a directory, which is made when it is not there.
    ///
    /// Errors: it can't be made or is no directory; the text names it.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, String> {
        let path = path.into();
        create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    /// Whether [`Directory::new`] can have this directory, without making it.
    ///
    /// Errors: what is there is no directory; the text names it.
    pub fn check(path: &Path) -> Result<(), String> {
        let there = path.ancestors().find(|it| it.exists()).filter(|it| !it.is_dir());
        there.map_or(Ok(()), |other| Err(format!("{} is no directory", other.display())))
    }

    /// Writes it under another name first: whoever reads the directory never sees half of a mail.
    pub(super) async fn deliver(
        &self,
        mail: &Outgoing,
        deadline: &Deadline<'_>,
    ) -> Result<String, MailError> {
        let written = self.path.join(format!("{}.eml", mail.name));
        let unfinished = self.path.join(format!(".{}.part", mail.name));
        let name = written.display();
        match write(&unfinished, &written, &mail.raw, deadline).await {
            Ok(()) => Ok(format!("written to {name}")),
            Err(error) => Err(MailError::Down(MailReason::File, format!("{name}: {error}"))),
        }
    }
}

async fn write(
    unfinished: &Path,
    written: &Path,
    raw: &[u8],
    deadline: &Deadline<'_>,
) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(unfinished).await?;
    file.write_all(raw).await?;
    file.sync_all().await?;
    drop(file);
    deadline.check().map_err(io::Error::other)?;
    tokio::fs::rename(unfinished, written).await
}

fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    if path.metadata()?.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
}
