//! What somebody signs in as: a username or an address.

use super::email::{composed, folded};
use crate::{EmailAddress, Text, TextError, newtypes::redacted};

/// A username or an address, in what all ways to write it have in common: upper and lower case, and how
/// letters are composed, are set aside. A username that is an address is the same as that address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginName(String);

impl LoginName {
    /// What somebody typed, whether it is a username or an address.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        match EmailAddress::parse(text) {
            // It may be longer than a username.
            Ok(address) => Ok(Self::from(&address)),
            Err(_) => Ok(Self::from(&Text::parse(text)?)),
        }
    }

    /// The same for all ways to write the name.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl From<&EmailAddress> for LoginName {
    fn from(address: &EmailAddress) -> Self {
        Self(address.key())
    }
}

/// Of a username.
impl From<&Text> for LoginName {
    fn from(username: &Text) -> Self {
        match EmailAddress::parse(username.as_str()) {
            Ok(address) => Self::from(&address),
            Err(_) => Self(folded(&composed(username.as_str()))),
        }
    }
}

redacted!(LoginName);

#[cfg(test)]
mod tests;
