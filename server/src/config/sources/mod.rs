//! Where values come from: the file, then the environment; the later wins.

mod environment;
mod file;
mod found;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

pub(crate) use environment::environment;

use super::{
    keys::{Key, general, keys, secret_of, sections, settings},
    mask::{self, REDACTED},
    problems::{Found, Origin, Problems},
    rules,
    settings::Config,
};

impl Config {
    /// Reads and checks the configuration. Without `file`, `passlink.toml` is read where it
    /// exists. Of `env`, only the variables whose names begin with `PASSLINK_` are looked at.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let (in_file, is_complete) = file::read(file, &mut problems);
        let (in_environment, service_links) = environment::read(env, &mut problems);
        let mut found = Found::new();
        merge(in_file, &mut found, &mut problems);
        merge(in_environment, &mut found, &mut problems);
        let secret_files = read_secrets(&mut found, &mut problems);
        let origins =
            found.iter().map(|(path, (_, origin))| (path.clone(), origin.clone())).collect();
        let config = usable(found, &mut problems);
        let mut config = Self { origins, secret_files, service_links, ..config };
        if !config.origins.contains_key("secrets.key_file")
            && let Some(beside) = config.database.default_key_file()
        {
            config.secrets.key_file = beside;
        }
        // Half of a file says nothing about what is missing.
        if is_complete {
            rules::check(&config, &mut problems);
        }
        problems.into_result(config)
    }
}

/// The later source wins: over a list as a whole, and over both a secret and its file. One source must not
/// have both of them.
fn merge(mut layer: Found, found: &mut Found, problems: &mut Problems) {
    let is_file = |path: &str| keys().any(|key| key.is_file && key.is_at(path));
    let files: Vec<_> = layer.keys().filter(|path| is_file(path)).cloned().collect();
    for file in files {
        let secret = secret_of(&file);
        if let Some((_, origin)) = layer.get(secret)
            && let Some((_, other)) = layer.get(&file)
        {
            let other = match other {
                Origin::Environment(name) if !file.contains('[') => name,
                _ => &file,
            };
            problems.refuse(secret, origin, &format!(": must not be set together with {other}"));
            layer.remove(&file);
        }
    }
    let set = |path: &str| if is_file(path) { secret_of(path).to_owned() } else { path.to_owned() };
    for path in layer.keys() {
        let (new, tables) = (set(path), format!("{path}["));
        found.retain(|old, _| set(old) != new && !old.starts_with(&tables));
    }
    found.extend(layer);
}

/// Fetches secrets from files of their own; returns which file each one is in.
fn read_secrets(found: &mut Found, problems: &mut Problems) -> BTreeMap<String, PathBuf> {
    let is_secret = |path: &str| keys().any(|key| key.value.write_only && key.is_at(path));
    let inline = found.iter().filter(|(path, _)| is_secret(path));
    let inline = inline.filter_map(|(path, (_, origin))| match origin {
        Origin::File(file, _) => Some((path.clone(), file.clone())),
        _ => None,
    });
    let mut files: BTreeMap<_, _> = inline.collect();
    for key in keys().filter(|key| key.is_file) {
        let named: Vec<_> = found.extract_if(.., |path, _| key.is_at(path)).collect();
        for (path, (value, origin)) in named {
            let Value::String(file) = value else {
                refuse(key, &path, &value, &origin, "", problems);
                continue;
            };
            match file::text(file.as_ref()) {
                Ok(text) => {
                    let text = text.trim_end_matches(['\r', '\n']);
                    found.insert(secret_of(&path).to_owned(), (text.into(), origin));
                    files.insert(secret_of(&path).to_owned(), file.into());
                }
                Err(error) => {
                    let what = format!(" = {}: can't be read: {error}", shown(&file.into()));
                    problems.refuse(&path, &origin, &what);
                }
            }
        }
    }
    files
}

/// The configuration. Values that can't be used are reported and left at their default.
fn usable(mut found: Found, problems: &mut Problems) -> Config {
    for key in settings().filter(|key| key.is_required) {
        for (table, (_, origin)) in found.iter().filter(|(path, _)| general(path) == key.table) {
            let path = format!("{table}.{}", key.name);
            if !found.contains_key(&path) {
                problems.refuse(&path, origin, &format!(" is missing: must be {}", key.allowed));
            }
        }
    }
    for key in settings() {
        let is_wrong = |path: &String, (value, _): &mut (Value, Origin)| {
            key.is_at(path) && !key.value.admits(value)
        };
        for (path, (value, origin)) in found.extract_if(.., is_wrong) {
            refuse(key, &path, &value, &origin, "", problems);
        }
    }
    // Reading stops at the first value that is wrong: report it, drop it, and read again.
    found.retain(|path, _| !path.ends_with(']'));
    loop {
        let error = match serde_path_to_error::deserialize(&tree(&found)) {
            Ok(config) => return config,
            Err(error) => error,
        };
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        let place =
            found.keys().filter(|it| path.starts_with(it.as_str())).max_by_key(|it| it.len());
        let key = place.cloned().and_then(|it| Some((settings().find(|key| key.is_at(&it))?, it)));
        match key.and_then(|(key, place)| Some((key, found.remove_entry(&place)?))) {
            Some((key, (place, (value, origin)))) => {
                refuse(key, &place, &value, &origin, &reason, problems);
            }
            None => {
                problems.add(format!("{path}: {}", mask::text(&reason)));
                return Config::default();
            }
        }
    }
}

/// What was found, as a source would hold it. A list comes before what stands in it.
fn tree(found: &Found) -> Value {
    let mut tree: Value = sections().map(|it| (it, Value::Object(Map::new()))).collect();
    for (path, (value, _)) in found {
        let (table, name) = path.rsplit_once('.').unwrap_or(("", path));
        let steps = table.split(['.', '[']).filter(|step| !step.is_empty());
        let pointer: String =
            steps.map(|step| format!("/{}", step.trim_end_matches(']'))).collect();
        if let Some(table) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            table.insert(name.to_owned(), value.clone());
        }
    }
    tree
}

fn refuse(
    key: &Key,
    path: &str,
    value: &Value,
    origin: &Origin,
    reason: &str,
    problems: &mut Problems,
) {
    // What stands where a list should be may be a list with a slip, and hold secrets.
    let (holds_tables, is_table) = (key.value.holds_tables(), value.is_object());
    let is_secret = key.value.write_only || holds_tables && !is_table;
    let found = if is_secret { REDACTED.to_owned() } else { shown(value) };
    let reason = match reason {
        "" if holds_tables && is_table => format!("; in a file, each begins with [[{}]]", key.path),
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let what = format!(" = {found}: must be {}{reason}", key.allowed);
    problems.refuse(path, origin, &what);
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", mask::text(text)),
        Value::Object(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        // JSON writes numbers and flags as TOML does.
        other => other.to_string(),
    }
}
