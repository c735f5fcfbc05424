//! Passkeys, what they are called, and how their registration is undone.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Attachment, CodeBinding, Credential, KeyId, PasskeyId, Purpose, Text, TextError, TokenId,
    UserId,
};

/// How long a registration can be undone with the code in its mail.
pub const UNDO_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What a passkey is called when nothing is known of it.
const UNNAMED: &str = "Passkey";

/// What the code that undoes a registration is derived from, and what it can undo beside that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The host that the code is bound to.
    pub domain: String,
    pub key: KeyId,
    pub until: Timestamp,
    /// The token that made the link with which the passkey was registered, if one did.
    pub token: Option<TokenId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    pub name: Text,
    pub rp_id: String,
    pub credential: Credential,
    /// The attachment that was asked for.
    pub asked: Option<Attachment>,
    /// What it was registered on, such as "Chrome on Android".
    pub device: Option<Text>,
    pub created: Timestamp,
    pub last_used: Option<Timestamp>,
    pub removed: Option<Timestamp>,
    /// How its registration is undone; a passkey that came by an import has nothing to undo.
    pub undo: Option<Undo>,
}

impl Passkey {
    /// What the code that undoes the registration is bound to, and the key that it comes from.
    pub fn undo_binding(&self) -> Option<(&KeyId, CodeBinding<'_>)> {
        self.undo.as_ref().map(|undo| {
            let binding = CodeBinding {
                purpose: Purpose::Undo,
                domain: &undo.domain,
                subject: self.id.as_str(),
                user: &self.user,
                expires: undo.until,
            };
            (&undo.key, binding)
        })
    }

    pub fn can_be_undone_at(&self, now: Timestamp) -> bool {
        self.removed.is_none() && self.undo.as_ref().is_some_and(|undo| now < undo.until)
    }
}

/// The name that a passkey gets: the one that was given; without one that of the authenticator's
/// model, else that of the device.
pub fn name_passkey(
    given: &str,
    model: Option<&str>,
    device: Option<&Text>,
) -> Result<Text, TextError> {
    match given.trim() {
        "" => Text::parse(model.or(device.map(Text::as_str)).unwrap_or(UNNAMED)),
        given => Text::parse(given),
    }
}

#[cfg(test)]
mod tests;
