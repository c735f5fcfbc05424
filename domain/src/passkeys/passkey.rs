//! What authenticators hold for a user: passkeys (the credential records of WebAuthn Level 3).

use std::time::Duration;

use jiff::Timestamp;

use crate::{CodeBinding, KeyId, PasskeyId, Purpose, Text, TextError, TokenId, UserId};

/// How long the user can have a registration undone by the mail that told of it.
pub const UNDO_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What a passkey is called when nothing is known of it.
const UNNAMED: &str = "Passkey";

/// How an authenticator is attached to the device (WebAuthn, section 5.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// Part of the device.
    Platform,
    /// Goes from device to device: a security key, a phone beside a computer.
    CrossPlatform,
}

/// Octets of a wrong number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {most} octets")]
pub struct OctetsError {
    most: usize,
}

macro_rules! octets {
    ($($(#[$doc:meta])* $name:ident: $most:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(Vec<u8>);

        impl $name {
            #[doc = concat!("Takes 1 to ", $most, " octets.")]
            pub fn new(octets: Vec<u8>) -> Result<Self, OctetsError> {
                match octets.len() {
                    1..=$most => Ok(Self(octets)),
                    _ => Err(OctetsError { most: $most }),
                }
            }

            /// The octets.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }
    )+};
}

octets! {
    /// Names a user to authenticators. Random, so that it tells nothing about the user; the same
    /// for all passkeys of a user.
    UserHandle: 64,
    /// Names a credential, as its authenticator chose.
    CredentialId: 1023,
}

/// The transport of an authenticator that is part of the device (WebAuthn, section 5.8.4).
const INTERNAL: &str = "internal";
/// How many transports of an authenticator are kept.
pub const MAX_TRANSPORTS: usize = 8;

/// Whether this can be the name of a transport (WebAuthn, section 5.8.4), known or not.
pub fn is_transport(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// The model of an authenticator, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aaguid([u8; 16]);

impl Aaguid {
    /// Takes the octets.
    pub fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// The octets; all of them zero when the authenticator does not tell.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A credential: what is needed to verify that somebody holds its private key, and what the
/// authenticator told about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Names the credential.
    pub id: CredentialId,
    /// The public key as a COSE_Key (RFC 9052, section 7).
    pub public_key: Vec<u8>,
    /// How often it has signed, for authenticators that count.
    pub sign_count: u32,
    /// How the authenticator can be reached, such as `internal` or `usb`.
    pub transports: Vec<String>,
    /// How the authenticator was attached.
    pub attachment: Option<Attachment>,
    /// Whether the credential can be backed up, and so be on more than one device.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
    /// The authenticator's model.
    pub aaguid: Aaguid,
}

impl Credential {
    /// Whether what is told of the authenticator contradicts the attachment that was asked for: by its
    /// transports, or since it says itself that it is no part of the device. Nothing told contradicts
    /// nothing: without attestation, none of it is proven.
    pub fn contradicts(&self, asked: Option<Attachment>) -> bool {
        let internal = |name: &String| name == INTERNAL;
        let told = !self.transports.is_empty();
        match asked {
            None => false,
            Some(Attachment::Platform) => {
                self.attachment == Some(Attachment::CrossPlatform)
                    || told && !self.transports.iter().any(internal)
            }
            Some(Attachment::CrossPlatform) => told && self.transports.iter().all(internal),
        }
    }
}

/// What the code that undoes a registration is derived from, and what it can undo beside that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The host that the code is bound to.
    pub domain: String,
    /// The key that it is derived from.
    pub key: KeyId,
    /// When it stops to work.
    pub until: Timestamp,
    /// The token that made the link with which the passkey was registered, if one did.
    pub token: Option<TokenId>,
}

/// A passkey of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Identifies the passkey.
    pub id: PasskeyId,
    /// Whose it is.
    pub user: UserId,
    /// What the user calls it.
    pub name: Text,
    /// The relying party that it was made for.
    pub rp_id: String,
    /// What it is.
    pub credential: Credential,
    /// The attachment that was asked for.
    pub asked: Option<Attachment>,
    /// What it was registered on, such as "Chrome on Android".
    pub device: Option<Text>,
    /// When it was registered.
    pub created: Timestamp,
    /// When it was last used to sign in.
    pub last_used: Option<Timestamp>,
    /// When it was removed, if it was.
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

    /// Whether the registration can be undone.
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
