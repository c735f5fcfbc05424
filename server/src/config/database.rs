use std::path::PathBuf;

use passlink_adapters::outbound::persistence::{PostgresUrl, check_url, sqlite_file};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};
use url::form_urlencoded;
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

    /// The URL of a server, taken apart.
    pub fn postgres(&self) -> Option<PostgresUrl> {
        PostgresUrl::parse(self.url.expose_secret()).ok()
    }

    /// Whether the SQLite file may only be read.
    pub fn is_read_only(&self) -> bool {
        let url = self.url.expose_secret();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        self.is_sqlite()
            && form_urlencoded::parse(query.as_bytes()).any(|it| it == ("mode".into(), "ro".into()))
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
    check_url(&text).map_err(Error::custom)?;
    Ok(text.into())
}
