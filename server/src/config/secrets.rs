use std::path::PathBuf;

use passlink_adapters::outbound::key_file::KeyFile;
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
    /// Whether the key file may be readable by everybody. Default `false`.
    pub allow_readable_key_file: bool,
}

impl Secrets {
    /// The key file.
    pub fn keys(&self) -> KeyFile<'_> {
        KeyFile::new(&self.key_file, self.allow_readable_key_file)
    }
}

impl Section for Secrets {
    const NAME: &'static str = "secrets";
    const KEYS: &'static [Key] = &[
        Key::text(
            "key_file",
            "The keys that codes are derived from, made with mode 0600 at the first start; by \
             default beside the SQLite file, and required with PostgreSQL",
            "the path of a file",
        ),
        Key::flag(
            "allow_readable_key_file",
            "Whether others than its owner may read the key file, as where a secret is mounted with mode \
             0444. Without it, only the group of a file that belongs to root may",
        ),
    ];
}

impl Default for Secrets {
    fn default() -> Self {
        Self { key_file: "passlink.key".into(), allow_readable_key_file: false }
    }
}
