//! E-mail addresses (RFC 5321, section 4.1.2; RFC 6531 for other scripts).

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// Longest address, in octets (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const MAX_OCTETS: usize = 254;

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// It is not of the form `local-part@domain`.
    #[error("must have the form name@example.com")]
    Syntax,
    /// The part after the `@` is no domain name.
    #[error("must end in a valid domain name")]
    Domain,
    /// It is longer than 254 octets.
    #[error("must have at most {MAX_OCTETS} octets")]
    TooLong,
}

/// An address that mail can be sent to. The domain is in lower case and in its ASCII form
/// (IDNA, A-labels); the local part is kept as it was given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses `local-part@domain`, without a display name and without a domain literal.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let options =
            email_address::Options::default().without_display_text().without_domain_literal();
        let parsed = email_address::EmailAddress::parse_with_options(text.trim(), options)
            .map_err(|_| EmailAddressError::Syntax)?;
        let domain =
            idna::domain_to_ascii_strict(parsed.domain()).map_err(|_| EmailAddressError::Domain)?;
        let address = format!("{}@{domain}", parsed.local_part());
        if address.len() > MAX_OCTETS {
            return Err(EmailAddressError::TooLong);
        }
        Ok(Self(address))
    }

    /// The address, normalised.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mailbox that mail to this address ends up in.
    pub fn mailbox(&self) -> Mailbox {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let name = match local.split_once('+') {
            Some((name, _)) if !name.is_empty() => name,
            _ => local,
        };
        let mailbox = format!("passlink mailbox {}@{domain}", name.to_lowercase());
        Mailbox(Sha256::digest(mailbox).into())
    }

    /// The address for logs and pages that must not tell it: first letter and domain.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}•••@{domain}")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        Self::parse(text)
    }
}

/// A mailbox, by whichever of its addresses: case, and what follows `+` in the local part, are set
/// aside. It is a hash, so that no address is kept in another place. Whoever reads it can see which
/// addresses share a mailbox, and can find an address by guessing, but can't read one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox([u8; 32]);

impl Mailbox {
    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
