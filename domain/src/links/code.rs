//! Codes: what opens a link. They are derived from a key that the server holds, so that no code
//! needs to be stored, and each serves one purpose. Challenges of ceremonies are derived alike.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::UserId;

/// Version of the encoding below; a change to the encoding takes the next number.
const ENCODING: u8 = 1;

/// What a code is good for. A code for one purpose is wrong for every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Registers a passkey with a link.
    Register,
    /// Revokes a link.
    Revoke,
    /// Removes a passkey soon after its registration.
    Undo,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Revoke => "revoke",
            Self::Undo => "undo",
        }
    }
}

/// What a code is bound to: change one of these and the code no longer holds.
#[derive(Debug, Clone, Copy)]
pub struct CodeBinding<'a> {
    /// What the code is good for.
    pub purpose: Purpose,
    /// The host under which the code is used.
    pub domain: &'a str,
    /// The id of the link that the code opens, or of the passkey that it removes.
    pub subject: &'a str,
    /// Whose it is.
    pub user: &'a UserId,
    /// When it stops to work.
    pub expires: Timestamp,
}

/// A code in clear: 256 bits, base64url without padding. Prints as `[redacted]`.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code in clear, for the link that is made from it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with what somebody presented, in constant time.
    pub fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Names a key, so that a row can say which key its code comes from: 1 to 64 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(String);

/// What is wrong with keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The id has other characters than letters, digits, `-` and `_`, or not 1 to 64 of them.
    #[error("a key's id has 1 to 64 letters, digits, '-' or '_'")]
    Id,
    /// The key has not 32 octets.
    #[error("a key has 32 octets, this one has {0}")]
    Length(usize),
    /// Two keys have the same id.
    #[error("two keys have the id {0}")]
    Duplicate(String),
    /// There is no key at all.
    #[error("there is no key")]
    None,
}

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(KeyError::Id);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is derived from a key.
pub(crate) type Mac256 = Zeroizing<[u8; 32]>;

/// A key of 256 bits that codes are derived from. Prints as its id.
pub struct CodeKey {
    id: KeyId,
    secret: Zeroizing<[u8; 32]>,
}

impl CodeKey {
    /// Takes a key of 32 octets.
    pub fn new(id: KeyId, secret: &[u8]) -> Result<Self, KeyError> {
        let secret: [u8; 32] = secret.try_into().map_err(|_| KeyError::Length(secret.len()))?;
        Ok(Self { id, secret: Zeroizing::new(secret) })
    }

    /// Names the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    fn derive(&self, binding: &CodeBinding<'_>) -> Option<Code> {
        let CodeBinding { purpose, domain, subject, user, expires } = *binding;
        self.code(purpose.label(), [domain, subject, user.as_str()], expires)
    }

    fn code(&self, purpose: &str, fields: [&str; 3], expires: Timestamp) -> Option<Code> {
        let mac = self.mac(purpose, &fields, expires)?;
        Some(Code(Zeroizing::new(base64url(&*mac))))
    }

    /// HMAC takes a key of any length: there always is one.
    fn mac(&self, purpose: &str, fields: &[&str], expires: Timestamp) -> Option<Mac256> {
        #[cfg(test)]
        tests::DERIVED.with(|derived| derived.set(derived.get() + 1));
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.secret).ok()?;
        mac.update(&[ENCODING]);
        for field in [purpose, self.id.as_str()].iter().chain(fields) {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field.as_bytes());
        }
        mac.update(&expires.as_millisecond().to_be_bytes());
        Some(Zeroizing::new(mac.finalize().into_bytes().into()))
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeKey({})", self.id)
    }
}

/// All keys that the server holds. The newest signs, all verify.
#[derive(Debug)]
pub struct CodeKeys {
    newest: CodeKey,
    older: Vec<CodeKey>,
}

impl CodeKeys {
    /// Takes keys in the order they were made, at least one.
    pub fn new(mut keys: Vec<CodeKey>) -> Result<Self, KeyError> {
        for (position, key) in keys.iter().enumerate() {
            if keys.iter().skip(position + 1).any(|other| other.id == key.id) {
                return Err(KeyError::Duplicate(key.id.to_string()));
            }
        }
        let newest = keys.pop().ok_or(KeyError::None)?;
        Ok(Self { newest, older: keys })
    }

    /// The key that new codes are derived from.
    pub fn newest(&self) -> &KeyId {
        &self.newest.id
    }

    /// Whether the named key is held.
    pub fn holds(&self, key: &KeyId) -> bool {
        self.find(key).is_some()
    }

    /// Derives the code of a binding with the named key; `None` if that key is not held.
    pub fn derive(&self, key: &KeyId, binding: &CodeBinding<'_>) -> Option<Code> {
        self.find(key)?.derive(binding)
    }

    /// Derives 256 bits for a purpose with the named key; `None` if that key is not held. Each purpose
    /// has a fixed number of fields.
    pub(crate) fn mac(
        &self,
        key: &KeyId,
        purpose: &str,
        fields: &[&str],
        expires: Timestamp,
    ) -> Option<Mac256> {
        self.find(key)?.mac(purpose, fields, expires)
    }

    /// Whether `presented` is the code of `binding`, which names its key. It is as much work when there
    /// is no such binding, or its key is not held: how long a refusal takes tells nobody what there is.
    pub fn opens(&self, binding: Option<(&KeyId, CodeBinding<'_>)>, presented: &str) -> bool {
        /// As long as ids usually are.
        const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
        let held = binding.and_then(|(key, binding)| Some((self.find(key)?, binding)));
        let code = match &held {
            Some((key, binding)) => key.derive(binding),
            None => self.newest.code(NOBODY, [NOBODY; 3], Timestamp::UNIX_EPOCH),
        };
        code.is_some_and(|code| code.matches(presented)) && held.is_some()
    }

    fn find(&self, key: &KeyId) -> Option<&CodeKey> {
        std::iter::once(&self.newest).chain(&self.older).find(|held| held.id == *key)
    }
}

/// Base64url without padding (RFC 4648, section 5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
