//! Who a user is at an issuer of tokens (OpenID Connect Core 1.0, section 2: `iss` and `sub`).

use sha2::{Digest, Sha256};

use crate::newtypes::text_type;

/// Longest subject, in octets (OpenID Connect Core 1.0, section 2).
const MAX_OCTETS: usize = 255;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {MAX_OCTETS} octets and no control characters")]
pub struct SubjectError;

/// What an issuer calls a user, or a client: its `sub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        if text.is_empty() || text.len() > MAX_OCTETS || text.chars().any(char::is_control) {
            return Err(SubjectError);
        }
        Ok(Self(text.to_owned()))
    }
}

text_type!(Subject, SubjectError);

/// A subject of an issuer. Both are compared octet by octet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer's identifier, a URL.
    pub issuer: String,
    pub subject: Subject,
}

impl Identity {
    /// What the identity is looked up by. It outlives the user, and tells neither issuer nor subject.
    pub fn key(&self) -> [u8; 32] {
        let length = (self.issuer.len() as u64).to_be_bytes();
        let mut digest = Sha256::new();
        digest.update(length);
        digest.update(&self.issuer);
        digest.update(self.subject.as_str());
        digest.finalize().into()
    }
}
