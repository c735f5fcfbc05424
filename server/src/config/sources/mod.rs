//! Where values come from: the file, then the environment; the later wins.

mod environment;
mod file;
mod service_link;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

pub(crate) use environment::environment;

use super::{
    keys::{Key, secrets, sections, settings},
    mask::{self, REDACTED},
    origin::{Found, Origin},
    problems::{ConfigErrors, Problems},
    rules,
    settings::Config,
};

impl Config {
    /// Reads and checks the configuration. Without `file`, `passlink.toml` is read where it
    /// exists. Of `env`, only the variables whose names begin with `PASSLINK_` are looked at.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::default();
        let sources = Sources::read(file, env, &mut problems);
        let is_complete = sources.is_complete;
        let mut config = sources.config(&mut problems);
        if !config.origins.contains_key("secrets.key_file") {
            let beside = config.database.default_key_file();
            config.secrets.key_file = beside.unwrap_or(config.secrets.key_file);
        }
        // Half of a file says nothing about what is missing.
        if is_complete {
            rules::check(&config, &mut problems);
        }
        problems.into_result(config)
    }
}

/// The merged sources.
struct Sources {
    found: Found,
    secret_files: BTreeMap<&'static str, PathBuf>,
    service_links: Vec<String>,
    /// Whether the file was readable at all.
    is_complete: bool,
}

impl Sources {
    fn read(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        problems: &mut Problems,
    ) -> Self {
        let (in_file, is_complete) = file::read(path, problems);
        let (in_environment, service_links) = environment::read(variables, problems);
        let (found, secret_files) = (Found::new(), BTreeMap::new());
        let mut sources = Self { found, secret_files, service_links, is_complete };
        sources.merge(in_file, problems);
        sources.merge(in_environment, problems);
        sources.read_secrets(problems);
        sources
    }

    /// Takes what a source holds. Of a secret and its file, the later source wins as well; one source
    /// must not have both.
    fn merge(&mut self, mut layer: Found, problems: &mut Problems) {
        for (secret, file) in secrets() {
            let (secret, file) = (secret.path.as_str(), file.path.as_str());
            if let Some((_, origin)) = layer.get(secret)
                && let Some((_, other)) = layer.get(file)
            {
                let other = if let Origin::Environment(name) = other { name } else { file };
                let what = format!(": must not be set together with {other}");
                problems.refuse(secret, origin, &what);
                layer.remove(file);
            }
            if layer.contains_key(secret) || layer.contains_key(file) {
                self.found.retain(|path, _| *path != secret && *path != file);
            }
        }
        self.found.extend(layer);
    }

    /// Fetches secrets from files of their own, and notes which file each one is in.
    fn read_secrets(&mut self, problems: &mut Problems) {
        for (secret, file) in secrets() {
            let Some((named, origin)) = self.found.remove(file.path.as_str()) else {
                if let Some((_, Origin::File(path, _))) = self.found.get(secret.path.as_str()) {
                    self.secret_files.insert(&secret.path, path.clone());
                }
                continue;
            };
            let Value::String(path) = &named else {
                refuse(file, &named, &origin, "", problems);
                continue;
            };
            match file::text(path.as_ref()) {
                Ok(text) => {
                    let text = text.trim_end_matches(['\r', '\n']).into();
                    self.found.insert(&secret.path, (text, origin));
                    self.secret_files.insert(&secret.path, path.into());
                }
                Err(error) => {
                    let what = format!(" = {}: can't be read: {error}", shown(&named));
                    problems.refuse(&file.path, &origin, &what);
                }
            }
        }
    }

    /// The configuration. Values that can't be used are reported and left at their default.
    fn config(mut self, problems: &mut Problems) -> Config {
        let origins = self.found.iter().map(|(path, (_, origin))| (*path, origin.clone()));
        let origins = origins.collect();
        for key in settings() {
            if let Some((value, origin)) = self.found.get(key.path.as_str())
                && !key.value.admits(value)
            {
                refuse(key, value, origin, "", problems);
                self.found.remove(key.path.as_str());
            }
        }
        let config = self.deserialize(problems);
        Config {
            origins,
            secret_files: self.secret_files,
            service_links: self.service_links,
            ..config
        }
    }

    /// Reading stops at the first value that is wrong: report it, drop it, and read again.
    fn deserialize(&mut self, problems: &mut Problems) -> Config {
        loop {
            let mut values: Map<String, Value> =
                sections().map(|section| (section.to_owned(), Map::new().into())).collect();
            for key in settings() {
                let section = values.get_mut(key.section).and_then(Value::as_object_mut);
                if let Some((section, (value, _))) = section.zip(self.found.get(key.path.as_str()))
                {
                    section.insert(key.name.to_owned(), value.clone());
                }
            }
            let error = match serde_path_to_error::deserialize(&Value::Object(values)) {
                Ok(config) => return config,
                Err(error) => error,
            };
            let path = error.path().to_string();
            let reason = error.inner().to_string();
            let key = settings().find(|key| path == key.path);
            match key.and_then(|key| Some((key, self.found.remove(key.path.as_str())?))) {
                Some((key, (value, origin))) => refuse(key, &value, &origin, &reason, problems),
                None => {
                    problems.add(format!("{path}: {}", mask::text(&reason)));
                    return Config::default();
                }
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

/// A value for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", mask::text(text)),
        Value::Object(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        // JSON writes numbers and flags as TOML does.
        other => other.to_string(),
    }
}
