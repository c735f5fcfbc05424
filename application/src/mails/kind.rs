//! The kinds of mail, by the names that templates and the outbox have for them.

use passlink_domain::named;

use crate::mails::Urgency;

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
