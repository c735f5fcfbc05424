//! `config print`: the configuration as it holds, in TOML, and where each value is from; and `config
//! example`: every key with its default, as a file to start from.

use serde_json::Value;

use super::{
    keys::{Key, secrets, sections, settings},
    settings::Config,
};

const HEAD: &str = "\
# All that can be set in passlink.toml, or in the file of --config; a key that is left out keeps
# the default that stands here. Environment variables win: PASSLINK_LINKS__LIFETIME sets
# links.lifetime. `passlink config check` tells what is wrong with a file, `passlink config print`
# what holds and where it is from.
";

/// Longest line of a comment, in characters, its `#` not counted.
const WIDTH: usize = 99;

impl Config {
    /// The configuration as TOML text, a key a line: `key = value  # where it is from`. Secrets
    /// are masked; of a URL that is the password.
    pub fn print(&self) -> String {
        // All keys of the objects are texts, so this can't fail.
        let values = serde_json::to_value(self).unwrap_or_default();
        let line = |key: &Key| {
            let path = &key.path;
            match values.get(key.section).and_then(|section| toml(section.get(key.name)?)) {
                Some(value) => format!("{path} = {value}  # {}\n", self.origin(path).describe()),
                None => format!("# {path} is not set\n"),
            }
        };
        settings().map(line).collect()
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

/// A file with every key: what it is for, what it allows, and its default.
pub(crate) fn example() -> String {
    let mut file = HEAD.to_owned();
    for section in sections() {
        file += &format!("\n[{section}]\n");
        let entries = settings().filter(|key| key.section == section).map(entry);
        file += &entries.collect::<Vec<_>>().join("\n");
    }
    file
}

fn entry(key: &Key) -> String {
    let mut entry = String::new();
    comment(&mut entry, &format!("{}. Must be {}.", key.meaning, key.allowed));
    match key.value.default.as_ref().and_then(toml) {
        Some(default) => entry += &format!("#{} = {default}\n", key.name),
        None => entry += &format!("# Not set by default.\n{}", setting(key)),
    }
    if let Some((_, file)) = secrets().find(|(secret, _)| secret.path == key.path) {
        entry += &format!("# Or a file that holds it:\n{}", setting(file));
    }
    entry
}

fn setting(key: &Key) -> String {
    key.value.examples.iter().map(|value| format!("#{} = '{value}'\n", key.name)).collect()
}

fn comment(file: &mut String, text: &str) {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            *file += &format!("#{line}\n");
            line.clear();
        }
        line = line + " " + word;
    }
    *file += &format!("#{line}\n");
}
