//! A value that a source holds, and where it stands there.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde_json::Value;

/// What a source holds, by key.
pub(super) type Found = BTreeMap<&'static str, (Value, Origin)>;

/// Where a value came from.
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
