//! The kinds of mail, by the names that templates and the outbox have for them.

use std::str::FromStr;

use crate::mails::Urgency;

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// Brings a link that registers a passkey.
    PasskeyLink,
    /// Says that a passkey was added, and how to undo it.
    PasskeyAdded,
    /// Says that a passkey was removed.
    PasskeyRemoved,
    /// Shows an operator that mail goes out. Never waits in the outbox.
    Test,
}

impl MailKind {
    /// Those that the outbox takes.
    pub const QUEUED: [Self; 3] = [Self::PasskeyLink, Self::PasskeyAdded, Self::PasskeyRemoved];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasskeyLink => "passkey_link",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::Test => "test",
        }
    }

    /// How soon a mail of this kind must go out that was not tried yet.
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::PasskeyLink | Self::Test => Urgency::Awaited,
            Self::PasskeyAdded | Self::PasskeyRemoved => Urgency::Notice,
        }
    }
}

/// There is nothing of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name}")]
pub struct UnknownName {
    pub(crate) what: &'static str,
    pub(crate) name: String,
}

impl FromStr for MailKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let kind = Self::QUEUED.into_iter().chain([Self::Test]).find(|kind| kind.name() == name);
        kind.ok_or_else(|| UnknownName { what: "kind of mail", name: name.to_owned() })
    }
}
