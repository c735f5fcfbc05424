//! What sources hold, where it stands there, and what is wrong with it: all of it, a line each.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

use serde_json::Value;

/// What a source holds, by the path of a key. Each key in a list of tables has a path of its own, such as
/// `identity.issuers[0].issuer`; the list itself and each of its tables stand here without content.
pub(super) type Found = BTreeMap<String, (Value, Origin)>;

#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Nobody set it.
    Default,
    /// A file, and the line in it.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Environment(String),
}

impl Origin {
    /// The origin with the kind of source, without the line, as `config print` shows it.
    pub fn describe(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File(path, _) => format!("file {}", path.display()),
            Self::Environment(name) => format!("environment {name}"),
        }
    }
}

/// As messages begin: `passlink.toml:7`, in the way of compilers.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => path.display().fmt(f),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

/// Everything that is wrong with a configuration. Holds no secret.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", lines.join("\n"))]
pub(crate) struct Problems {
    pub(super) lines: Vec<String>,
    keys: BTreeSet<String>,
}

impl Problems {
    /// Something is wrong, and no known key is to blame.
    pub fn add(&mut self, line: String) {
        // A file may hold any character, and a problem has one line.
        self.lines.push(line.replace(char::is_control, " "));
    }

    /// A key's value is refused.
    pub(super) fn refuse(&mut self, key: &str, origin: &Origin, what: &str) {
        self.keys.insert(key.to_owned());
        self.add(format!("{origin}: {key}{what}"));
    }

    /// Whether one of the keys was refused already, so that what follows from it is noise.
    pub fn concern(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.keys.contains(*key))
    }

    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.lines.is_empty() { Ok(value) } else { Err(self) }
    }
}
