//! What is wrong with a configuration: all of it, a line each.

use std::{collections::BTreeSet, fmt};

use super::origin::Origin;

/// Everything that is wrong with a configuration. Holds no secret.
#[derive(Debug)]
pub(crate) struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// The problems, a line each.
    #[cfg(test)]
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Problems {
    lines: Vec<String>,
    keys: BTreeSet<String>,
}

impl Problems {
    /// Something is wrong, and no known key is to blame.
    pub fn add(&mut self, line: String) {
        // A file may hold any character, and a problem has one line.
        self.lines.push(line.replace(char::is_control, " "));
    }

    /// A key's value is refused.
    pub fn refuse(&mut self, key: &str, origin: &Origin, what: &str) {
        self.keys.insert(key.to_owned());
        self.add(format!("{origin}: {key}{what}"));
    }

    /// Whether one of the keys was refused already, so that what follows from it is noise.
    pub fn concern(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.keys.contains(*key))
    }

    pub fn into_result<T>(self, value: T) -> Result<T, ConfigErrors> {
        if self.lines.is_empty() { Ok(value) } else { Err(ConfigErrors(self.lines)) }
    }
}
