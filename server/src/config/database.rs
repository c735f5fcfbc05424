use std::path::PathBuf;

use passlink_adapters::persistence::{is_in_memory, sqlite_file};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};
use url::Url;
use validator::Validate;

use super::key::{Key, Section};

/// `[database]`: where everything is stored.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Database {
    /// URL of the database: `sqlite:` for a file, `postgres://` for PostgreSQL 15 and later.
    /// Default `sqlite://passlink.db?mode=rwc`. Secret; `url_file` names a file that holds it.
    #[serde(deserialize_with = "url")]
    pub url: SecretString,
    /// Most connections open at a time, 1 to 1000. Default 16.
    #[validate(range(min = 1, max = 1000))]
    pub max_connections: u32,
}

impl Section for Database {
    const NAME: &'static str = "database";
    const KEYS: &'static [Key] = &[
        Key::secret(
            "url",
            "The SQLite file, or the PostgreSQL database (version 15 or later)",
            "a URL such as sqlite://passlink.db?mode=rwc or postgres://user:password@host/name",
        ),
        Key::number(
            "max_connections",
            "Connections to the database; on SQLite these read, and one more writes",
            1,
            1000,
        ),
    ];
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://passlink.db?mode=rwc".into(), max_connections: 16 }
    }
}

impl Database {
    /// Whether the database is an SQLite file, not a server.
    pub fn is_sqlite(&self) -> bool {
        is_sqlite(self.url.expose_secret())
    }

    /// Whether the database lives in memory, and dies with the process.
    pub fn is_in_memory(&self) -> bool {
        self.is_sqlite() && is_in_memory(self.url.expose_secret())
    }

    /// `passlink.key` beside the SQLite file; none beside a server.
    pub fn default_key_file(&self) -> Option<PathBuf> {
        let file = sqlite_file(self.url.expose_secret()).filter(|_| self.is_sqlite())?;
        Some(file.with_file_name("passlink.key"))
    }
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// Reads the URL. Errors say nothing of its content.
fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_sqlite(&text) {
        return match sqlite_file(&text) {
            Some(file) if file.as_os_str().is_empty() => Err(Error::custom("it names no file")),
            Some(_) => Ok(text.into()),
            None => Err(Error::custom("SQLite has no such parameter, or no such value of it")),
        };
    }
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(text.into()),
        Ok(_) => Err(Error::custom("the scheme is another")),
        Err(error) => Err(Error::custom(error)),
    }
}
