//! The keys that codes and the challenges of ceremonies are derived from, by HMAC-SHA-256.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Code, CodeBinding, newtypes::text_type};

/// Version of the encoding below; a change to the encoding takes the next number.
const ENCODING: u8 = 1;

/// Names a key, so that a row can say which key its code comes from: 1 to 64 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a key's id has 1 to 64 letters, digits, '-' or '_'")]
    Id,
    #[error("a key has 32 octets, this one has {0}")]
    Length(usize),
    #[error("two keys have the id {0}")]
    Duplicate(String),
    #[error("there is no key")]
    None,
}

impl KeyId {
    fn parse(text: &str) -> Result<Self, KeyError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(KeyError::Id);
        }
        Ok(Self(text.to_owned()))
    }
}

text_type!(KeyId, KeyError);

/// What is derived from a key.
pub(crate) type Mac256 = Zeroizing<[u8; 32]>;

/// A key of 256 bits that codes are derived from. Prints as its id.
pub struct CodeKey {
    id: KeyId,
    /// As HMAC takes it: filled up with zeros to a block of the hash function (RFC 2104, section 2).
    block: Zeroizing<[u8; 64]>,
}

impl CodeKey {
    pub fn new(id: KeyId, secret: &[u8]) -> Result<Self, KeyError> {
        let secret: &[u8; 32] = secret.try_into().map_err(|_| KeyError::Length(secret.len()))?;
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(secret).for_each(|(octet, secret)| *octet = *secret);
        Ok(Self { id, block })
    }

    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub fn derive(&self, binding: &CodeBinding<'_>) -> Code {
        let CodeBinding { purpose, domain, subject, user, expires } = *binding;
        Code::encode(&self.mac(purpose.name(), &[domain, subject, user.as_str()], expires))
    }

    /// Derives 256 bits for a purpose. Each purpose has a fixed number of fields.
    pub(crate) fn mac(&self, purpose: &str, fields: &[&str], expires: Timestamp) -> Mac256 {
        #[cfg(test)]
        tests::DERIVED.with(|derived| derived.set(derived.get() + 1));
        let mut mac = Hmac::<Sha256>::new((&*self.block).into());
        mac.update(&[ENCODING]);
        for field in [purpose, self.id.as_str()].iter().chain(fields) {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field.as_bytes());
        }
        mac.update(&expires.as_millisecond().to_be_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
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
    pub fn newest(&self) -> &CodeKey {
        &self.newest
    }

    pub fn get(&self, id: &KeyId) -> Option<&CodeKey> {
        std::iter::once(&self.newest).chain(&self.older).find(|held| held.id == *id)
    }

    /// Derives the code of a binding with the named key; `None` if that key is not held.
    pub fn derive(&self, key: &KeyId, binding: &CodeBinding<'_>) -> Option<Code> {
        Some(self.get(key)?.derive(binding))
    }

    /// Whether `presented` is the code of `binding`, which names its key. It is as much work when there
    /// is no such binding, or its key is not held: the time of a refusal gives nothing away.
    pub fn opens(&self, binding: Option<(&KeyId, CodeBinding<'_>)>, presented: &str) -> bool {
        /// As long as ids usually are.
        const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
        let held = binding.and_then(|(key, binding)| Some((self.get(key)?, binding)));
        let code = match &held {
            Some((key, binding)) => key.derive(binding),
            None => Code::encode(&self.newest.mac(NOBODY, &[NOBODY; 3], Timestamp::UNIX_EPOCH)),
        };
        code.matches(presented) && held.is_some()
    }
}

#[cfg(test)]
mod tests;
