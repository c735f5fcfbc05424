//! Credentials: what a relying party keeps of an authenticator's answer (WebAuthn, section 4, "credential
//! record").

use crate::{names::named, octets::Octets};

/// Names a credential, as its authenticator chose.
pub type CredentialId = Octets<1023>;

/// The transport of an authenticator that is part of the device (WebAuthn, section 5.8.4).
const INTERNAL: &str = "internal";
/// How many transports of an authenticator are kept.
pub const MAX_TRANSPORTS: usize = 8;

/// Whether this can be the name of a transport (WebAuthn, section 5.8.4), known or not.
pub fn is_transport(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// The model of an authenticator; all of it zero when the authenticator does not reveal it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aaguid(pub [u8; 16]);

named! {
    /// How an authenticator is attached to the device (WebAuthn, section 5.4.5).
    pub enum Attachment {
        /// Part of the device.
        Platform = "platform",
        /// Goes from device to device: a security key, a phone beside a computer.
        CrossPlatform = "cross-platform",
    }
}

/// A credential: what is needed to verify that somebody holds its private key, and what the
/// authenticator says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    /// The public key as a COSE_Key (RFC 9052, section 7).
    pub public_key: Vec<u8>,
    /// How often it has signed, for authenticators that count.
    pub sign_count: u32,
    /// How the authenticator can be reached, such as `internal` or `usb`.
    pub transports: Vec<String>,
    pub attachment: Option<Attachment>,
    /// Whether the credential can be backed up, and so be on more than one device.
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub aaguid: Aaguid,
}

impl Credential {
    /// Whether the authenticator contradicts the attachment that was asked for: by its transports, or by
    /// its own attachment. One that says nothing contradicts nothing: without attestation, none of it is
    /// proven anyway.
    pub fn contradicts(&self, asked: Option<Attachment>) -> bool {
        let internal = |name: &String| name == INTERNAL;
        let has_transports = !self.transports.is_empty();
        match asked {
            None => false,
            Some(Attachment::Platform) => {
                self.attachment == Some(Attachment::CrossPlatform)
                    || has_transports && !self.transports.iter().any(internal)
            }
            Some(Attachment::CrossPlatform) => {
                has_transports && self.transports.iter().all(internal)
            }
        }
    }
}

#[cfg(test)]
mod tests;
