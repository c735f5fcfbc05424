use std::path::PathBuf;

use passlink_adapters::outbound::persistence::{PostgresUrl, check_url, sqlite_file};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use smart_default::SmartDefault;
use url::form_urlencoded;

use super::mask;

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// The SQLite file, or the PostgreSQL database (version 15 or later). Must be a URL such as
    /// sqlite://passlink.db?mode=rwc or postgres://user:password@host/name.
    #[default("sqlite://passlink.db?mode=rwc")]
    #[serde(deserialize_with = "url", serialize_with = "mask::serialize")]
    #[schemars(with = "String", extend("writeOnly" = true))]
    pub url: SecretString,
    /// Connections to the database; on SQLite these read, and one more writes.
    #[default = 16]
    #[schemars(range(min = 1, max = 1000))]
    pub max_connections: u32,
}

impl Database {
    pub fn is_sqlite(&self) -> bool {
        self.url.expose_secret().starts_with("sqlite:")
    }

    pub fn postgres(&self) -> Option<PostgresUrl> {
        PostgresUrl::parse(self.url.expose_secret()).ok()
    }

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

/// Reads the URL. Errors say nothing of its content.
fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_url(&text).map_err(Error::custom)?;
    Ok(text.into())
}
