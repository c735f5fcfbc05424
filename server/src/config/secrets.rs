use std::path::{Path, PathBuf};

use passlink_adapters::outbound::key_file::KeyFile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use smart_default::SmartDefault;

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Secrets {
    /// The keys that codes are derived from, made with mode 0600 at the first start; by default
    /// beside the SQLite file, and required with PostgreSQL. Must be the path of a file.
    #[default("passlink.key")]
    #[serde(serialize_with = "path")]
    #[schemars(length(min = 1))]
    pub key_file: PathBuf,
    /// Whether others than its owner may read the key file, for secrets that are mounted with mode
    /// 0444. Otherwise only the group of a file that belongs to root may.
    pub allow_readable_key_file: bool,
}

impl Secrets {
    pub fn keys(&self) -> KeyFile<'_> {
        KeyFile { path: &self.key_file, readable: self.allow_readable_key_file }
    }
}

/// Writes a path that may not be Unicode: it can come from the URL of the SQLite file.
fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
