//! What a mail says, before it is rendered.

use jiff::{SignedDuration, Timestamp};
use passlink_domain::{EmailAddress, LanguageTag, Text, redacted};
use zeroize::Zeroizing;

use crate::mails::MailKind;

/// A URL that holds a code. Prints as `[redacted]`.
pub struct SecretUrl(Zeroizing<String>);

impl SecretUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self(Zeroizing::new(url.into()))
    }

    /// The URL, for the mail or the person that it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redacted!(SecretUrl);

/// The kinds of mail, each with what its templates need.
#[derive(Debug)]
pub enum Mail {
    PasskeyLink(PasskeyLinkMail),
    PasskeyAdded(PasskeyAddedMail),
    PasskeyRemoved(PasskeyRemovedMail),
    Test { to: EmailAddress, language: Option<LanguageTag>, requested: Timestamp },
}

impl Mail {
    pub fn kind(&self) -> MailKind {
        match self {
            Self::PasskeyLink(_) => MailKind::PasskeyLink,
            Self::PasskeyAdded(_) => MailKind::PasskeyAdded,
            Self::PasskeyRemoved(_) => MailKind::PasskeyRemoved,
            Self::Test { .. } => MailKind::Test,
        }
    }

    pub fn to(&self) -> &EmailAddress {
        match self {
            Self::PasskeyLink(mail) => &mail.to,
            Self::PasskeyAdded(mail) => &mail.to,
            Self::PasskeyRemoved(mail) => &mail.to,
            Self::Test { to, .. } => to,
        }
    }

    pub fn display_name(&self) -> Option<&Text> {
        match self {
            Self::PasskeyLink(mail) => Some(&mail.display_name),
            Self::PasskeyAdded(mail) => Some(&mail.display_name),
            Self::PasskeyRemoved(mail) => Some(&mail.display_name),
            Self::Test { .. } => None,
        }
    }

    pub fn language(&self) -> Option<&LanguageTag> {
        match self {
            Self::PasskeyLink(mail) => mail.language.as_ref(),
            Self::PasskeyAdded(mail) => mail.language.as_ref(),
            Self::PasskeyRemoved(mail) => mail.language.as_ref(),
            Self::Test { language, .. } => language.as_ref(),
        }
    }

    pub fn secret_urls(&self) -> Vec<&SecretUrl> {
        match self {
            Self::PasskeyLink(mail) => vec![&mail.register_url, &mail.revoke_url],
            Self::PasskeyAdded(mail) => vec![&mail.undo_url],
            Self::PasskeyRemoved(_) | Self::Test { .. } => Vec::new(),
        }
    }
}

#[derive(Debug)]
pub struct PasskeyLinkMail {
    pub to: EmailAddress,
    /// What the user is called. Anything that a person could type, markup included.
    pub display_name: Text,
    /// What the user signs in as. As untrusted as the display name.
    pub username: Text,
    pub language: Option<LanguageTag>,
    pub register_url: SecretUrl,
    /// Opens the page that revokes the link ("this wasn't me").
    pub revoke_url: SecretUrl,
    /// What the link was requested with (a token's name). As untrusted as the display name.
    pub requested_by: Option<Text>,
    pub requested: Timestamp,
    pub expires: Timestamp,
    /// How long it still works: a mail may leave long after it was requested.
    pub left: SignedDuration,
}

#[derive(Debug)]
pub struct PasskeyAddedMail {
    pub to: EmailAddress,
    /// What the user is called. Anything that a person could type, markup included.
    pub display_name: Text,
    /// What the user signs in as. As untrusted as the display name.
    pub username: Text,
    pub language: Option<LanguageTag>,
    /// What the passkey is called. As untrusted as the display name.
    pub passkey: Text,
    /// Whether it can get to other devices as well (backup eligible, WebAuthn L3, section 6.1.3).
    pub synced: bool,
    /// The kind of device it was added with, such as `Chrome on Android`. As untrusted.
    pub device: Option<Text>,
    pub added: Timestamp,
    pub undo_url: SecretUrl,
    pub undo_until: Timestamp,
}

#[derive(Debug)]
pub struct PasskeyRemovedMail {
    pub to: EmailAddress,
    /// What the user is called. Anything that a person could type, markup included.
    pub display_name: Text,
    /// What the user signs in as. As untrusted as the display name.
    pub username: Text,
    pub language: Option<LanguageTag>,
    /// What the passkey was called. As untrusted as the display name.
    pub passkey: Text,
    pub removed: Timestamp,
    /// Where the account is: see [`PublicUrl::site`](crate::links::PublicUrl::site).
    pub site: String,
}
