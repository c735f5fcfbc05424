//! What a caller says of the program that its user signs in with. Nobody has proven it.

use std::collections::BTreeMap;

/// How many octets all of it can have.
const MAX_OCTETS: usize = 8 * 1024;

/// What each text takes besides.
const BESIDE: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {MAX_OCTETS} octets in all")]
pub struct UserAgentError;

/// A browser or an app, up to 8,192 octets in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserAgent {
    /// Tells the same one from others.
    pub fingerprint_id: Option<String>,
    /// The address that it was seen at.
    pub ip: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    /// Header fields of its request.
    pub header: BTreeMap<String, Vec<String>>,
}

impl UserAgent {
    /// The same, if it is not too long to be kept.
    pub fn checked(self) -> Result<Self, UserAgentError> {
        let texts = [&self.fingerprint_id, &self.ip, &self.description].into_iter().flatten();
        let fields = self.header.iter().flat_map(|(name, values)| [name].into_iter().chain(values));
        let octets: usize = texts.chain(fields).map(|text| text.len() + BESIDE).sum();
        if octets > MAX_OCTETS { Err(UserAgentError) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests;
