//! Codes: what opens a link. They are derived from a key that the server holds, so that no code
//! needs to be stored, and each serves one purpose.
//!
//! Why: `docs/decisions/derived-codes.md`.

use jiff::Timestamp;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{UserId, names::named, newtypes::redacted};

named! {
    /// What a code is good for. A code for one purpose is wrong for every other: it is derived from the
    /// name of its own.
    pub enum Purpose {
        Register = "register",
        Revoke = "revoke",
        /// Removes a passkey soon after its registration.
        Undo = "undo",
    }
}

/// What a code is bound to: change one of these and the code no longer holds.
#[derive(Debug, Clone, Copy)]
pub struct CodeBinding<'a> {
    pub purpose: Purpose,
    /// The host under which the code is used.
    pub domain: &'a str,
    /// The id of the link that the code opens, or of the passkey that it removes.
    pub subject: &'a str,
    pub user: &'a UserId,
    pub expires: Timestamp,
}

/// A code in clear: 256 bits, base64url without padding. Prints as `[redacted]`.
pub struct Code(Zeroizing<String>);

redacted!(Code);

impl Code {
    /// The code that is made of these bits.
    pub(crate) fn encode(bits: &[u8; 32]) -> Self {
        Self(Zeroizing::new(base64url(bits)))
    }

    /// The code in clear, for the link that is made from it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with what somebody presented, in constant time.
    pub fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// Base64url without padding (RFC 4648, section 5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
