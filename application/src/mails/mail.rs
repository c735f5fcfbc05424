//! The kinds of mail, and what a mail says before it is rendered.

use jiff::{SignedDuration, Timestamp};
use passlink_domain::{EmailAddress, LanguageTag, Text, User, named, redacted};
use zeroize::Zeroizing;

use crate::mails::Urgency;

// By the names that templates and the outbox have for them.
named! {
    pub enum MailKind {
        PasskeyLink = "passkey_link",
        PasskeyAdded = "passkey_added",
        PasskeyRemoved = "passkey_removed",
        /// Shows an operator that mail goes out. Never waits in the outbox.
        Test = "test",
    }
}

impl MailKind {
    /// Those that the outbox takes.
    pub const QUEUED: [Self; 3] = [Self::PasskeyLink, Self::PasskeyAdded, Self::PasskeyRemoved];

    /// How soon a mail of this kind must go out that was not tried yet.
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::PasskeyLink | Self::Test => Urgency::Awaited,
            Self::PasskeyAdded | Self::PasskeyRemoved => Urgency::Notice,
        }
    }
}

/// A URL that holds a code. Prints as `[redacted]`.
#[derive(Clone)]
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

#[derive(Debug, Clone)]
pub struct Mail {
    pub to: EmailAddress,
    pub language: Option<LanguageTag>,
    /// The host of the domain that it is from, whose name and sender it carries.
    pub domain: String,
    /// Whose account it is about; none for a test mail.
    pub account: Option<Account>,
    pub content: Content,
}

/// What a user is called. Anything that a person could type, markup included.
#[derive(Debug, Clone)]
pub struct Account {
    pub display_name: Text,
    /// What the user signs in as.
    pub username: Text,
}

/// The kinds of mail, each with what its templates need. All texts are as untrusted as a display name.
#[derive(Debug, Clone)]
pub enum Content {
    PasskeyLink {
        register_url: SecretUrl,
        /// Opens the page that revokes the link ("this wasn't me").
        revoke_url: SecretUrl,
        /// What the link was requested with (a token's name).
        requested_by: Option<Text>,
        requested: Timestamp,
        expires: Timestamp,
        /// How long it still works: a mail may leave long after it was requested.
        left: SignedDuration,
    },
    PasskeyAdded {
        /// What the passkey is called.
        passkey: Text,
        /// Whether it can get to other devices as well (backup eligible, WebAuthn L3, section 6.1.3).
        synced: bool,
        /// The kind of device it was added with, such as `Chrome on Android`.
        device: Option<Text>,
        added: Timestamp,
        undo_url: SecretUrl,
        undo_until: Timestamp,
    },
    PasskeyRemoved {
        /// What the passkey was called.
        passkey: Text,
        removed: Timestamp,
    },
    Test {
        requested: Timestamp,
    },
}

impl Mail {
    /// A mail about the account of a user, in the user's language.
    pub(crate) fn about(user: User, to: EmailAddress, domain: &str, content: Content) -> Self {
        let User { display_name, username, language, .. } = user;
        let domain = domain.to_owned();
        Self { to, language, domain, account: Some(Account { display_name, username }), content }
    }

    pub fn kind(&self) -> MailKind {
        match self.content {
            Content::PasskeyLink { .. } => MailKind::PasskeyLink,
            Content::PasskeyAdded { .. } => MailKind::PasskeyAdded,
            Content::PasskeyRemoved { .. } => MailKind::PasskeyRemoved,
            Content::Test { .. } => MailKind::Test,
        }
    }

    /// The links that it is sent for, by the names that templates have for them.
    pub fn links(&self) -> Vec<(&'static str, &SecretUrl)> {
        match &self.content {
            Content::PasskeyLink { register_url, revoke_url, .. } => {
                vec![("register_url", register_url), ("revoke_url", revoke_url)]
            }
            Content::PasskeyAdded { undo_url, .. } => vec![("undo_url", undo_url)],
            Content::PasskeyRemoved { .. } | Content::Test { .. } => Vec::new(),
        }
    }
}
