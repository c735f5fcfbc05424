//! Where values come from. Each source becomes a layer that holds known keys only; figment
//! merges the layers and remembers, by tag, which one a value is from.

mod env;
mod file;
mod origin;
mod service_link;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Metadata, Profile, Provider, Source,
    error::{Error, Kind},
    value::{Dict, Map, Value},
};
use passlink_adapters::files::text_of;

pub use env::environment;
pub(super) use origin::Origin;

use super::{
    error::Problems,
    key::{Key, SECTIONS, Section, variable},
    mask::{self, REDACTED},
};
use file::File;

/// The merged sources, to be taken a section at a time.
pub(super) struct Sources {
    figment: Figment,
    file: File,
    problems: Problems,
    origins: BTreeMap<String, Origin>,
    secret_files: BTreeMap<String, PathBuf>,
    service_links: Vec<String>,
}

/// What one source says.
struct Layer {
    source: Source,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::from("source", self.source.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Sources {
    pub fn read(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut problems = Problems::default();
        let (file, in_file) = File::read(path, &mut problems);
        let in_env = env::read(variables, &mut problems);
        let mut sources = Self {
            figment: Figment::new(),
            file,
            problems,
            origins: BTreeMap::new(),
            secret_files: BTreeMap::new(),
            service_links: in_env.service_links,
        };
        let layers = [
            Layer { source: sources.file.path.as_path().into(), values: in_file },
            Layer { source: Source::Custom("environment".into()), values: in_env.values },
        ];
        for layer in layers {
            sources.add(layer);
        }
        sources
    }

    /// Merges a layer, once no secret is in it twice.
    fn add(&mut self, mut layer: Layer) {
        for (section, keys) in SECTIONS {
            let Some(Value::Dict(_, values)) = layer.values.get_mut(section) else {
                continue;
            };
            for key in keys.iter().filter(|key| key.is_secret()) {
                if values.contains_key(key.name) && values.remove(&key.file_name()).is_some() {
                    let origin = self.origin_in(&layer.source, section, key.name);
                    let other = match origin {
                        Origin::Environment(_) => variable(section, &key.file_name()),
                        _ => format!("{section}.{}", key.file_name()),
                    };
                    let what = format!(": must not be set together with {other}");
                    self.problems.refuse(&format!("{section}.{}", key.name), &origin, &what);
                }
            }
        }
        self.figment = std::mem::take(&mut self.figment).merge(layer);
    }

    /// Takes a section. Values that can't be used are reported and left at their default.
    pub fn section<S: Section>(&mut self) -> S {
        let found = self.figment.find_value(S::NAME).ok();
        let mut values = found.and_then(Value::into_dict).unwrap_or_default();
        for key in S::KEYS {
            if let Some(origin) = self.origin_of::<S>(key, &mut values) {
                let path = format!("{}.{}", S::NAME, key.name);
                self.origins.insert(path, origin);
            }
        }
        let section: S = self.deserialize(values.clone());
        let errors = section.validate().err().unwrap_or_default();
        let errors = errors.field_errors();
        for (name, value) in &values {
            if let Some([error, ..]) = errors.get(name.as_str()).map(|errors| errors.as_slice()) {
                let reason = error.message.as_ref().map(ToString::to_string);
                self.refuse::<S>(name, value, reason);
            }
        }
        section
    }

    /// Reading stops at the first value that is wrong: report it, drop it, and read again.
    fn deserialize<S: Section>(&mut self, mut values: Dict) -> S {
        loop {
            let error = match S::deserialize(&Value::from(values.clone())) {
                Ok(section) => return section,
                Err(error) => error,
            };
            match error.path.first().and_then(|name| values.remove_entry(name)) {
                Some((name, value)) => self.refuse::<S>(&name, &value, reason(error.kind)),
                None => {
                    let what = mask::text(&error.to_string());
                    self.problems.add(format!("{}: {what}", S::NAME));
                    return S::default();
                }
            }
        }
    }

    /// The files that secrets were read from.
    pub fn secret_files(&mut self) -> BTreeMap<String, PathBuf> {
        std::mem::take(&mut self.secret_files)
    }

    /// Variables that were passed over as they tell of services.
    pub fn service_links(&mut self) -> Vec<String> {
        std::mem::take(&mut self.service_links)
    }

    /// Where the keys came from, what is wrong, and whether the file was readable at all.
    pub fn finish(self) -> (BTreeMap<String, Origin>, Problems, bool) {
        (self.origins, self.problems, self.file.complete)
    }

    /// Where a key's value is from, if any source has one. A secret that is in a file of its own
    /// is fetched from there.
    fn origin_of<S: Section>(&mut self, key: &Key, values: &mut Dict) -> Option<Origin> {
        if !key.is_secret() {
            return Some(self.origin(S::NAME, key.name, values.get(key.name)?));
        }
        let (name, path) = (key.file_name(), format!("{}.{}", S::NAME, key.name));
        let file = values.remove(&name);
        // Tags grow with every layer.
        let own = values.get(key.name);
        let Some(file) = file.filter(|file| own.is_none_or(|own| own.tag() <= file.tag())) else {
            let origin = self.origin(S::NAME, key.name, own?);
            if matches!(origin, Origin::File(..)) {
                self.secret_files.insert(path, self.file.path.clone());
            }
            return Some(origin);
        };
        let origin = self.origin(S::NAME, &name, &file);
        if let Some(file) = file.as_str() {
            self.secret_files.insert(path, file.into());
        }
        let read = |path: &str| {
            passlink_adapters::files::read_once(path.as_ref())
                .and_then(|octets| Ok(text_of(octets)?))
        };
        let refusal = match file.as_str().map(read) {
            Some(Ok(secret)) => {
                let secret = secret.trim_end_matches(['\r', '\n']);
                values.insert(key.name.to_owned(), Value::String(file.tag(), secret.to_owned()));
                return Some(origin);
            }
            Some(Err(error)) => format!(" = {}: can't be read: {error}", shown(&file)),
            None => format!(" = {}: must be the path of a file", shown(&file)),
        };
        values.remove(key.name);
        self.problems.refuse(&format!("{}.{name}", S::NAME), &origin, &refusal);
        None
    }

    fn origin(&self, section: &str, name: &str, value: &Value) -> Origin {
        let metadata = self.figment.get_metadata(value.tag());
        match metadata.and_then(|metadata| metadata.source.as_ref()) {
            Some(source) => self.origin_in(source, section, name),
            None => Origin::Default,
        }
    }

    fn origin_in(&self, source: &Source, section: &str, name: &str) -> Origin {
        match source {
            Source::File(path) => {
                Origin::file(path, self.file.line_of(&format!("{section}.{name}")))
            }
            _ => Origin::Environment(variable(section, name)),
        }
    }

    fn refuse<S: Section>(&mut self, name: &str, value: &Value, reason: Option<String>) {
        let Some(key) = S::KEYS.iter().find(|key| key.name == name) else {
            return;
        };
        let path = format!("{}.{name}", S::NAME);
        let origin = self.origins.get(&path).unwrap_or(&Origin::Default);
        let found = if key.is_secret() { REDACTED.to_owned() } else { shown(value) };
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let what = format!(" = {found}: must be {}{reason}", key.allowed());
        self.problems.refuse(&path, origin, &what);
    }
}

/// A value for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{:?}", mask::text(text)),
        Value::Dict(..) => "a table".to_owned(),
        Value::Array(..) => "a list".to_owned(),
        other => {
            // Numbers and flags are left, which JSON writes as TOML does.
            serde_json::to_string(&other).unwrap_or_default()
        }
    }
}

/// What a parser said, where it says more than "wrong type".
fn reason(kind: Kind) -> Option<String> {
    match kind {
        Kind::Message(reason) => Some(reason),
        _ => None,
    }
}
