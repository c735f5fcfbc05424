//! Where a value came from, in the words of messages and of `config print`.

use std::{fmt, path::Path};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) enum Origin {
    /// Nobody set it.
    Default,
    /// A file, and the line in it.
    File(String, Option<usize>),
    /// An environment variable.
    Environment(String),
}

impl Origin {
    pub fn file(path: &Path, line: Option<usize>) -> Self {
        Self::File(path.display().to_string(), line)
    }

    /// The origin with the kind of source, without the line.
    pub fn described(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File(path, _) => format!("file {path}"),
            Self::Environment(name) => format!("environment {name}"),
        }
    }
}

/// As messages begin: `passlink.toml:7`, in the way of compilers.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, Some(line)) => write!(f, "{path}:{line}"),
            Self::File(path, None) => f.write_str(path),
            Self::Environment(name) => f.write_str(name),
        }
    }
}
