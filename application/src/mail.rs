//! What a mail says, before it is rendered.

use std::fmt;

use jiff::Timestamp;
use passlink_domain::{EmailAddress, Text};
use zeroize::Zeroizing;

/// A URL that holds a code. Prints as `[redacted]`.
pub struct SecretUrl(Zeroizing<String>);

impl SecretUrl {
    /// Wraps a URL that holds a code.
    pub fn new(url: impl Into<String>) -> Self {
        Self(Zeroizing::new(url.into()))
    }

    /// The URL, for the mail or the person that it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The kinds of mail, each with what its templates need.
#[derive(Debug)]
pub enum Mail {
    /// A link that registers a passkey.
    PasskeyLink(PasskeyLinkMail),
    /// Shows an operator that mail goes out.
    Test {
        /// Where it goes.
        to: EmailAddress,
        /// When it was asked for.
        requested: Timestamp,
    },
}

impl Mail {
    /// Where the mail goes.
    pub fn to(&self) -> &EmailAddress {
        match self {
            Self::PasskeyLink(mail) => &mail.to,
            Self::Test { to, .. } => to,
        }
    }
}

/// What the mail with a passkey link says.
#[derive(Debug)]
pub struct PasskeyLinkMail {
    /// Where it goes.
    pub to: EmailAddress,
    /// What the user is called. Anything that a person could type, markup included.
    pub display_name: Text,
    /// What the user signs in as. As untrusted as the display name.
    pub username: Text,
    /// The user's language, a BCP 47 tag.
    pub language: String,
    /// Opens the page that registers a passkey.
    pub register_url: SecretUrl,
    /// Opens the page that revokes the link ("this wasn't me").
    pub revoke_url: SecretUrl,
    /// What the link was requested with (a token's name). As untrusted as the display name.
    pub requested_by: Option<Text>,
    /// When it was requested.
    pub requested: Timestamp,
    /// When the link stops to work.
    pub expires: Timestamp,
}
