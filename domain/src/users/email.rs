//! E-mail addresses (RFC 5321, section 4.1.2; RFC 6531 for other scripts).

use std::fmt;

use icu_casemap::CaseMapper;
use sha2::{Digest, Sha256};

mod domain_name;
mod error;
mod local_part;

pub use self::error::EmailAddressError;
use self::error::MAX_OCTETS;
pub(super) use self::local_part::composed;
use crate::newtypes::text_type;

/// An address that mail can be sent to. The domain is in lower case and in its ASCII form; the local
/// part is kept as it was given, but for the way it is written: composed, and in quotation marks only
/// where it needs them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses `local-part@domain`, without a display name and without a domain literal.
    ///
    /// Errors: mail can't be sent to it; says which part of it, and which character, is in the way.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailAddressError::Empty);
        }
        if text.starts_with('<') || text.ends_with('>') {
            return Err(EmailAddressError::Brackets);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError::NoAt)?;
        let (local, domain) = (local_part::normalised(local)?, domain_name::normalised(domain)?);
        let address = format!("{local}@{domain}");
        match address.len() {
            octets if octets > MAX_OCTETS => Err(EmailAddressError::TooLong(octets)),
            _ => Ok(Self(address)),
        }
    }

    /// An address that was recorded. It may date from a time when other rules held.
    pub fn recorded(text: String) -> Self {
        Self(text)
    }

    /// What stands before the `@`, and the domain behind it.
    pub fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }

    /// What all ways to write one address have in common: it is in the form of [`parse`](Self::parse),
    /// and in lower case. Two users of an organisation can't have the same key.
    pub fn key(&self) -> String {
        let parsed = Self::parse(&self.0);
        let address = &parsed.as_ref().unwrap_or(self).0;
        folded(address)
    }

    /// The mailbox that mail to this address ends up in.
    pub fn mailbox(&self) -> Mailbox {
        let key = self.key();
        let (local, domain) = key.rsplit_once('@').unwrap_or((&key, ""));
        let name = match local.split_once('+') {
            Some((name, _)) if !name.is_empty() => name,
            _ => local,
        };
        let mailbox = format!("passlink mailbox {name}@{domain}");
        Mailbox(Sha256::digest(mailbox).into())
    }

    /// The address for logs and pages that must not tell it: first letter and domain.
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        let first: String = local.chars().take(1).collect();
        format!("{first}•••@{domain}")
    }
}

text_type!(EmailAddress, EmailAddressError);

/// The text in small letters, composed.
pub(super) fn folded(text: &str) -> String {
    // Some small letters have two forms, as the Greek sigma.
    let folded: String = text.chars().map(|c| CaseMapper::new().simple_fold(c)).collect();
    // Small letters can be composed where capitals can't, as in U+01F0.
    composed(&folded.to_lowercase())
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A mailbox, by whichever of its addresses: case, and what follows `+` in the local part, are set
/// aside. It is a hash, so that no address is kept in another place. Whoever reads it can see which
/// addresses share a mailbox, and can find an address by guessing, but can't read one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox([u8; 32]);

impl Mailbox {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
