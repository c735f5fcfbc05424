//! `config print`: the configuration as it holds, in TOML, and where each value is from.

use serde_json::Value;

use super::{keys, settings::Config};

impl Config {
    /// The configuration as TOML text, a key a line: `key = value  # where it is from`. Secrets
    /// are masked; of a URL that is the password.
    pub fn print(&self) -> String {
        // All keys of the objects are texts, so this can't fail.
        let values = serde_json::to_value(self).unwrap_or_default();
        let line = |key: &keys::Key| match values
            .get(key.section)
            .and_then(|section| toml(section.get(key.name)?))
        {
            Some(value) => {
                format!("{} = {value}  # {}\n", key.path, self.origin(&key.path).describe())
            }
            None => format!("# {} is not set\n", key.path),
        };
        keys::settings().map(line).collect()
    }
}

/// A value as it is written in TOML, which has none for null.
pub(super) fn toml(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            Some(format!("[{}]", items.iter().filter_map(toml).collect::<Vec<_>>().join(", ")))
        }
        // JSON escapes as TOML does, but for DEL.
        other => Some(other.to_string().replace('\u{7F}', "\\u007f")),
    }
}
