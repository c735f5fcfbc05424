use std::path::PathBuf;

use serde::Deserialize;
use validator::Validate;

use super::{
    key::{Key, Section},
    mail::is_path,
};

/// `[secrets]`: what codes are derived from.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Secrets {
    /// The file with the server's keys, made at the first start. Default: `passlink.key` beside
    /// the SQLite file. Required with PostgreSQL.
    #[validate(custom(function = is_path))]
    pub key_file: PathBuf,
}

impl Section for Secrets {
    const NAME: &'static str = "secrets";
    const KEYS: &'static [Key] = &[Key::text("key_file", "the path of a file")];
}

impl Default for Secrets {
    fn default() -> Self {
        Self { key_file: "passlink.key".into() }
    }
}
