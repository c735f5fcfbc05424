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
    const KEYS: &'static [Key] = &[Key::text(
        "key_file",
        "The keys that codes are derived from, made with mode 0600 at the first start; by \
             default beside the SQLite file, and required with PostgreSQL",
        "the path of a file",
    )];
}

impl Default for Secrets {
    fn default() -> Self {
        Self { key_file: "passlink.key".into() }
    }
}
