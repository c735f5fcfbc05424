//! `config print`: the configuration as it holds, in TOML, and where each value is from; and `config
//! example`: every key with its default, as a file to start from.

use serde_json::Value;

use super::{
    keys::{Key, heading, sections, settings},
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
    /// are masked; of a URL that is the password. Lists of tables come last.
    pub fn print(&self) -> String {
        // All keys of the objects are texts, so this can't fail.
        let values = serde_json::to_value(self).unwrap_or_default();
        let (mut lines, mut lists) = (String::new(), String::new());
        for key in settings().filter(|key| !key.is_in_list()) {
            let path = &key.path;
            match values.pointer(&format!("/{}", path.replace('.', "/"))) {
                Some(Value::Array(tables)) if key.value.holds_tables() && !tables.is_empty() => {
                    for (index, table) in tables.iter().enumerate() {
                        let keys = format!("{path}[]");
                        lists += &format!("\n{}\n", heading(&keys));
                        lists += &self.table(&keys, "", &format!("{path}[{index}]"), table);
                    }
                }
                value => lines += &self.line(path, path, value),
            }
        }
        lines + &lists
    }

    /// The keys of a table in a list, and of the tables in it; before the names of those, `prefix` stands.
    fn table(&self, table: &str, prefix: &str, place: &str, values: &Value) -> String {
        let lines = settings().filter(|key| key.table == table).map(|key| {
            let (name, place) = (format!("{prefix}{}", key.name), format!("{place}.{}", key.name));
            match values.get(key.name) {
                Some(inner) if key.value.holds_keys() && has_any(inner) => {
                    self.table(&key.path, &format!("{name}."), &place, inner)
                }
                value => self.line(&name, &place, value),
            }
        });
        lines.collect()
    }

    fn line(&self, name: &str, path: &str, value: Option<&Value>) -> String {
        match value.and_then(toml) {
            Some(value) => format!("{name} = {value}  # {}\n", self.origin(path).describe()),
            None => format!("# {name} is not set\n"),
        }
    }
}

fn has_any(table: &Value) -> bool {
    table.as_object().is_some_and(|values| values.values().any(|value| !value.is_null()))
}

/// A value as it is written in TOML, which has none for null.
pub(super) fn toml(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            Some(format!("[{}]", items.iter().filter_map(toml).collect::<Vec<_>>().join(", ")))
        }
        Value::Object(values) => {
            let pair = |(name, value): (&String, &Value)| {
                Some(format!("{} = {}", toml(&name.as_str().into())?, toml(value)?))
            };
            let pairs: Vec<_> = values.iter().filter_map(pair).collect();
            Some(if pairs.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", pairs.join(", "))
            })
        }
        // JSON escapes as TOML does, but for DEL.
        other => Some(other.to_string().replace('\u{7F}', "\\u007f")),
    }
}

/// A file with every key: what it is for, what it allows, and its default.
pub(crate) fn example() -> String {
    let mut file = HEAD.to_owned();
    let mut section = "";
    for key in settings() {
        file.push('\n');
        if key.table != section && sections().any(|it| it == key.table) {
            section = &key.table;
            file += &format!("[{section}]\n");
        }
        file += &entry(key);
    }
    file
}

fn entry(key: &Key) -> String {
    let mut entry = String::new();
    comment(&mut entry, &format!("{}. Must be {}.", key.meaning, key.allowed));
    match (key.heading(), key.value.default.as_ref().and_then(toml)) {
        (Some(heading), _) => entry += &format!("#{heading}\n"),
        (_, Some(default)) => entry += &format!("#{} = {default}\n", key.name),
        _ if key.is_required => entry += &format!("# Required.\n{}", setting(key)),
        _ => entry += &format!("# Not set by default.\n{}", setting(key)),
    }
    if let Some(file) = key.file() {
        entry += &format!("# Or a file that holds it:\n{}", setting(file));
    }
    entry
}

fn setting(key: &Key) -> String {
    let examples = key.value.examples.iter().map(|value| match value {
        Value::String(text) => format!("#{} = '{text}'\n", key.name),
        other => format!("#{} = {other}\n", key.name),
    });
    examples.collect()
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
