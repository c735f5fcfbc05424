//! Where values come from: the file, then the environment; the later wins.

mod environment;
mod file;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

pub(crate) use environment::environment;

use super::{
    keys::{Key, secrets, sections, settings},
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
        let origins = found.iter().map(|(path, (_, origin))| (*path, origin.clone())).collect();
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

/// Of a secret and its file, the later source wins as well; one source must not have both.
fn merge(mut layer: Found, found: &mut Found, problems: &mut Problems) {
    for (secret, file) in secrets() {
        let (secret, file) = (secret.path.as_str(), file.path.as_str());
        if let Some((_, origin)) = layer.get(secret)
            && let Some((_, other)) = layer.get(file)
        {
            let other = if let Origin::Environment(name) = other { name } else { file };
            problems.refuse(secret, origin, &format!(": must not be set together with {other}"));
            layer.remove(file);
        }
        if layer.contains_key(secret) || layer.contains_key(file) {
            found.retain(|path, _| *path != secret && *path != file);
        }
    }
    found.extend(layer);
}

/// Fetches secrets from files of their own; returns which file each one is in.
fn read_secrets(found: &mut Found, problems: &mut Problems) -> BTreeMap<&'static str, PathBuf> {
    let mut files = BTreeMap::new();
    for (secret, file) in secrets() {
        let secret = secret.path.as_str();
        match found.remove(file.path.as_str()) {
            None => {
                if let Some((_, Origin::File(path, _))) = found.get(secret) {
                    files.insert(secret, path.clone());
                }
            }
            Some((Value::String(path), origin)) => match file::text(path.as_ref()) {
                Ok(text) => {
                    found.insert(secret, (text.trim_end_matches(['\r', '\n']).into(), origin));
                    files.insert(secret, path.into());
                }
                Err(error) => {
                    let what = format!(" = {}: can't be read: {error}", shown(&path.into()));
                    problems.refuse(&file.path, &origin, &what);
                }
            },
            Some((other, origin)) => refuse(file, &other, &origin, "", problems),
        }
    }
    files
}

/// The configuration. Values that can't be used are reported and left at their default.
fn usable(mut found: Found, problems: &mut Problems) -> Config {
    for key in settings() {
        if let Some((value, origin)) = found.get(key.path.as_str())
            && !key.value.admits(value)
        {
            refuse(key, value, origin, "", problems);
            found.remove(key.path.as_str());
        }
    }
    // Reading stops at the first value that is wrong: report it, drop it, and read again.
    loop {
        let mut values: Map<String, Value> =
            sections().map(|section| (section.to_owned(), Map::new().into())).collect();
        for key in settings() {
            let section = values.get_mut(key.section).and_then(Value::as_object_mut);
            if let Some((section, (value, _))) = section.zip(found.get(key.path.as_str())) {
                section.insert(key.name.to_owned(), value.clone());
            }
        }
        let error = match serde_path_to_error::deserialize(&Value::Object(values)) {
            Ok(config) => return config,
            Err(error) => error,
        };
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        let key = settings().find(|key| path == key.path);
        match key.and_then(|key| Some((key, found.remove(key.path.as_str())?))) {
            Some((key, (value, origin))) => refuse(key, &value, &origin, &reason, problems),
            None => {
                problems.add(format!("{path}: {}", mask::text(&reason)));
                return Config::default();
            }
        }
    }
}

fn refuse(key: &Key, value: &Value, origin: &Origin, reason: &str, problems: &mut Problems) {
    let found = if key.value.write_only { REDACTED.to_owned() } else { shown(value) };
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let what = format!(" = {found}: must be {}{reason}", key.allowed);
    problems.refuse(&key.path, origin, &what);
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
