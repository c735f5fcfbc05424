//! What a caller keeps with a session, for itself.

use std::collections::BTreeMap;

/// Longest key, in characters.
const MAX_KEY: usize = 200;
/// How many octets keys and values can have together.
const MAX_OCTETS: usize = 16 * 1024;

/// What each entry takes besides.
const BESIDE: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("keys must have 1 to {MAX_KEY} characters")]
    Key,
    #[error(
        "keys and values must have at most {MAX_OCTETS} octets together, with {BESIDE} more for each key"
    )]
    TooMuch,
}

/// Values by their keys, up to 16,384 octets in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, Vec<u8>>);

impl Metadata {
    /// What was recorded.
    pub fn recorded(values: BTreeMap<String, Vec<u8>>) -> Self {
        Self(values)
    }

    pub fn values(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.0
    }

    /// With these values. An empty one takes its key away.
    pub fn changed(
        mut self,
        changes: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, MetadataError> {
        for (key, value) in changes {
            if !(1..=MAX_KEY).contains(&key.chars().count()) {
                return Err(MetadataError::Key);
            }
            if value.is_empty() {
                self.0.remove(&key);
            } else {
                self.0.insert(key, value);
            }
        }
        let octets = self.0.iter().map(|(key, value)| key.len() + value.len() + BESIDE);
        let octets: usize = octets.sum();
        if octets > MAX_OCTETS { Err(MetadataError::TooMuch) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests;
